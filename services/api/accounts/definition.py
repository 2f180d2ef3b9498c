"""Accounts as callers write them: judged, with everything that is wrong told at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pydantic

from services.api.accounts.schemas import (
    MOST_CONFIG_BYTES,
    AccountCreate,
    AccountStop,
    AccountUpdate,
    HoldPut,
)
from services.api.tasks.definition import size_of
from services.api.wire.shape import problems_of
from shared.contracts.account_config import runtime_config
from shared.contracts.accounts import Drain
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import parse_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the owner of an account wrote of it."""

    account_id: str
    display_name: str
    script_id: str | None
    environment: str
    server_id: str
    group_ids: tuple[str, ...]
    tags: tuple[str, ...]
    active: bool
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """A person's word; `until` is None if it holds until it is taken back."""

    state: str
    until: datetime | None


def read_new(document: Mapping[str, Any]) -> Fields:
    """Return the account that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = AccountCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    return _judged(Fields(**_values(wished.model_dump())))


def read_change(document: Mapping[str, Any], before: Fields) -> Fields:
    """Return what becomes of *before*; only the given fields change.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = AccountUpdate.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    if "account_id" in wished.model_fields_set and wished.account_id != before.account_id:
        raise InvalidDefinition([Problem("/account_id", "account.id_is_fixed")])
    return _judged(replace(before, **_values(wished.model_dump(exclude_unset=True))))


def read_hold(document: Mapping[str, Any], *, now: datetime) -> Hold:
    """Return the hold that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = HoldPut.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    if wished.until is None:
        return Hold(wished.state, None)
    try:
        until = parse_instant(wished.until)
    except InvalidDefinition as error:
        raise InvalidDefinition([each.under("/until") for each in error.problems]) from None
    if until <= now:
        raise InvalidDefinition([Problem("/until", "account.hold_is_past")])
    return Hold(wished.state, until)


def read_stop(document: Mapping[str, Any]) -> Drain:
    """Return how an account is to be stopped.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = AccountStop.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    return Drain(mode=wished.drain.mode, wait_seconds=wished.drain.wait_seconds)


def _values(given: dict[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(given[name]) for name in ("group_ids", "tags") if name in given}
    return given | lists


def _judged(fields: Fields) -> Fields:
    problems = [*_repeated("/group_ids", fields.group_ids), *_repeated("/tags", fields.tags)]
    if size_of(fields.config) > MOST_CONFIG_BYTES:
        limit = {"limit": MOST_CONFIG_BYTES}
        problems.append(Problem("/config", "account.config_too_large", limit))
    if "runtime" in fields.config:
        try:
            runtime_config(dict(fields.config))
        except pydantic.ValidationError as error:
            problems += [each.under("/config/runtime") for each in problems_of(error)]
    if problems:
        raise InvalidDefinition(problems)
    return fields


def _repeated(pointer: str, words: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"{pointer}/{place}", "field.repeated")
        for place, word in enumerate(words)
        if word in words[:place]
    ]
