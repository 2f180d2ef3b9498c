"""The HTTP API, as a command needs it: asks, asks again if that is safe, goes on to the next page.

A request that changes something carries an `Idempotency-Key`, so that it may be sent again after a
broken connection: the API carries it out once.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from services.cli.contexts import Place
from services.cli.deadline import Deadline
from services.cli.failures import Misused, Unreachable
from services.cli.language import both, chosen
from services.cli.reading import AS_IT_IS, UNREADABLE, all_of, items_of, lines_of, read
from services.cli.refusals import failure_of

if TYPE_CHECKING:
    import httpx

BASE = "/api/v1/group-ai"

#: For a connection, and for an answer to begin.
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
#: A stream says something at least every 15 s.
STREAM_SECONDS = 40.0
#: Waits before a request is sent again; together shorter than anybody's patience.
PAUSES = (0.2, 0.5, 1.0)
#: Answers after which the same request may do better.
_LATER = frozenset({429, 502, 503, 504})
#: The longest wait that a server may ask for.
_LONGEST_WAIT = 10.0
_PAGE = 100
_OK, _ERROR = 200, 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str | None:
        """Which version it is, for If-Match."""
        return self.headers.get("etag")


def path(*parts: str) -> str:
    """Return a path of the API; what stands between slashes may hold anything."""
    return "/".join(("", *(quote(part, safe="") for part in parts)))


class Client:
    """One server, asked by one command."""

    def __init__(
        self, place: Place, *, deadline: Deadline, show: Callable[[str], None] | None = None
    ) -> None:
        self.place = place
        self.deadline = deadline
        self._show = show or (lambda _: None)
        self._http: httpx.Client | None = None

    def close(self) -> None:
        """Let go of the connection."""
        if self._http is not None:
            self._http.close()

    def get(self, where: str, **params: Any) -> Answer:  # noqa: ANN401 - values of a query
        """Ask for something."""
        return self.call("GET", where, params=params)

    def call(
        self,
        method: str,
        where: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,  # noqa: ANN401 - JSON
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the API; return what it says.

        Raises:
            Failed: it refuses, or does not answer; each cause is a class of its own.
        """
        sent = {"Idempotency-Key": str(uuid.uuid4())} if method != "GET" else {}
        sent.update(headers or {})
        for pause in (*PAUSES, None):
            try:
                answer = self._once(method, where, params or {}, body, sent)
            except Unreachable:
                if pause is None:
                    raise
            else:
                if answer.status not in _LATER or pause is None:
                    break
                asked = answer.headers.get("retry-after", "")
                pause = min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else pause  # noqa: PLW2901 - the server's wish
            self._show(both(f"once more in {pause:g} s", f"{pause:g} 秒後再試一次"))
            self.deadline.rest(pause)
        if answer.status >= _ERROR:
            raise failure_of(answer.status, answer.body)
        if not _OK <= answer.status < 300:  # noqa: PLR2004 - redirections
            raise Unreachable(self._strange(answer.headers.get("location", "")))
        return answer

    def pages(self, where: str, *, limit: int, **params: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - values of a query
        """Yield the items of all pages, at most *limit*; 0: all."""
        left, cursor = limit or sys.maxsize, None
        while left > 0:
            page = self.get(where, limit=min(left, _PAGE), cursor=cursor, **params).body
            items = items_of(page)
            if items is None:
                raise Unreachable(self._strange(""))
            yield from items[:left]
            left -= len(items)
            cursor = page.get("next") if isinstance(page, dict) else None
            if not cursor:
                return

    @contextmanager
    def stream(
        self,
        where: str,
        *,
        headers: Mapping[str, str] | None = None,
        **params: Any,  # noqa: ANN401
    ) -> Iterator[Iterator[str]]:
        """Lend the lines of an answer that goes on for a while."""
        httpx = _library()
        limit = httpx.Timeout(CONNECT_SECONDS, read=self.deadline.left(STREAM_SECONDS))
        try:
            with self._opened().stream(
                "GET",
                BASE + where,
                params=_given(params),
                headers=dict(headers or {}),
                timeout=limit,
            ) as answer:
                if answer.status_code >= _ERROR:
                    raise failure_of(answer.status_code, read(all_of(answer, self._tick)))
                if answer.status_code != _OK:
                    raise Unreachable(self._strange(answer.headers.get("location", "")))
                yield lines_of(answer, self._tick)
        except httpx.RequestError as error:
            self.deadline.left(1)
            raise Unreachable(self._unreachable(error)) from None

    def _once(
        self,
        method: str,
        where: str,
        params: Mapping[str, Any],
        body: Any,  # noqa: ANN401 - JSON
        headers: Mapping[str, str],
    ) -> Answer:
        httpx, http = _library(), self._opened()
        limit = httpx.Timeout(
            self.deadline.left(ANSWER_SECONDS), connect=self.deadline.left(CONNECT_SECONDS)
        )
        target = where if where.startswith(("/healthz", "/readyz", "/openapi")) else BASE + where
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        began = time.monotonic()
        try:
            with http.stream(
                method,
                target,
                params=_given(params),
                content=content,
                headers={**kind, **headers},
                timeout=limit,
            ) as answer:
                said = all_of(answer, self._tick)
        except (httpx.RequestError, httpx.InvalidURL, UnicodeError) as error:
            self.deadline.left(1)  # whose time was over says so
            raise Unreachable(self._unreachable(error)) from None
        spent = round((time.monotonic() - began) * 1000)
        self._show(f"{method} {answer.request.url} → {answer.status_code} ({spent} ms)")
        body = read(said)
        if answer.status_code < _ERROR and body is UNREADABLE:
            body = said.decode(errors="replace")
            if "html" in answer.headers.get("content-type", ""):
                raise Unreachable(self._strange(""))
        return Answer(answer.status_code, body, answer.headers)

    def _tick(self) -> None:
        self.deadline.left(1)

    def _opened(self) -> httpx.Client:
        if self._http is None:
            self._http = _open(self.place)
        return self._http

    def _unreachable(self, error: Exception) -> str:
        cause = str(error) or type(error).__name__
        server = self.place.server
        return both(f"{server} does not answer: {cause}", f"{server} 沒有回應：{cause}")

    def _strange(self, elsewhere: str) -> str:
        server = self.place.server
        if elsewhere:
            english = f"{server} sends elsewhere, to {elsewhere}; name that address instead."
            return both(english, f"{server} 轉往 {elsewhere}；請改用該位址。")
        return both(
            f"What answers at {server} is not the API of this system.",
            f"在 {server} 回應的不是本系統的 API。",
        )


def _given(params: Mapping[str, Any]) -> list[tuple[str, str | int | float | bool | None]]:
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in params.items():
        for each in value if isinstance(value, list | tuple) else (value,):
            if each is not None:
                text = str(each).lower() if isinstance(each, bool) else str(each)
                pairs.append((name.rstrip("_"), text))
    return pairs


def _library() -> ModuleType:
    """Load the HTTP library without its own command line, which costs more than all the rest."""
    sys.modules.setdefault("httpx._main", cast("ModuleType", None))  # None: not to be imported
    import httpx  # noqa: PLC0415 - heavy

    return httpx


def _sendable(token: str) -> str:
    """Return *token*; the HTTP library would quote one that fits into no header in its complaint.

    Raises:
        Misused: it is none.
    """
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise Misused(
            both(
                "The token has characters that no token has; is it the right file or variable?",
                "權杖含有不合法的字元，請確認檔案或環境變數是否正確。",
            )
        )
    return token


def _open(place: Place) -> httpx.Client:
    library = _library()
    server = place.server if "://" in place.server else f"https://{place.server}"
    headers = {"Accept-Language": chosen(), "User-Agent": "automation-cli", **AS_IT_IS}
    if place.token:
        headers["Authorization"] = f"Bearer {_sendable(place.token)}"
    try:
        # Whatever is not plain http, however it is spelled, has to prove who it is.
        verify: ssl.SSLContext | bool = (
            False
            if server.lower().startswith("http://")
            else ssl.create_default_context(cafile=place.ca_file)
        )
        opened: httpx.Client = library.Client(
            base_url=server.rstrip("/"), headers=headers, verify=verify
        )
    except (library.InvalidURL, OSError, UnicodeError, ValueError) as error:
        raise Unreachable(f"{place.ca_file or server}: {error}") from None
    return opened
