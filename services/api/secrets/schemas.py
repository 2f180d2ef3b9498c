"""What callers may send of secrets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.api.tasks.schemas import Description
from services.api.wire.strict_model import Strict

#: What is shorter cannot be struck out of logs: it would take innocent words with it.
LEAST_BYTES = 8
MOST_BYTES = 64 * 1024


def _fit_value(value: str) -> str:
    size = len(value.encode())
    if not LEAST_BYTES <= size <= MOST_BYTES or "\x00" in value or not value.strip():
        raise PydanticCustomError(
            "secret.value", "secret.value", {"low": LEAST_BYTES, "high": MOST_BYTES}
        )
    return value


class SecretPut(Strict):
    """A secret; its value may be left out if it is to stay as it is."""

    value: Annotated[str, AfterValidator(_fit_value)] | None = Field(
        default=None,
        description=f"{LEAST_BYTES} to {MOST_BYTES} bytes in UTF-8; never shown again.",
        json_schema_extra={"writeOnly": True},
    )
    description: Description | None = None
