"""What callers may send of accounts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.api.tasks.schemas import Name
from services.api.wire.plain_text import clean_line
from services.api.wire.strict_model import Strict
from shared.contracts.accounts import DEFAULT_SERVER, Drain

ACCOUNT_ID = r"^[A-Za-z0-9_+@][A-Za-z0-9_.@:+-]{0,127}$"
_TOKEN = r"^[A-Za-z0-9_-]{1,64}$"  # noqa: S105 - a token of a subject on the bus
MOST_CONFIG_BYTES = 16 * 1024

AccountId = Annotated[str, Field(pattern=ACCOUNT_ID, examples=["a1"])]
ServerId = Annotated[str, Field(pattern=_TOKEN)]
ScriptId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Environment = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Word = Annotated[
    str,
    AfterValidator(partial(clean_line, most=128)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 128}),
]


class AccountUpdate(Strict):
    """The fields of an account that are to change; the others stay as they are."""

    account_id: AccountId = Field(default="", description="Cannot change.")
    display_name: Name = ""
    script_id: ScriptId | None = Field(default=None, description="The script that it plays.")
    environment: Environment = Field(
        default="production", description="Whose published version of the script it follows."
    )
    server_id: ServerId = Field(
        default=DEFAULT_SERVER,
        description="Whose runtime keeps it running. Changes only while it is stopped.",
    )
    group_ids: list[Word] = Field(default=[], max_length=500)
    tags: list[Word] = Field(default=[], max_length=50)
    active: bool = Field(default=True, description="false: no task starts it.")
    config: dict[str, Any] = Field(
        default={},
        description="The account's own, at most 16 KiB; `runtime` in it is how it is run. Name"
        " secrets, do not put them here.",
    )


class AccountCreate(AccountUpdate):
    """An account to be created."""

    account_id: AccountId = Field(description="Unique; how tasks and clients name it.")
    display_name: Name


class HoldPut(Strict):
    """A person's word that holds against every task."""

    state: Literal["running", "stopped"] = Field(
        description="The account is brought into this state now, and kept there."
    )
    until: str | None = Field(
        default=None,
        max_length=40,
        json_schema_extra={"format": "date-time"},
        description="Until this moment; null: until the hold is taken back.",
    )


class DrainFields(Strict):
    """How an account is stopped."""

    mode: Literal["graceful", "now"] = "graceful"
    wait_seconds: float = Field(
        default=Drain().wait_seconds,
        ge=0,
        le=3600,
        description="How long it may take to finish before it is killed.",
    )


class AccountStop(Strict):
    """How an account is to be stopped."""

    drain: DrainFields = DrainFields()
