"""An HTTP server in a process of its own: a witness that the system under test cannot forge.

Every call becomes one line of a file, appended by one `write` as soon as its body is there, so
neither a kill of the sink nor one of its callers can tear a line. The path says how it answers:

    /anything                  200 at once
    /delay/2.5/...             after 2.5 s
    /status/503/...            with 503
    /delay/1/status/500/x      both
    /fails/2/...               with 503 the first two times that a run calls, whatever its attempts
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from deploy.local import ports
from tests.support.sink import POLL, Sink

Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    wall: float  # time.time() of the sink
    monotonic: float  # the same clock for all processes of this machine

    def json(self) -> Any:  # noqa: ANN401 - whatever the caller sent
        """Return the body as JSON."""
        return json.loads(self.body)


class HttpSink(Sink):
    """The tests' end of it; append a path to its `url`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(__spec__.name, folder / "calls.jsonl")

    def calls(self, path: str = "/") -> list[Call]:
        """Return all calls so far whose path starts like this, in order of arrival."""
        lines = self.file.read_bytes().splitlines()
        return [call for call in map(_read, lines) if call.path.startswith(path)]

    async def wait_for_calls(
        self, count: int, path: str = "/", *, within: timedelta = timedelta(seconds=30)
    ) -> list[Call]:
        """Wait until there are at least that many; fail after the deadline."""
        deadline = time.monotonic() + within.total_seconds()
        while len(found := self.calls(path)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} calls of {path}"
            await asyncio.sleep(POLL.total_seconds())
        return found


def _read(line: bytes) -> Call:
    fields = json.loads(line)
    return Call(**{**fields, "body": base64.b64decode(fields["body"])})


class _Server:
    """The ASGI application in the other process."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._called: Counter[bytes] = Counter()

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self._write(scope, body)
        key = dict(scope["headers"]).get(b"idempotency-key", b"")
        self._called[key] += 1
        delay, status = _answer_to(scope["path"], times=self._called[key])
        await asyncio.sleep(delay)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"ok": true}'})

    def _write(self, scope: Message, body: bytes) -> None:
        call = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "headers": {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
            "body": base64.b64encode(body).decode(),
            "wall": time.time(),
            "monotonic": time.monotonic(),
        }
        os.write(self._file, json.dumps(call).encode() + b"\n")


def _answer_to(path: str, *, times: int) -> tuple[float, int]:
    asked = dict(pairwise(path.split("/")))
    fails = times <= int(asked.get("fails", 0))
    return float(asked.get("delay", 0)), 503 if fails else int(asked.get("status", 200))


def _main() -> None:
    import uvicorn  # noqa: PLC0415 - only in the other process

    file, port, *elsewhere = sys.argv[1:]
    uvicorn.run(
        _Server(Path(file)),
        host=elsewhere[0] if elsewhere else ports.LOOPBACK,
        port=int(port),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    _main()
