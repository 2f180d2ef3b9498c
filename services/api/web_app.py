"""The web application: routes, and the one place where errors become answers."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from services.api.access.auth import NEEDS, admit
from services.api.access.open_routes import ABOUT_ONESELF, PUBLIC
from services.api.parts import ApiParts
from services.api.routes import (
    account_pages,
    accounts,
    actions,
    alert_rules,
    alert_settings,
    alert_silences,
    alertmanager,
    alerts,
    audit,
    backfills,
    backups,
    calendars,
    cancel,
    channels,
    dashboard,
    dead_letters,
    dead_runs,
    events,
    executors,
    graph,
    health,
    me,
    notifications,
    oidc,
    queue_overrides,
    queues,
    recent_events,
    reference,
    run_lines,
    run_pages,
    run_retry,
    runs,
    saved_views,
    schedules,
    script_decisions,
    script_publications,
    scripts,
    secrets,
    session,
    setup,
    task_bulks,
    task_list,
    tasks,
    templates,
    timeline,
    tokens,
    trigger_trials,
    triggers,
    users,
)
from services.api.store.database import Unavailable
from services.api.tasks.definition import ConfigTooLarge
from services.api.wire.front_door import FrontDoor, allowed_methods
from services.api.wire.measured import Measured
from services.api.wire.problems import Refused, problem_answer, refuse_fields
from services.api.wire.shape import request_problems
from shared.domain.errors import AutomationError, Conflict, InvalidDefinition, NotFound

VERSION = "1.0.0"

ROUTERS = (
    dashboard.router,
    tasks.router,
    task_list.router,
    task_bulks.router,
    saved_views.router,
    templates.router,
    graph.router,
    graph.whole,
    runs.router,
    run_pages.router,
    run_lines.router,
    run_retry.router,
    timeline.router,
    cancel.router,
    dead_runs.router,
    backfills.router,
    backups.router,
    schedules.router,
    actions.router,
    recent_events.router,
    events.router,
    triggers.router,
    trigger_trials.router,
    calendars.router,
    queues.router,
    queue_overrides.router,
    alertmanager.router,
    alert_rules.router,
    alerts.router,
    alert_silences.router,
    alert_settings.router,
    channels.router,
    accounts.router,
    account_pages.router,
    scripts.router,
    script_decisions.router,
    script_publications.router,
    secrets.router,
    audit.router,
    notifications.router,
    tokens.router,
    session.public_router,
    session.router,
    setup.router,
    oidc.router,
    me.router,
    users.router,
    executors.router,
    dead_letters.router,
    reference.router,
    health.router,
)

#: How soon to come back after the database did not answer, in seconds.
_RETRY_AFTER = "2"


class RouteIsOpen(Exception):
    """A route would let anybody in."""


def create_app(parts: ApiParts) -> FastAPI:
    """Return the framework's application, without the front door."""
    # The framework's own documents and redirects stay off: they know no tokens.
    app = FastAPI(
        title="Automation tasks",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Ours are told by `wire/measured.py`, for all that reaches the front door.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.parts = parts
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    for route in app.routes:
        _require_closed(route)
    app.add_exception_handler(Exception, _answer_bug)
    for kind in (
        AutomationError,
        ConfigTooLarge,
        Unavailable,
        HTTPException,
        RequestValidationError,
    ):
        app.add_exception_handler(kind, answer_error)
    return app


def create_asgi(parts: ApiParts, *, max_in_flight: int = 200) -> ASGIApp:
    """Return the whole application as it is served."""
    return Measured(FrontDoor(create_app(parts), max_in_flight=max_in_flight))


def _require_closed(route: object) -> None:
    """Fail at start rather than serve a route that asks nobody for a token."""
    if not isinstance(route, APIRoute):
        raise RouteIsOpen(repr(route))
    if route.name in PUBLIC:
        return
    asked = any(each.call is admit for each in route.dependant.dependencies)
    if not asked or (route.name not in NEEDS and route.name not in ABOUT_ONESELF):
        raise RouteIsOpen(route.path)


async def answer_error(request: Request, error: Exception) -> Response:
    """Return the answer to a request that met *error*."""
    if isinstance(error, HTTPException):
        return _answer_unrouted(request, error)
    return problem_answer(translate(error), request)


def translate(error: Exception) -> Refused:
    """Return *error* as the caller is to hear it."""
    match error:
        case Refused():
            refused = error
        case InvalidDefinition():
            refused = refuse_fields(error.problems)
        case NotFound():
            refused = Refused(404, f"{error.kind}.not_found")
        case Conflict():
            refused = Refused(409, error.code, params=error.params)
        case ConfigTooLarge():
            refused = Refused(413, "config.too_large", params={"field": error.name})
        case Unavailable():
            headers = {"Retry-After": _RETRY_AFTER}
            refused = Refused(503, "server.unavailable", headers=headers)
        case RequestValidationError():
            refused = Refused(400, "query.invalid", problems=request_problems(error))
        case _:
            refused = Refused(500, "server.error")
    return refused


def _answer_unrouted(request: Request, error: HTTPException) -> Response:
    if error.status_code != 405:  # noqa: PLR2004 - HTTP
        code = "path.not_found" if error.status_code == 404 else "request.unreadable"  # noqa: PLR2004 - HTTP
        return problem_answer(Refused(error.status_code, code), request)
    allow = ", ".join(allowed_methods(request.app.routes, request.scope))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allow})
    refused = Refused(405, "method.not_allowed", headers={"Allow": allow})
    return problem_answer(refused, request)


async def _answer_bug(request: Request, _: Exception) -> Response:
    # The framework raises it on after this; the front door writes it to the log.
    return problem_answer(Refused(500, "server.error"), request)
