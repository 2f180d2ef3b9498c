"""Who may do what, decided per route, closed by default.

Every route but the two probes is made by `closed_router`, whose one dependency, `admit`, looks up
what the route needs in `NEEDS`. A route that is not in the table lets nobody in. The path plays no
part: products that exempted paths by their ending were entered through a task named `healthz`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.api.access.known_tokens import Principal
from services.api.access.scopes import Scope, allows
from services.api.access.token_format import read_token
from services.api.parts import ApiParts, parts_of
from services.api.store import tokens as store
from services.api.wire.dry_run_query import refuse_what_cannot_be_rehearsed
from services.api.wire.front_door import PROBES
from services.api.wire.problems import Refused
from services.api.wire.query import refuse_odd_query
from shared.db.pool import Connection

#: The only routes without a token.
PUBLIC = PROBES

#: What each route needs, by its name.
NEEDS: Mapping[str, Scope] = {
    "create_task": "tasks:write",
    "list_tasks": "tasks:read",
    "get_task": "tasks:read",
    "get_task_graph": "tasks:read",
    "update_task": "tasks:write",
    "delete_task": "tasks:write",
    "run_task": "tasks:run",
    "list_task_logs": "runs:read",
    "list_task_occurrences": "runs:read",
    "create_runs": "tasks:run",
    "list_runs": "runs:read",
    "get_run": "runs:read",
    "cancel_run": "tasks:run",
    "cancel_runs": "tasks:run",
    "list_run_lines": "runs:read",
    "preview_schedule": "tasks:read",
    "post_events": "events:write",
    "test_trigger": "tasks:write",
    "replay_events": "tasks:run",
    "list_calendars": "tasks:read",
    "get_calendar": "tasks:read",
    "put_calendar": "tasks:write",
    "delete_calendar": "tasks:write",
    "list_queues": "queues:read",
    "get_queue": "queues:read",
    "put_queue": "queues:write",
    "delete_queue": "queues:write",
    "pause_queue": "queues:write",
    "resume_queue": "queues:write",
    "get_pause": "queues:read",
    "pause_all": "queues:write",
    "resume_all": "queues:write",
    "list_actions": "tasks:read",
    "create_backfill": "tasks:run",
    "list_backfills": "runs:read",
    "get_backfill": "runs:read",
    "cancel_backfill": "tasks:run",
    "list_dead_letters": "dead-letters:read",
    "list_dead_runs": "dead-letters:read",
    "requeue_dead_run": "tasks:run",
    "requeue_dead_runs": "tasks:run",
    "discard_dead_run": "dead-letters:write",
    "discard_dead_runs": "dead-letters:write",
    "list_executors": "executors:read",
    "list_backups": "backups:read",
    "get_backup": "backups:read",
    "delete_backup": "backups:write",
    "verify_backup": "backups:write",
    "list_channels": "channels:read",
    "get_channel": "channels:read",
    "put_channel": "channels:write",
    "delete_channel": "channels:write",
    "test_channel": "channels:write",
    "list_notifications": "channels:read",
    "list_incidents": "channels:read",
    "receive_alerts": "events:write",
    "create_alert_rule": "alerts:write",
    "list_alert_rules": "alerts:read",
    "get_alert_rule": "alerts:read",
    "update_alert_rule": "alerts:write",
    "delete_alert_rule": "alerts:write",
    "list_alerts": "alerts:read",
    "get_alert": "alerts:read",
    "acknowledge_alert": "alerts:write",
    "list_alert_silences": "alerts:read",
    "create_alert_silence": "alerts:write",
    "preview_alert_silence": "alerts:read",
    "get_alert_silence": "alerts:read",
    "update_alert_silence": "alerts:write",
    "expire_alert_silence": "alerts:write",
    "delete_alert_silence": "alerts:write",
    "get_alert_settings": "alerts:read",
    "update_alert_settings": "alerts:write",
    "list_alert_groups": "alerts:read",
    "list_scripts": "scripts:read",
    "create_script": "scripts:write",
    "validate_script": "scripts:read",
    "get_script": "scripts:read",
    "update_script": "scripts:write",
    "delete_script": "scripts:write",
    "list_script_versions": "scripts:read",
    "get_script_version": "scripts:read",
    "diff_script_versions": "scripts:read",
    "list_script_pointers": "scripts:read",
    "submit_script": "scripts:write",
    "approve_script": "scripts:write",
    "reject_script": "scripts:write",
    "disable_script": "scripts:write",
    "list_task_templates": "tasks:read",
    "get_task_template": "tasks:read",
    "create_task_from_template": "tasks:write",
    "list_audit": "audit:read",
    "list_secrets": "secrets:read",
    "get_secret": "secrets:read",
    "put_secret": "secrets:write",
    "delete_secret": "secrets:write",
    "list_accounts": "accounts:read",
    "get_account": "accounts:read",
    "create_account": "accounts:write",
    "update_account": "accounts:write",
    "delete_account": "accounts:write",
    "hold_account": "accounts:write",
    "release_account": "accounts:write",
    "start_account": "accounts:write",
    "stop_account": "accounts:write",
    "list_account_runtimes": "accounts:read",
    "create_token": "tokens:admin",
    "list_tokens": "tokens:admin",
    "revoke_token": "tokens:admin",
    "openapi_document": "tasks:read",
    "reference_page": "tasks:read",
}

_REALM = 'Bearer realm="automation"'
#: Compared with when there is no such token, so that both cases take the same way.
_NOBODY = bytes(32)


async def admit(request: Request, parts: Annotated[ApiParts, Depends(parts_of)]) -> Principal:
    """Let the holder of a good token in, if the route is for its scopes.

    Raises:
        Refused: 401 or 403.
    """
    text = _presented(request)
    principal = parts.known_tokens.get(text)
    if principal is None:
        async with parts.database.connection() as connection:
            principal = await _holder(text, connection)
        parts.known_tokens.remember(text, principal)
    needed = NEEDS.get(request.scope["route"].name)
    if needed is None or not allows(principal.scopes, needed):
        header = f'{_REALM}, error="insufficient_scope", scope="{needed}"'
        raise Refused(
            403,
            "auth.scope",
            headers={"WWW-Authenticate": header},
            params={"scope": needed or "nobody"},
        )
    request.state.principal = principal
    refuse_odd_query(request)
    refuse_what_cannot_be_rehearsed(request)
    return principal


Caller = Annotated[Principal, Depends(admit)]


def closed_router(prefix: str = "") -> APIRouter:
    """Return a router whose routes are open only to tokens."""
    return APIRouter(
        prefix=prefix,
        dependencies=[Depends(admit)],
        generate_unique_id_function=lambda route: route.name,
    )


def _presented(request: Request) -> str:
    values = request.headers.getlist("authorization")
    scheme, _, text = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Refused(401, "auth.required", headers={"WWW-Authenticate": _REALM})
    return text


async def _holder(text: str, connection: Connection) -> Principal:
    token = read_token(text)
    held = await store.find(connection, token.id if token else "")
    right = hmac.compare_digest(
        token.secret_hash if token else _NOBODY, held.secret_hash if held else bytes([1] * 32)
    )
    if token is None or held is None or not right or not held.is_live:
        raise Refused(
            401,
            "auth.invalid",
            headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'},
        )
    if held.use_is_old:
        await store.note_use(connection, token.id)
    return Principal(token.id, held.name, frozenset(held.scopes), held.seconds_left)
