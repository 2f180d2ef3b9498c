"""Which alerts nobody is told of now, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.api.alerts.settings import inhibitions_of
from services.api.alerts.silences import as_silence
from services.api.store import alert_settings, alert_silences
from shared.db.pool import Connection
from shared.domain.alerting.matching import Firing, Inhibitions, Labels, Silence, silenced_by


class Muted(NamedTuple):
    """What holds an alert; both empty: nothing does."""

    silenced_by: list[str]
    """Silences, by id."""
    inhibited_by: list[str]
    """Alerts, by fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    """All that holds alerts at one moment."""

    now: datetime
    silences: Sequence[Silence]
    inhibitions: Inhibitions

    def of(self, fingerprint: str, labels: Labels) -> Muted:
        """Return what holds one alert."""
        return Muted(
            silenced_by(labels, self.silences, self.now), self.inhibitions.of(fingerprint, labels)
        )


async def muting(connection: Connection) -> Muting:
    """Return all that holds alerts now."""
    silences = [as_silence(row) for row in await alert_silences.active(connection)]
    rules = inhibitions_of((await alert_settings.get(connection)).written)
    firing = await alert_settings.firing(connection) if rules else []
    return Muting(
        now=await alert_silences.now(connection),
        silences=silences,
        inhibitions=Inhibitions(
            rules, [Firing(each.fingerprint, json.loads(each.labels)) for each in firing]
        ),
    )
