"""One POST of JSON to an address that a user chose: guarded, bounded, never redirected."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import httpcore
import httpx

from services.notifier.channels.parcel import NotDelivered, Witness
from shared.egress.connections import Connections
from shared.egress.guard import AllowList, GuardedBackend, Refused, problem_with_url

USER_AGENT = "automation-tasks"
#: Bytes of an answer that are read; so much of it is kept.
READ_MAX = 2_048
EXCERPT_MAX = 300
#: Headers of an answer that a witness is shown, and characters of each.
HEADERS_MAX = 30
HEADER_MAX = 200
_USUAL = {"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "*/*"}
#: What the other side means for its own clients alone.
_PRIVATE = frozenset({"set-cookie"})

OK = range(200, 300)
CLIENT_ERRORS = range(400, 500)
#: Client errors that pass: too slow, too early, too many.
WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class HttpPost:
    """Posts through the egress guard."""

    def __init__(self, allow: AllowList) -> None:
        self._connections = Connections(
            ssl=httpx.create_ssl_context(), network=GuardedBackend(allow)
        )

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        witness: Witness | None = None,
    ) -> str:
        """Send *body*; return what the other side said. A *witness* sees both.

        Raises:
            NotDelivered: it refused, is not there, or may not be called.
        """
        if problem := problem_with_url(url):
            raise NotDelivered(problem, permanent=True)
        parsed = httpx.URL(url)
        sent = {"Host": parsed.netloc.decode("ascii"), **_USUAL, **headers}
        target = httpcore.URL(
            scheme=parsed.raw_scheme,
            host=parsed.raw_host,
            port=parsed.port,
            target=parsed.raw_path,
        )
        if witness is not None:
            witness.sees_request(
                "POST", f"{parsed.scheme}://{parsed.netloc.decode()}/…", sent, body
            )
        try:
            async with self._connections.stream(
                "POST", target, headers=list(sent.items()), content=body
            ) as response:
                text = await _beginning(response)
                status = response.status
                if witness is not None:
                    witness.sees_answer(status, _shown_headers(response), text)
                said = _line(text)
        except Refused as error:
            raise NotDelivered(str(error), permanent=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise NotDelivered(f"{parsed.host}: {type(error).__name__}") from None
        detail = f"HTTP {status} {said}".strip()
        if status in OK:
            return detail
        permanent = status in CLIENT_ERRORS and status not in WORTH_ANOTHER_TRY
        # A redirect is not followed: it would carry the message to where nobody chose.
        raise NotDelivered(detail, permanent=permanent or status < CLIENT_ERRORS.start)

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()


async def _beginning(response: httpcore.Response) -> str:
    """Return how an answer begins, as far as it can be shown."""
    read = bytearray()
    async for chunk in response.aiter_stream():
        read += chunk
        if len(read) >= READ_MAX:
            break
    text = bytes(read[:READ_MAX]).decode("utf-8", "replace")
    return "".join(mark if mark.isprintable() or mark == "\n" else " " for mark in text)


def _line(text: str) -> str:
    return " ".join(text.split())[:EXCERPT_MAX]


def _shown_headers(response: httpcore.Response) -> dict[str, str]:
    """Return the headers of an answer, as far as they can be shown."""
    named = [(key.decode("latin-1"), value) for key, value in response.headers[:HEADERS_MAX]]
    return {
        name: "…" if name.lower() in _PRIVATE else value.decode("latin-1")[:HEADER_MAX]
        for name, value in named
    }
