"""Alertmanager: what goes wrong fires an alert, what works again resolves it.

Alerts are told apart by their labels, so those of a failure and of its recovery are the same: the
task and the class of failure. An alert without an end would be resolved by Alertmanager after five
minutes of silence; a task that runs once a day is silent for longer, so a firing alert ends in
`FIRES_FOR` unless it is resolved before.

Alerts of our own rules are handed on as they are: their labels, when they began and ended.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from services.notifier.alert_letter import AlertLetter, AlertPart
from services.notifier.channels.http_post import HttpPost
from services.notifier.channels.parcel import Parcel
from services.notifier.letter import BAD, IncidentPart, Letter
from shared.contracts.notifications import AlertmanagerConfig, AlertmanagerSecret
from shared.domain.instant import format_instant

PATH = "/api/v2/alerts"
NAME = "AutomationTask"
FIRES_FOR = timedelta(days=7)
#: What is neither trouble nor its end is shown for so long.
SHOWN_FOR = timedelta(minutes=5)


class Alertmanager:
    """Sends through `HttpPost`."""

    def __init__(self, http: HttpPost) -> None:
        self._http = http

    async def send(self, parcel: Parcel) -> str:
        secret = parcel.secret
        assert isinstance(secret, AlertmanagerSecret)  # noqa: S101 - the post office read it
        headers = {"Idempotency-Key": str(parcel.id)}
        if secret.bearer:
            headers["Authorization"] = f"Bearer {secret.bearer}"
        body = json.dumps(alerts(parcel), ensure_ascii=False).encode()
        url = secret.url.rstrip("/") + PATH
        return await self._http.post(url, body, headers, witness=parcel.witness)


def alerts(parcel: Parcel) -> list[dict[str, Any]]:
    """Return the alerts; a task's recovery resolves each that fired for it."""
    letter = parcel.letter
    if isinstance(letter, AlertLetter):
        return [_of_a_rule(parcel, letter, each) for each in letter.alerts]
    return [_of_a_task(parcel, letter, incident) for incident in (letter.incident, *letter.others)]


def _of_a_rule(parcel: Parcel, letter: AlertLetter, alert: AlertPart) -> dict[str, Any]:
    # Not believed for ever: it is told again long before.
    ends = alert.ends_at or letter.at + timedelta(seconds=letter.believed_for)
    return {
        "labels": {**_extra(parcel), **alert.labels},
        "annotations": {
            **alert.annotations,
            **({"value": alert.value} if alert.value else {}),
        },
        "startsAt": format_instant(alert.starts_at),
        "endsAt": format_instant(ends),
        **({"generatorURL": parcel.url} if parcel.url else {}),
    }


def _extra(parcel: Parcel) -> dict[str, str]:
    config = parcel.config
    return config.labels if isinstance(config, AlertmanagerConfig) else {}


def _of_a_task(parcel: Parcel, letter: Letter, incident: IncidentPart | None) -> dict[str, Any]:
    since = incident.since if incident else letter.at
    if incident is not None and incident.closed_at is not None:
        ends = incident.closed_at
    else:
        ends = letter.at + (FIRES_FOR if incident else SHOWN_FOR)
    is_bad = letter.event in BAD or letter.event == "recovered"  # the labels of what it resolves
    return {
        "labels": {
            **_extra(parcel),
            "alertname": NAME,
            "task_id": str(letter.task_id),
            "task": letter.task_name,
            "class": incident.failure_class if incident else letter.event,
            "severity": "critical" if is_bad else "info",
        },
        "annotations": {"summary": parcel.words.title, "description": parcel.words.text},
        "startsAt": format_instant(since),
        "endsAt": format_instant(ends),
        **({"generatorURL": parcel.url} if parcel.url else {}),
    }
