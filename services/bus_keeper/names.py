"""What of the topology a name means. Pure.

Whoever asks names things; what a thing is like, the topology says. A name that means nothing there
means nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import CONSUMERS, STREAMS, runtime_consumer
from shared.contracts.bus import EnsureRequest

_RUNTIME = re.compile(r"runtime-([A-Za-z0-9_-]{1,64})")


class Meant(NamedTuple):
    """What somebody asks for."""

    streams: Sequence[Stream]
    """Those of the consumers, too."""
    consumers: Sequence[Consumer]
    unknown: Sequence[str]


def meant(request: EnsureRequest) -> Meant:
    """Return what the names of a request mean."""
    consumers: list[Consumer] = []
    unknown: list[str] = []
    for name in dict.fromkeys(request.consumers):
        if consumer := consumer_named(name):
            consumers.append(consumer)
        else:
            unknown.append(name)
    named = {*request.streams, *(each.stream for each in consumers)}
    streams = [each for each in STREAMS if each.name in named]
    known = {each.name for each in STREAMS}
    unknown += [name for name in dict.fromkeys(request.streams) if name not in known]
    return Meant(streams, consumers, unknown)


def consumer_named(name: str) -> Consumer | None:
    """Return the consumer that the topology has under *name*; None: there can be none."""
    for consumer in CONSUMERS:
        if consumer.name == name:
            return consumer
    if runtime := _RUNTIME.fullmatch(name):
        return runtime_consumer(runtime[1])
    return None
