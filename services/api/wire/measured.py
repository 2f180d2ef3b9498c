"""What every request is counted and traced by: outermost, so that refusals count as well.

The route is told by its template (`/tasks/{id}`), never by its path: a label must not grow with
what people ask for. How long an answer took is measured until it begins: a live log goes on for
hours. A `traceparent` that comes with a request is honoured: the run that it asks for lies in the
caller's trace.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import metrics
from shared.runtime import tracing
from shared.runtime.logs import about

#: Asked every few seconds by whoever watches over us; a trace of each would tell nobody anything.
_UNTRACED = frozenset({"/healthz", "/readyz"})
#: What is said of an answer that never began: nobody was there any more.
_GONE = 499


class Measured:
    """Wraps the front door."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(send, time.perf_counter())
        metrics.IN_FLIGHT.inc()
        with ExitStack() as stack:
            stack.callback(metrics.IN_FLIGHT.dec)
            stack.callback(lambda: visit.tell(scope))
            if tracing.is_on() and scope["path"] not in _UNTRACED:
                _trace(scope, stack, visit)
            await self._app(scope, receive, visit.send)


def _trace(scope: Scope, stack: ExitStack, visit: _Visit) -> None:
    parent = tracing.parse(Headers(scope=scope).get("traceparent"))
    method = scope["method"]
    span = stack.enter_context(tracing.span(method, kind=tracing.Kind.SERVER, parent=parent))
    if span is None:
        return
    stack.enter_context(about(trace_id=f"{span.me.trace_id:032x}"))

    def finish() -> None:
        route = route_of(scope)
        span.name = f"{method} {route}"
        span.attributes |= {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": visit.status,
        }
        if visit.status >= 500:  # noqa: PLR2004 - HTTP
            span.error = str(visit.status)

    stack.callback(finish)


class _Visit:
    """One request, as far as it is counted."""

    def __init__(self, send: Send, began: float) -> None:
        self._send = send
        self._began = began
        self._took: float | None = None
        self.status = _GONE

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._took = time.perf_counter() - self._began
        await self._send(message)

    def tell(self, scope: Scope) -> None:
        """Count it."""
        took = time.perf_counter() - self._began if self._took is None else self._took
        metrics.answered(scope["method"], route_of(scope), self.status, took)


def route_of(scope: Scope) -> str:
    """Return the template of the route that a request met."""
    route = scope.get("route")
    path: object = getattr(route, "path", None)
    return path if isinstance(path, str) else metrics.NO_ROUTE
