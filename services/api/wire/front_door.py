"""What every request passes before the framework sees it, and every answer on its way out.

    request ──► id, language ──► room left? ──► Accept ──► HEAD as GET ──► the application
    answer  ◄── security headers, request id ◄── last resort: a bug is a 500 that says nothing

Plain ASGI, so that it also holds for what never reaches a route.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.wire.language import choose_language
from services.api.wire.problems import Refused, problem_answer

PROBES = frozenset({"/healthz", "/readyz"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SERVED = frozenset({"*/*", "application/*", "application/json", "application/problem+json"})
#: What else some paths serve.
_SERVED_TOO = (
    (re.compile(r".*/automation-runs/[^/]+/lines/stream"), frozenset({"text/event-stream"})),
    (re.compile(r".*/automation-runs/[^/]+/lines/download"), frozenset({"text/plain", "text/*"})),
    (re.compile(r".*/audit/export"), frozenset({"text/csv", "text/*", "application/jsonl"})),
)

#: Answers of ours are data: never cached, never framed, never guessed at.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'none'",
    "Cache-Control": "no-store",
}

log = logging.getLogger(__name__)


class FrontDoor:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, max_in_flight: int) -> None:
        self._app = app
        self._room = max_in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        visit = _Visit(scope, send, request_id=_request_id(headers.get("x-request-id")))
        scope["state"] = {
            **scope.get("state", {}),
            "request_id": visit.request_id,
            "language": choose_language(headers.get("accept-language")),
        }
        request = Request(scope)
        refused = self._refusal(scope["path"], headers)
        if refused is not None:
            await problem_answer(refused, request)(scope, receive, visit.send)
            return
        visit.enter(self)
        try:
            await self._app(visit.as_get(), receive, visit.send)
        except ClientDisconnect:
            pass  # nobody is left to be answered
        except Exception:
            log.exception("request failed", extra={"request_id": visit.request_id})
            if not visit.answered:
                bug = Refused(500, "server.error")
                await problem_answer(bug, request)(scope, receive, visit.send)
        finally:
            visit.leave()

    def take_room(self, rooms: int) -> None:
        """Count requests that came in, or went."""
        self._room -= rooms

    def _refusal(self, path: str, headers: Headers) -> Refused | None:
        # A probe that finds no room would have a busy process killed.
        if self._room <= 0 and path not in PROBES:
            return Refused(503, "server.busy", headers={"Retry-After": "1"})
        if not accepts(path, headers.get("accept")):
            return Refused(406, "request.not_acceptable")
        return None


class _Visit:
    """One request on its way through."""

    def __init__(self, scope: Scope, send: Send, *, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._head = scope["method"] == "HEAD"
        self.request_id = request_id
        self.answered = False
        self._door: FrontDoor | None = None

    def enter(self, door: FrontDoor) -> None:
        """Take room until `leave`, which an answer that takes long calls early."""
        self._door = door
        door.take_room(1)
        self._scope["state"].update(leave_room=self.leave, is_head=self._head)

    def leave(self) -> None:
        """Give the room back, once."""
        door, self._door = self._door, None
        if door is not None:
            door.take_room(-1)

    def as_get(self) -> Scope:
        """Return the scope for the application: a HEAD is a GET whose body is not sent."""
        return {**self._scope, "method": "GET"} if self._head else self._scope

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answered = True
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-Id"] = self.request_id
            for name, value in (self._scope["state"].get("rate_limit") or {}).items():
                headers.setdefault(name, value)
            message = {**message, "headers": headers.raw}
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _request_id(given: str | None) -> str:
    """Return the caller's id if it is a plain word, else a new one: it goes into logs."""
    return given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def accepts(path: str, header: str | None) -> bool:
    """Return whether a caller takes what is served at *path*, by its `Accept` header."""
    more = (kinds for pattern, kinds in _SERVED_TOO if pattern.fullmatch(path))
    return accepts_json(header, next(more, frozenset()))


def accepts_json(header: str | None, more: frozenset[str] = frozenset()) -> bool:
    """Return whether a caller takes our answers, or *more*, by its `Accept` header."""
    if not header or not header.strip():
        return True
    for part in header.split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        if (kind in _SERVED or kind in more) and not any(_is_zero(each) for each in parameters):
            return True
    return False


def _is_zero(parameter: str) -> bool:
    return re.fullmatch(r"q\s*=\s*0(\.0{0,3})?", parameter) is not None


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that the path of *scope* knows, for the `Allow` header."""
    methods: set[str] = set()
    for route in routes:
        match, _ = route.matches(scope)
        if match is not Match.NONE and isinstance(route, Route):
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods | {"OPTIONS"}) if methods else []
