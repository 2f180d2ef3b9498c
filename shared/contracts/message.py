"""What every message on the bus has in common: frozen, versioned, strict about what it knows.

A reader ignores fields it does not know (a newer writer may add some) but refuses a message whose
known fields do not fit: that one is poison and goes to the dead letters, never round and round.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Base of all bus messages."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    v: Literal[1] = 1

    def encode(self) -> bytes:
        """Return the message as it goes over the wire: compact UTF-8 JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a message from the wire.

        Raises:
            pydantic.ValidationError: it is not one; the message is poison.
        """
        return cls.model_validate_json(data)


class Part(BaseModel):
    """Base of what messages are made of."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")
