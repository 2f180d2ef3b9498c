"""Creating, changing and deleting alert rules: what happens in the one transaction that does it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID, uuid4

from services.api.access.known_tokens import Principal
from services.api.access.scopes import allows
from services.api.alerts.judging import close_all
from services.api.alerts.rules import as_rule, channels_of, read_change, read_new
from services.api.alerts.views import rule_audit
from services.api.secrets.allowed import WRITER, of_writers
from services.api.secrets.naming import Named, named_in, secret_problems
from services.api.store import alert_rules as store
from services.api.store import channels, secrets
from services.api.store.audit import Actor, note
from services.api.wire import conditional
from shared.contracts.alert_queries import QUERIES
from shared.db.pool import Connection
from shared.domain.alerting.rule import RuleType
from shared.domain.errors import Conflict, InvalidDefinition, NotFound, Problem

KIND = "alert_rule"


async def create(
    connection: Connection, document: Mapping[str, Any], caller: Principal
) -> store.RuleRow:
    """Store the rule that *document* asks for.

    Raises:
        InvalidDefinition, Conflict: it makes no sense, or its name is taken.
    """
    written = read_new(document)
    await _require_channels(connection, written)
    await _require_secrets(connection, written, None, caller)
    rule_id = uuid4()
    if not await store.insert(connection, rule_id, written, created_by=caller.name):
        raise Conflict("alert_rule.name_taken")
    row = await _there(connection, rule_id)
    await _note(connection, caller, "created", None, row)
    return row


async def change(
    connection: Connection,
    rule_id: UUID,
    document: Mapping[str, Any],
    caller: Principal,
    *,
    if_match: str | None,
) -> store.RuleRow:
    """Store the given changes. The alerts of a rule that is switched off are over.

    Raises:
        NotFound, InvalidDefinition, Conflict, Refused: it cannot be done.
    """
    before = await _locked(connection, rule_id, if_match)
    written = read_change(document, before.written)
    if written == before.written:
        return before
    await _require_channels(connection, written)
    await _require_secrets(connection, written, before.written, caller)
    if not await store.update(connection, rule_id, written):
        raise Conflict("alert_rule.name_taken")
    if before.written.enabled and not written.enabled:
        await close_all(connection, as_rule(before), because="rule_disabled", actor=caller.name)
    after = await _there(connection, rule_id)
    await _note(connection, caller, "updated", before, after)
    return after


async def remove(
    connection: Connection, rule_id: UUID, caller: Principal, *, if_match: str | None
) -> None:
    """Delete a rule. Its alerts are over; they stay in the list.

    Raises:
        NotFound, Refused: it cannot be done.
    """
    before = await _locked(connection, rule_id, if_match)
    await close_all(connection, as_rule(before), because="rule_deleted", actor=caller.name)
    await store.delete(connection, rule_id)
    await _note(connection, caller, "deleted", before, None)


async def _locked(connection: Connection, rule_id: UUID, if_match: str | None) -> store.RuleRow:
    row = await store.lock(connection, rule_id)
    if row is None:
        raise NotFound(KIND, str(rule_id))
    conditional.require_match(if_match, row.version, kind=KIND)
    return row


async def _there(connection: Connection, rule_id: UUID) -> store.RuleRow:
    row = await store.get(connection, rule_id)
    assert row is not None  # noqa: S101 - written by this transaction
    return row


async def _require_channels(connection: Connection, written: store.WrittenRule) -> None:
    named = channels_of(written)
    there = await channels.existing(connection, named)
    if missing := [each for each in named if each not in there]:
        problem = Problem("/notification_target", "channel.unknown", {"name": missing[0]})
        raise InvalidDefinition([problem])


async def _require_secrets(
    connection: Connection,
    written: store.WrittenRule,
    before: store.WrittenRule | None,
    caller: Principal,
) -> None:
    model = QUERIES.get(cast(RuleType, written.rule_type))
    if model is None:
        return
    named = [
        Named(f"/query{each.pointer}", each.name)
        for each in named_in(model, json.loads(written.query))
    ]
    there = await secrets.existing(connection, {each.name for each in named})
    problems = secret_problems(named, there)
    is_as_it_was = before is not None and (written.rule_type, written.query) == (
        before.rule_type,
        before.query,
    )
    if not is_as_it_was and not allows(caller.scopes, WRITER):
        problems += of_writers(named, but=problems)
    if problems:
        raise InvalidDefinition(problems)


async def _note(
    connection: Connection,
    caller: Principal,
    verb: str,
    before: store.RuleRow | None,
    after: store.RuleRow | None,
) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - a change has at least one side
    await note(
        connection,
        Actor.of(caller),
        f"{KIND}.{verb}",
        KIND,
        row.written.name,
        before=rule_audit(before) if before else None,
        after=rule_audit(after) if after else None,
    )
