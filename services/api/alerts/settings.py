"""How alerts are told: settings as callers send them and as people see them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pydantic

from services.api.alerts.schemas_notices import AlertInhibition, AlertSettingsUpdate
from services.api.alerts.silences import matchers_of, matchers_view
from services.api.store.alert_settings import GroupRow, SettingsRow, WrittenSettings
from services.api.wire.shape import problems_of
from shared.domain.alerting.grouping import problems_with_group_by
from shared.domain.alerting.matching import Inhibition, problems_with, read_inhibitions
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant


def read_change(document: Mapping[str, Any], stored: WrittenSettings) -> WrittenSettings:
    """Return *stored* with the settings that *document* gives.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = AlertSettingsUpdate.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    problems = [*problems_with_group_by(wished.group_by)]
    for index, each in enumerate(wished.inhibitions):
        problems += _problems_with(each, f"/inhibitions/{index}")
    if problems:
        raise InvalidDefinition(problems)
    given = {name: getattr(wished, name) for name in wished.model_fields_set}
    if "inhibitions" in given:
        spelled = [_inhibition_view(each) for each in wished.inhibitions]
        given["inhibitions"] = json.dumps(spelled, ensure_ascii=False)
    return stored._replace(**given)


def inhibitions_of(written: WrittenSettings) -> list[Inhibition]:
    """Return stored inhibitions as they are used."""
    return read_inhibitions(json.loads(written.inhibitions))


def settings_view(row: SettingsRow) -> dict[str, Any]:
    """Return the settings as people see them."""
    return {
        **written_view(row.written),
        "version": row.version,
        "updated_at": format_instant(row.updated_at),
        "updated_by": row.updated_by,
    }


def written_view(written: WrittenSettings) -> dict[str, Any]:
    """Return what somebody said."""
    return {**written._asdict(), "inhibitions": json.loads(written.inhibitions)}


def group_view(row: GroupRow) -> dict[str, Any]:
    """Return a group as people see it."""
    return {
        "id": str(row.id),
        "channel": row.channel,
        "labels": json.loads(row.labels),
        "opened_at": format_instant(row.opened_at),
        "next_look_at": format_instant(row.flush_at),
        "told_at": format_instant(row.told_at) if row.told_at else None,
        "told_firing": row.told_firing,
        "fingerprints": row.members,
    }


def _problems_with(inhibition: AlertInhibition, pointer: str) -> list[Problem]:
    return [
        problem
        for name in ("source", "target")
        for problem in problems_with(matchers_of(getattr(inhibition, name)), f"{pointer}/{name}")
    ]


def _inhibition_view(inhibition: AlertInhibition) -> dict[str, Any]:
    return {
        "source": matchers_view(matchers_of(inhibition.source)),
        "target": matchers_view(matchers_of(inhibition.target)),
        "equal": inhibition.equal,
    }
