"""One exchange with a web server: send, follow, read, within limits.

Built on `httpcore` below `httpx`, because the guard sits where connections are made and the answer
must be read as it comes over the wire: a client that decompresses by itself would blow one
64 KiB chunk of a bomb up to 64 MiB before anybody could object.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import NoReturn, cast

import httpcore
import httpx
from pydantic import JsonValue

from services.executor.actions.http.params import READ_MAX
from shared.egress.connections import Connections
from shared.egress.guard import Refused, problem_with_url

REDIRECTS_MAX = 3
EXCERPT_MAX = 2048  # bytes

MOVED = frozenset({301, 302, 303, 307, 308})
#: All that another host gets to see of our headers; `X-Api-Key` is a credential as well.
HARMLESS_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-type",
        "idempotency-key",
        "user-agent",
        "x-automation-attempt",
    }
)
#: Charsets of the web. Python knows more "encodings", such as hex, zip and punycode.
_CHARSET = re.compile(
    r"(utf|us-ascii|iso-8859|windows-|big5|gb|shift_jis|euc-|koi8|iso-2022-jp)[a-z0-9_-]*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent."""

    method: str
    url: httpx.URL
    headers: dict[str, str]
    content: bytes | None


@dataclass(slots=True)
class Answer:
    """What has come back so far; useful even when time runs out."""

    url: httpx.URL
    status: int = 0
    content_type: str = ""
    retry_after: str = ""
    redirects: int = 0
    body: bytearray = field(default_factory=bytearray)
    """The beginning of it, decoded."""
    size: int = 0
    """Of the whole decoded body, as far as it was read."""
    truncated: bool = False
    """True: it was longer than `READ_MAX`; the rest has not been read."""

    def start_afresh(self) -> None:
        """Forget it all: the call is made once more."""
        self.status, self.content_type, self.retry_after, self.redirects = 0, "", "", 0
        self.body, self.size, self.truncated = bytearray(), 0, False

    def excerpt(self, most: int = EXCERPT_MAX) -> str:
        """Return the beginning of the body as text that is safe to store and to show."""
        decoder = _decoder(self.content_type)
        most = min(len(self.body), EXCERPT_MAX, most)
        text = decoder.decode(self.body[:most], final=self.size <= most)
        return _cut("".join(_shown(character) for character in text))

    def json(self) -> JsonValue:
        """Read the body as JSON.

        Raises:
            ValueError: it is none, or too large.
        """
        if self.truncated or self.size > len(self.body):
            raise ValueError("too large")
        try:
            document: JsonValue = json.loads(bytes(self.body), parse_constant=_refuse)
        except RecursionError:
            raise ValueError("too deep") from None
        return document


async def exchange(
    connections: Connections, call: Call, answer: Answer, *, keep: int, follow: bool
) -> None:
    """Send *call*, follow redirects, and fill *answer* with the final response.

    Raises:
        Refused: an address on the way is not allowed.
        httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException: it broke.
    """
    while True:
        async with connections.stream(
            call.method,
            httpcore.URL(
                scheme=call.url.raw_scheme,
                host=call.url.raw_host,
                port=call.url.port,
                target=call.url.raw_path,
            ),
            headers=[("Host", call.url.netloc), *call.headers.items()],
            content=call.content,
        ) as response:
            headers = httpx.Headers(response.headers)
            answer.url, answer.status = call.url, response.status
            location = headers.get("location", "")
            if not (follow and response.status in MOVED and location):
                answer.content_type = headers.get("content-type", "")
                answer.retry_after = headers.get("retry-after", "")
                await _read(response, headers.get("content-encoding", ""), answer, keep=keep)
                return
        if answer.redirects == REDIRECTS_MAX:
            raise Refused(f"more than {REDIRECTS_MAX} redirects")
        answer.redirects += 1
        call = redirected(call, response.status, location)


def redirected(call: Call, status: int, location: str) -> Call:
    """Return the call that a redirect asks for.

    Raises:
        Refused: it leads nowhere, or from https to http.
    """
    try:
        url = call.url.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("redirected to something that is no URL") from error
    if code := problem_with_url(str(url)):
        raise Refused(f"redirected to a forbidden URL ({code})")
    if call.url.scheme == "https" and url.scheme == "http":
        raise Refused("redirected from https to http")
    method, content, headers = call.method, call.content, dict(call.headers)
    becomes_get = (status == 303 and method != "HEAD") or (  # noqa: PLR2004 - See Other
        status in (301, 302) and method == "POST"
    )
    if becomes_get:  # what all browsers do, and RFC 9110 allows
        method, content = "GET", None
        headers = {key: value for key, value in headers.items() if key.lower() != "content-type"}
    if not _same_server(call.url, url):
        headers = {key: value for key, value in headers.items() if key.lower() in HARMLESS_HEADERS}
    return replace(call, method=method, url=url, headers=headers, content=content)


def _same_server(one: httpx.URL, other: httpx.URL) -> bool:
    upgraded = (one.scheme, other.scheme, one.port, other.port) == ("http", "https", None, None)
    same_port = (one.scheme, one.port) == (other.scheme, other.port)
    return one.host == other.host and (same_port or upgraded)


async def _read(response: httpcore.Response, encoding: str, answer: Answer, *, keep: int) -> None:
    """Read at most `READ_MAX` bytes, counted on the wire and decoded; keep the first *keep*."""
    gunzip = _Gunzip() if encoding.strip().lower() in ("gzip", "x-gzip") else None
    received = 0
    # It is a generator, which its type does not say; left to the garbage collector it would hold
    # on to the connection.
    stream = cast("AsyncGenerator[bytes, None]", response.aiter_stream())
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            left = READ_MAX - answer.size
            data = gunzip.decode(chunk, limit=left + 1) if gunzip else chunk
            answer.truncated = len(data) > left or received > READ_MAX
            answer.size += min(len(data), left)
            answer.body += data[: max(0, min(left, keep - len(answer.body)))]
            if answer.truncated:
                return


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


class _Gunzip:
    """Decompresses no more than it is asked for."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with a gzip header

    def decode(self, data: bytes, *, limit: int) -> bytes:
        """Return at most *limit* bytes.

        Raises:
            zlib.error: this is not gzip.
        """
        decoded = bytearray()
        while data and len(decoded) < limit:
            if self._member.eof:  # gzip files may follow each other
                self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            decoded += self._member.decompress(data, limit - len(decoded))
            data = self._member.unused_data
        return bytes(decoded)


def _decoder(content_type: str) -> codecs.IncrementalDecoder:
    """Return a decoder for the charset that the server names; bytes that do not fit are escaped."""
    _, _, named = content_type.lower().partition("charset=")
    charset = named.partition(";")[0].strip(" \"'")
    try:
        known = charset if _CHARSET.fullmatch(charset) else "utf-8"
        return codecs.getincrementaldecoder(known)("backslashreplace")
    except LookupError:
        return codecs.getincrementaldecoder("utf-8")("backslashreplace")


def _shown(character: str) -> str:
    """Escape what could steer a terminal, hide text or not be stored (U+0000)."""
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode("ascii")


def _cut(text: str) -> str:
    return text.encode()[:EXCERPT_MAX].decode(errors="ignore")
