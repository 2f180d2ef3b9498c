"""Which headers a task may send: none that breaks a request apart or speaks in our place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic_core import PydanticCustomError

HEADER_VALUE_MAX = 4096  # characters; servers refuse about 8 KiB for all headers

#: What the connection is made of, and what says who we are.
RESERVED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
RESERVED_PREFIXES = ("proxy-", "x-automation-")

# `fullmatch` everywhere: `$` would let a trailing newline through.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


def judge_headers(headers: Mapping[str, str]) -> None:
    """Refuse what would break the request apart or speak in our place.

    Raises:
        PydanticCustomError: `header.…`.
    """
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not is_value(value):
            raise PydanticCustomError("header.invalid", "a header has a forbidden character")
        if len(value) > HEADER_VALUE_MAX:
            raise PydanticCustomError("header.too_long", "a header is too long")
        if name.lower() in RESERVED_HEADERS or name.lower().startswith(RESERVED_PREFIXES):
            raise PydanticCustomError(
                "header.reserved", "the header {name} is set by the system", {"name": name}
            )
    if len({name.lower() for name in headers}) != len(headers):
        raise PydanticCustomError("header.duplicate", "a header is there twice")


def is_value(text: str) -> bool:
    """Say whether a header can hold this text."""
    return _HEADER_VALUE.fullmatch(text) is not None
