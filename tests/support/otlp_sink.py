"""A collector of traces in a process of its own: OTLP over HTTP, each span a line of a file.

Decodes the protobuf of `POST /v1/traces` as any collector does, and answers like one. What the
system under test tells of its runs is then read from the file.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from deploy.local import ports
from tests.support.sink import POLL, Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span as it was told."""

    service: str
    instance: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    began: int
    ended: int
    attributes: dict[str, Any]
    error: bool


class OtlpSink(Sink):
    """The tests' end of it; its `url` is what `AUTOMATION_OTLP_ENDPOINT` is to be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(__spec__.name, folder / "spans.jsonl")
        self._offset = 0
        self._spans: list[Span] = []

    def spans(self) -> list[Span]:
        """Return all that was told so far."""
        with self.file.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._spans += [Span(**json.loads(line)) for line in whole.splitlines()]
        return self._spans

    async def wait_for(
        self,
        wanted: Callable[[list[Span]], bool],
        *,
        within: timedelta = timedelta(seconds=30),
    ) -> list[Span]:
        """Wait until what was told is enough; fail after the deadline."""
        deadline = time.monotonic() + within.total_seconds()
        while not wanted(found := self.spans()):
            told = [(each.service, each.name, each.trace_id[:6]) for each in found]
            assert time.monotonic() < deadline, f"not enough in {within}: {told[-40:]}"
            await asyncio.sleep(POLL.total_seconds())
        return found


def _main() -> None:
    from opentelemetry.proto.collector.trace.v1 import (  # noqa: PLC0415 - in the other process
        trace_service_pb2 as wire,
    )

    file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path != "/v1/traces":
                self.send_error(404)
                return
            request = wire.ExportTraceServiceRequest.FromString(body)
            lines = [json.dumps(span) for span in _spans(request)]
            os.write(file, "".join(f"{line}\n" for line in lines).encode())
            answer = wire.ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer((ports.LOOPBACK, int(sys.argv[2])), Handler).serve_forever()


def _spans(request: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a generated class
    return [
        {
            "service": _values(resource.resource.attributes)["service.name"],
            "instance": _values(resource.resource.attributes)["service.instance.id"],
            "name": span.name,
            "kind": span.kind,
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
            "parent_id": span.parent_span_id.hex(),
            "began": span.start_time_unix_nano,
            "ended": span.end_time_unix_nano,
            "attributes": _values(span.attributes),
            "error": span.status.code == span.status.STATUS_CODE_ERROR,
        }
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _values(pairs: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in pairs}


if __name__ == "__main__":
    _main()
