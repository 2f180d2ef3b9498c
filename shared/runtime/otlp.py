"""Where spans go: to a collector, in batches, over OTLP/HTTP (protobuf), from a thread of its own.

Imported only where `AUTOMATION_OTLP_ENDPOINT` is set. A collector that is slow or gone costs spans
and nothing else: what does not fit into the queue is dropped.
"""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from shared.runtime.tracing import Kind, Told, Trace

#: Spans that wait to be sent; more are dropped.
QUEUE = 8192
BATCH = 512
#: How long a span waits for others at most.
REST_MS = 1_000
#: For one batch, and for the last ones when the process ends.
TIMEOUT_S = 3

_KINDS = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.PRODUCER: SpanKind.PRODUCER,
    Kind.CONSUMER: SpanKind.CONSUMER,
}


class Collector:
    """The way to one collector."""

    def __init__(self, endpoint: str, *, role: str, instance: str) -> None:
        self._resource = Resource(
            {
                "service.namespace": "automation",
                "service.name": f"automation-{role}",
                "service.instance.id": instance,
                "service.version": version("automation-tasks"),
            }
        )
        self._scope = InstrumentationScope("automation")
        url = f"{endpoint.rstrip('/')}/v1/traces"
        self._queue = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=url, timeout=TIMEOUT_S),
            max_queue_size=QUEUE,
            schedule_delay_millis=REST_MS,
            max_export_batch_size=BATCH,
        )

    def tell(self, told: Told) -> None:
        """Put a span into the queue; never waits."""
        status = Status(StatusCode.ERROR, told.error) if told.error else Status(StatusCode.UNSET)
        self._queue.on_end(
            ReadableSpan(
                name=told.name,
                context=_context(told.me, is_remote=False),
                parent=_context(told.parent, is_remote=True) if told.parent else None,
                resource=self._resource,
                attributes=dict(told.attributes),
                kind=_KINDS[told.kind],
                instrumentation_scope=self._scope,
                status=status,
                start_time=int(told.began * 1e9),
                end_time=int(max(told.ended, told.began) * 1e9),
            )
        )

    def close(self) -> None:
        """Send what waits, then stop."""
        self._queue.shutdown()  # type: ignore[no-untyped-call]


def _context(trace: Trace, *, is_remote: bool) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    return SpanContext(trace.trace_id, trace.span_id, is_remote=is_remote, trace_flags=flags)
