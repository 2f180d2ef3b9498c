"""Who may do what, decided per route, closed by default.

A route is made by `closed_router`, whose one dependency, `admit`, looks up what the route needs in
`NEEDS`. A route that is in no table lets nobody in. The few that ask nobody stand in
`open_routes.PUBLIC`, by the name of the route. The path plays no part: products that exempted paths
by their ending were entered through a task named `healthz`.

Whoever asks shows a token or the cookie of a session; of a request with both, the token counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.api.access.by_proxy import by_header
from services.api.access.credentials import REALM, by_cookie, by_token, ip_of
from services.api.access.cross_site import refuse_cross_site
from services.api.access.known_tokens import Principal
from services.api.access.open_routes import ABOUT_ONESELF
from services.api.access.rate_limits import (
    count_known,
    count_public,
    count_unknown,
    refuse_crowd,
)
from services.api.access.refusals import note_refusal
from services.api.access.scopes import Scope, allows
from services.api.parts import ApiParts, parts_of
from services.api.wire.dry_run_query import refuse_what_cannot_be_rehearsed
from services.api.wire.problems import Refused
from services.api.wire.query import refuse_odd_query

UNAUTHORIZED = 401

#: What each route needs, by its name.
NEEDS: Mapping[str, Scope] = {
    "create_task": "tasks:write",
    "list_tasks": "tasks:read",
    "get_task": "tasks:read",
    "get_task_graph": "tasks:read",
    "get_graph": "tasks:read",
    "get_dashboard": "runs:read",
    "update_task": "tasks:write",
    "delete_task": "tasks:write",
    "list_tasks_by_query": "tasks:read",
    "list_query_fields": "tasks:read",
    "get_task_statistics": "runs:read",
    "start_task_bulk": "tasks:run",
    "list_task_bulks": "tasks:read",
    "get_task_bulk": "tasks:read",
    "list_task_bulk_items": "tasks:read",
    "cancel_task_bulk": "tasks:run",
    "undo_task_bulk": "tasks:write",
    "list_saved_views": "tasks:read",
    "create_saved_view": "tasks:read",
    "update_saved_view": "tasks:read",
    "delete_saved_view": "tasks:read",
    "run_task": "tasks:run",
    "list_task_logs": "runs:read",
    "list_task_occurrences": "runs:read",
    "create_runs": "tasks:run",
    "list_runs": "runs:read",
    "get_run": "runs:read",
    "cancel_run": "tasks:run",
    "cancel_runs": "tasks:run",
    "list_run_lines": "runs:read",
    "mark_run_lines": "runs:read",
    "stream_run_lines": "runs:read",
    "download_run_lines": "runs:read",
    "retry_run": "tasks:run",
    "show_timeline": "runs:read",
    "show_run_calendar": "runs:read",
    "preview_schedule": "tasks:read",
    "explain_cron": "tasks:read",
    "parse_crontab": "tasks:read",
    "list_time_zones": "tasks:read",
    "post_events": "events:write",
    "test_trigger": "tasks:write",
    "try_trigger": "tasks:write",
    "list_recent_events": "events:read",
    "list_event_kinds": "events:read",
    "get_event": "events:read",
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
    "put_queue_override": "queues:write",
    "delete_queue_override": "queues:write",
    "resume_queue": "queues:write",
    "get_pause": "queues:read",
    "pause_all": "queues:write",
    "resume_all": "queues:write",
    "list_actions": "tasks:read",
    "list_template_variables": "tasks:read",
    "create_backfill": "tasks:run",
    "list_backfills": "runs:read",
    "get_backfill": "runs:read",
    "cancel_backfill": "tasks:run",
    "list_dead_letters": "dead-letters:read",
    "get_dead_letter": "dead-letters:read",
    "resend_dead_letter": "tasks:run",
    "discard_dead_letter": "dead-letters:write",
    "list_dead_runs": "dead-letters:read",
    "requeue_dead_run": "tasks:run",
    "requeue_dead_runs": "tasks:run",
    "discard_dead_run": "dead-letters:write",
    "discard_dead_runs": "dead-letters:write",
    "list_executors": "executors:read",
    "get_executor": "executors:read",
    "drain_executor": "queues:write",
    "resume_executor": "queues:write",
    "list_backups": "backups:read",
    "list_backup_sources": "backups:read",
    "get_backup": "backups:read",
    "delete_backup": "backups:write",
    "verify_backup": "backups:write",
    "list_channels": "channels:read",
    "get_channel": "channels:read",
    "put_channel": "channels:write",
    "delete_channel": "channels:write",
    "test_channel": "channels:write",
    "list_notifications": "channels:read",
    "resend_notification": "channels:write",
    "list_incidents": "channels:read",
    "receive_alerts": "events:write",
    "create_alert_rule": "alerts:write",
    "list_alert_rules": "alerts:read",
    "test_alert_rule": "alerts:write",
    "get_alert_rule": "alerts:read",
    "update_alert_rule": "alerts:write",
    "delete_alert_rule": "alerts:write",
    "list_alerts": "alerts:read",
    "count_alerts": "alerts:read",
    "get_alert": "alerts:read",
    "acknowledge_alert": "alerts:acknowledge",
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
    "list_script_usages": "scripts:read",
    "list_script_publications": "scripts:read",
    "get_script_publication": "scripts:read",
    "list_script_publication_targets": "scripts:read",
    "publish_script": "tasks:run",
    "approve_script": "scripts:write",
    "reject_script": "scripts:write",
    "disable_script": "scripts:write",
    "list_task_templates": "tasks:read",
    "get_task_template": "tasks:read",
    "create_task_from_template": "tasks:write",
    "list_audit": "audit:read",
    "list_audit_words": "audit:read",
    "export_audit": "audit:read",
    "verify_audit": "audit:read",
    "list_users": "users:admin",
    "create_user": "users:admin",
    "get_user": "users:admin",
    "update_user": "users:admin",
    "delete_user": "users:admin",
    "create_user_link": "users:admin",
    "unlink_user": "users:admin",
    "list_my_tokens": "tokens:own",
    "create_my_token": "tokens:own",
    "revoke_my_token": "tokens:own",
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
    "start_account": "accounts:run",
    "stop_account": "accounts:run",
    "list_account_runtimes": "accounts:read",
    "count_accounts": "accounts:read",
    "change_accounts": "accounts:run",
    "list_account_history": "accounts:read",
    "read_account_output": "accounts:run",
    "create_token": "tokens:admin",
    "list_tokens": "tokens:admin",
    "revoke_token": "tokens:admin",
    "openapi_document": "tasks:read",
    "reference_page": "tasks:read",
}


async def admit(request: Request, parts: Annotated[ApiParts, Depends(parts_of)]) -> Principal:
    """Let the holder of a good token or session in, if the route is for its scopes.

    Raises:
        Refused: 401, 403 or 429.
    """
    found = await _known(request, parts)
    principal = replace(found, ip=ip_of(request), request_id=request.state.request_id)
    count_known(request, parts, principal)
    name = request.scope["route"].name
    needed = NEEDS.get(name)
    if name not in ABOUT_ONESELF and (needed is None or not allows(principal.scopes, needed)):
        await note_refusal(parts, principal, name, needed)
        header = f'{REALM}, error="insufficient_scope", scope="{needed}"'
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


async def _known(request: Request, parts: ApiParts) -> Principal:
    """Return who asks.

    Raises:
        Refused: 401 nobody we know, 403 another site's page, 429 too many of nobody we know.
    """
    refuse_crowd(request, parts)
    try:
        found = (
            await by_header(request, parts)
            or await by_token(request, parts)
            or await by_cookie(request, parts)
        )
    except Refused as refused:
        if refused.status == UNAUTHORIZED:
            count_unknown(request, parts)
        raise
    if found is None:
        count_unknown(request, parts)
        raise Refused(401, "auth.required", headers={"WWW-Authenticate": REALM})
    return found


async def pass_by(request: Request, parts: Annotated[ApiParts, Depends(parts_of)]) -> None:
    """Let anybody in, but no page of another site.

    Raises:
        Refused: 400, 403 or 429.
    """
    count_public(request, parts)
    refuse_cross_site(request, parts.origin, has_cookie=False)
    refuse_odd_query(request)
    refuse_what_cannot_be_rehearsed(request)


Caller = Annotated[Principal, Depends(admit)]


def closed_router(prefix: str = "") -> APIRouter:
    """Return a router whose routes are open only to tokens and sessions."""
    return APIRouter(
        prefix=prefix,
        dependencies=[Depends(admit)],
        generate_unique_id_function=lambda route: route.name,
    )


def open_router(prefix: str = "") -> APIRouter:
    """Return a router for routes that stand in `PUBLIC`."""
    return APIRouter(
        prefix=prefix,
        dependencies=[Depends(pass_by)],
        generate_unique_id_function=lambda route: route.name,
    )
