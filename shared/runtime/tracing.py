"""One trace per run: from the request, event or fire through scheduler and executor to the log row.

    HTTP request ──► RunRequest.traceparent ─┐
    event (CloudEvents `traceparent`) ───────┼─► scheduler.occurrences.traceparent ──► claim
    fire of a schedule (a new trace) ────────┘        the truth: survives the bus          │
                                                                                           ▼
    log row ◄── execution_data.traceparent, stored with the lease ◄──────────────── attempt's span

Identities are W3C's trace context and travel as its header. They are made here, without a library,
because most of our spans are told after the fact, many at once: a row's span must have its identity
before the row is written, and may be told only once it is committed. What is told goes to
`otlp.py`, which is imported only if there is an endpoint: without one, every function here returns
at once.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

_HEADER = re.compile(r"(?P<version>[0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1
#: Sampling looks at the part of a trace id that W3C wants to be random.
_RANDOM_BITS = 56

Value = str | int | float | bool


class Kind(Enum):
    """What a span is, in OpenTelemetry's words."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Trace(NamedTuple):
    """The identity of a span."""

    trace_id: int
    span_id: int
    sampled: bool

    def header(self) -> str:
        """Return it as the header `traceparent` spells it."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{'01' if self.sampled else '00'}"


class Told(NamedTuple):
    """A span that is over."""

    name: str
    kind: Kind
    me: Trace
    parent: Trace | None
    began: float
    """Seconds since 1970, like `ended`."""
    ended: float
    attributes: Mapping[str, Value]
    error: str | None


@dataclass(slots=True)
class Span:
    """A span under way."""

    me: Trace
    attributes: dict[str, Value] = field(default_factory=dict)
    name: str = ""
    error: str | None = None


@dataclass(slots=True)
class _State:
    tell: Callable[[Told], None] | None = None
    ratio: float = 1.0


_state = _State()
_here: ContextVar[Trace | None] = ContextVar("trace", default=None)
_dice = random.SystemRandom()


def switch_on(tell: Callable[[Told], None], *, ratio: float) -> None:
    """Tell spans to *tell* from now on; *ratio* of the traces that begin here are kept."""
    _state.tell, _state.ratio = tell, ratio


def switch_off() -> None:
    """Tell nobody any more."""
    _state.tell = None


def is_on() -> bool:
    """Return whether anybody wants to know."""
    return _state.tell is not None


def parse(header: object) -> Trace | None:
    """Read a `traceparent`; None if it is none: what others send may be anything."""
    found = _HEADER.fullmatch(header) if isinstance(header, str) else None
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found[5]):
        return None
    trace_id, span_id = int(found[2], 16), int(found[3], 16)
    if not trace_id or not span_id:
        return None
    return Trace(trace_id, span_id, bool(int(found[4], 16) & _SAMPLED))


def spelled(header: object) -> str | None:
    """Return a `traceparent` as it may be kept: what others write behind it is left out."""
    found = parse(header)
    return found.header() if found else None


def trace_id_of(header: object) -> str | None:
    """Return the id of the trace that a `traceparent` belongs to, as people look it up."""
    found = parse(header)
    return f"{found.trace_id:032x}" if found else None


def current() -> Trace | None:
    """Return the span that we are in."""
    return _here.get()


def header() -> str | None:
    """Return the span that we are in, as it is handed on; None without tracing."""
    here = _here.get()
    return here.header() if here else None


def be_in(trace: Trace) -> None:
    """Be in a span for the rest of the asyncio task that we are in."""
    _here.set(trace)


def child_of(parent: Trace | None) -> Trace:
    """Return a new identity below *parent*, or that of a new trace."""
    span_id = _dice.getrandbits(64) or 1
    if parent is not None:
        return Trace(parent.trace_id, span_id, parent.sampled)
    trace_id = _dice.getrandbits(128) or 1
    chance = trace_id & ((1 << _RANDOM_BITS) - 1)
    return Trace(trace_id, span_id, chance < _state.ratio * (1 << _RANDOM_BITS))


def tell(
    name: str,
    me: Trace,
    parent: Trace | None,
    *,
    began: float,
    ended: float | None = None,
    kind: Kind = Kind.INTERNAL,
    attributes: Mapping[str, Value] | None = None,
    error: str | None = None,
) -> None:
    """Tell of a span that is over."""
    if _state.tell is None or not me.sampled:
        return
    _state.tell(
        Told(
            name=name,
            kind=kind,
            me=me,
            parent=parent,
            began=began,
            ended=time.time() if ended is None else ended,
            attributes=attributes or {},
            error=error,
        )
    )


@contextmanager
def span(
    name: str, *, kind: Kind = Kind.INTERNAL, parent: Trace | None = None
) -> Iterator[Span | None]:
    """Be in a span, below *parent* or else the one that we are in; None without tracing."""
    if _state.tell is None:
        yield None
        return
    above = parent or _here.get()
    this = Span(child_of(above), name=name)
    began = time.time()
    token = _here.set(this.me)
    try:
        yield this
    except BaseException as error:
        this.error = this.error or type(error).__name__
        raise
    finally:
        _here.reset(token)
        tell(
            this.name,
            this.me,
            above,
            began=began,
            kind=kind,
            attributes=this.attributes,
            error=this.error,
        )
