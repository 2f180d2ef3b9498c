"""W3C trace context, and what it costs where nobody wants traces."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.scheduler.apply import request_entry
from shared.contracts.runs import RunRequest
from shared.runtime import tracing
from shared.runtime.logs import JsonLines, about, about_this_task
from shared.runtime.tracing import Kind, Told, Trace
from tests.support.cases import table

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def told() -> Iterator[list[Told]]:
    spans: list[Told] = []
    tracing.switch_on(spans.append, ratio=1.0)
    yield spans
    tracing.switch_off()


def test_a_header_is_read_and_written_as_it_was() -> None:
    trace = tracing.parse(GOOD)

    assert trace is not None
    assert trace.header() == GOOD
    assert tracing.trace_id_of(GOOD) == "4bf92f3577b34da6a3ce929d0e0e4736"


@table(
    "header",
    [
        None,
        7,
        "",
        GOOD.upper(),
        GOOD + "\n",
        GOOD.replace("00-", "ff-", 1),
        GOOD + "-more",  # version 00 has no more fields
        GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        GOOD.replace("00f067aa0ba902b7", "0" * 16),
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
    ],
)
def test_what_is_no_header_is_none(header: object) -> None:
    assert tracing.parse(header) is None


def test_a_later_version_may_say_more() -> None:
    later = "cc" + GOOD[2:] + "-more"

    assert tracing.parse(later) == tracing.parse(GOOD)


@table("more", ["\x00", "x" * 60_000, "\u4e2d", "\r"])
def test_what_others_write_behind_a_header_is_not_kept(more: str) -> None:
    said = f"01{GOOD[2:]}-{more}"
    request = RunRequest(
        run_id=uuid4(),
        task_id=uuid4(),
        version=1,
        requested_at=datetime.now(UTC),
        requested_by="somebody",
        traceparent=said[:200],
    )

    assert tracing.spelled(said) == GOOD
    assert request_entry(request, None).traceparent == GOOD


def test_a_child_is_in_the_trace_of_its_parent_and_kept_if_that_is(told: list[Told]) -> None:
    parent = Trace(7, 8, sampled=False)
    with tracing.span("quiet", parent=parent) as span:
        assert span is not None
        assert (span.me.trace_id, span.me.sampled) == (7, False)

    assert told == []


@table(("ratio", "kept"), [(0.0, 0), (1.0, 500)])
def test_all_or_none_are_kept(ratio: float, kept: int) -> None:
    tracing.switch_on(lambda _: None, ratio=ratio)
    try:
        assert sum(tracing.child_of(None).sampled for _ in range(500)) == kept
    finally:
        tracing.switch_off()


def test_about_a_share_is_kept() -> None:
    tracing.switch_on(lambda _: None, ratio=0.2)
    try:
        kept = sum(tracing.child_of(None).sampled for _ in range(5_000))
    finally:
        tracing.switch_off()

    assert 800 < kept < 1200  # seven standard deviations


def test_spans_nest_and_an_error_is_told(told: list[Told]) -> None:
    with (
        pytest.raises(RuntimeError),
        tracing.span("outer", kind=Kind.SERVER) as outer,
        tracing.span("inner"),
    ):
        raise RuntimeError

    inner, first = told
    assert outer is not None
    assert (inner.name, inner.parent, inner.error) == ("inner", outer.me, "RuntimeError")
    assert (first.name, first.parent, first.kind) == ("outer", None, Kind.SERVER)
    assert tracing.current() is None


async def test_tasks_side_by_side_do_not_mix_their_spans(told: list[Told]) -> None:
    async def work(name: str) -> tuple[str | None, Trace | None]:
        with tracing.span(name) as span:
            await asyncio.sleep(0)
            return tracing.header(), span.me if span else None

    for header, me in await asyncio.gather(work("a"), work("b")):
        assert me is not None
        assert header == me.header()
    assert len(told) == 2


def test_without_a_collector_nothing_is_made_and_nothing_is_loaded() -> None:
    code = (
        "import sys; import services.executor.app, services.api.app, shared.runtime.process\n"
        "from shared.runtime import tracing\n"
        "with tracing.span('x') as span: assert span is None and tracing.header() is None\n"
        "ours = ('opentelemetry.sdk', 'opentelemetry.exporter')\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def _line(**extra: object) -> str:
    record = logging.makeLogRecord({"msg": "it happened", "levelname": "INFO", **extra})
    return JsonLines("service").format(record)


def test_lines_bear_the_fields_of_what_they_are_about() -> None:
    with about(run_id="r", trace_id=None), about(task_id="t"):
        inside = _line(attempt=2)
    outside = _line()

    assert '"run_id": "r", "task_id": "t", "attempt": 2' in inside
    assert "trace_id" not in inside
    assert "run_id" not in outside


async def test_a_task_is_about_its_own_run_only() -> None:
    async def work(run_id: str) -> str:
        about_this_task(lambda: {"run_id": run_id})
        await asyncio.sleep(0)
        return _line()

    one, other = await asyncio.gather(work("1"), work("2"))

    assert '"run_id": "1"' in one
    assert '"run_id": "2"' in other
    assert "run_id" not in _line()
