"""Alert rules: created, tried, listed, read, changed, deleted."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.alerts import changes
from services.api.alerts.rules import LEVELS, RULE_TYPES, read_trial
from services.api.alerts.schemas import AlertRuleCreate, AlertRuleTest, AlertRuleUpdate
from services.api.alerts.trying import tried
from services.api.alerts.views import rule_view
from services.api.documented.alerts import AlertRule, AlertRules, AlertRuleTested
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.routes.tasks import IfMatch
from services.api.store import alert_rules as store
from services.api.tasks.dependencies import read_id
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/alert-rules")

BOOLEANS = {"true": True, "false": False}
NEWEST = 2**63 - 1


async def rule_id_of(
    rule_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the rule id of the path.

    Raises:
        NotFound: it spells no id, so there is no such rule.
    """
    identity = read_id(rule_id)
    if identity is None:
        raise NotFound("alert_rule", "")
    return identity


RuleId = Annotated[UUID, Depends(rule_id_of)]


def _answer(row: store.RuleRow, status: int = 200, **headers: str) -> Answer:
    return json_answer(rule_view(row), status, ETag=conditional.etag(row.version), **headers)


@router.post("", status_code=201, response_model=AlertRule, openapi_extra=takes(AlertRuleCreate))
async def create_alert_rule(
    *, request: Request, parts: Parts, caller: Caller, document: JsonDocument, key: IdempotencyKey
) -> Response:
    """Create an alert rule. It is looked at by the runs of `alert_check`."""

    async def act(connection: Connection) -> Answer:
        row = await changes.create(connection, document.value, caller)
        return _answer(row, 201, Location=f"{BASE}/alert-rules/{row.id}")

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.get("", response_model=AlertRules)
async def list_alert_rules(
    *,
    parts: Parts,
    rule_type: Annotated[str, Query(json_schema_extra={"enum": ["", *RULE_TYPES]})] = "",
    alert_level: Annotated[str, Query(json_schema_extra={"enum": ["", *LEVELS]})] = "",
    enabled: Annotated[str, Query(json_schema_extra={"enum": ["", *BOOLEANS]})] = "",
    name: Annotated[str, Query(max_length=200, description="A part of the name.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List alert rules, newest first, with what their last check came to."""
    wanted = read_choice("enabled", enabled, tuple(BOOLEANS))
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            enabled=None if wanted is None else BOOLEANS[wanted],
            rule_type=read_choice("rule_type", rule_type, RULE_TYPES),
            level=read_choice("alert_level", alert_level, LEVELS),
            name=name or None,
            before=read_number_cursor(cursor) if cursor else NEWEST,
            limit=limit + 1,
        )
    shown = rows[:limit]
    view: dict[str, Any] = {
        "items": [rule_view(row) for row in shown],
        "next": write_cursor(shown[-1].seq) if len(rows) > limit else None,
    }
    return json_answer(view).response()


@router.post("/test", response_model=AlertRuleTested, openapi_extra=takes(AlertRuleTest))
async def test_alert_rule(parts: Parts, document: JsonDocument) -> Response:
    """Measure now what a rule looks at, stored or not; nothing is judged, nobody is told."""
    written = read_trial(document.value)
    async with parts.database.connection() as connection:
        return json_answer(await tried(connection, written)).response()


@router.get("/{rule_id}", response_model=AlertRule)
async def get_alert_rule(parts: Parts, rule_id: RuleId) -> Response:
    """Read one alert rule."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, rule_id)
    if row is None:
        raise NotFound("alert_rule", str(rule_id))
    return _answer(row).response()


@router.put("/{rule_id}", response_model=AlertRule, openapi_extra=takes(AlertRuleUpdate))
async def update_alert_rule(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    rule_id: RuleId,
    document: JsonDocument,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of a rule; the others stay. Switched off, its alerts are over."""

    async def act(connection: Connection) -> Answer:
        row = await changes.change(connection, rule_id, document.value, caller, if_match=if_match)
        return _answer(row)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.delete("/{rule_id}", status_code=204, response_class=Response)
async def delete_alert_rule(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    rule_id: RuleId,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Delete a rule. Its alerts are over; they stay in the list."""

    async def act(connection: Connection) -> Answer:
        await changes.remove(connection, rule_id, caller, if_match=if_match)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.wake_relay()
    return answer.response()
