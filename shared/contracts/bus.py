"""What services ask the keeper of the bus: that a stream or consumer be as the topology says.

    any service ──rpc.bus.ensure──► keeper       names alone; the topology says what belongs to them

So nobody can have anything made, or changed, that is not in the topology.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.message import Message

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class EnsureRequest(Message):
    """Make sure that these streams and consumers are there, and as they should be."""

    streams: tuple[Name, ...] = Field(default=(), max_length=100)
    consumers: tuple[Name, ...] = Field(default=(), max_length=500)
    """By name; that of a server's runtime has one as well."""


class Ensured(Message):
    """What became of it."""

    trouble: tuple[str, ...] = ()
    """What is not as it should be, in words for a log; empty: all is well."""
