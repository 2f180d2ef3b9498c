"""What callers may send of people, log-ins and passwords."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.api.access.roles import Role
from services.api.wire.plain_text import clean_line
from services.api.wire.strict_model import Strict

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_NOT_IN_NAMES = re.compile(r"[\s/:\\]")
#: Longer ones are refused before anybody works on them; see `passwords.MOST`.
_LONGEST = 1024


def _fit_name(name: str) -> str:
    name = clean_line(name, most=64)
    if _NOT_IN_NAMES.search(name):
        raise PydanticCustomError("user.name", "user.name")
    return name


def _fit_email(email: str) -> str:
    email = clean_line(email, most=320)
    if not _EMAIL.fullmatch(email):
        raise PydanticCustomError("user.email", "user.email")
    return email


UserName = Annotated[
    str,
    AfterValidator(_fit_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": 64}, examples=["ann"]),
]
DisplayName = Annotated[
    str,
    AfterValidator(partial(clean_line, most=100)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 100}, examples=["王小安"]),
]
Email = Annotated[
    str, AfterValidator(_fit_email), Field(json_schema_extra={"format": "email", "maxLength": 320})
]
Language = Literal["zh-TW", "en"]
#: Judged in `passwords.py`, against the name.
Password = Annotated[
    str,
    Field(
        max_length=_LONGEST, json_schema_extra={"format": "password", "writeOnly": True}, repr=False
    ),
]
LinkToken = Annotated[str, Field(min_length=1, max_length=100, repr=False)]


class LogIn(Strict):
    """Who wants to get in."""

    name: str = Field(max_length=200)
    password: Password


class SetUp(Strict):
    """The first administrator."""

    token: LinkToken = Field(description="From the link that the first start has printed.")
    name: UserName
    password: Password
    display_name: DisplayName | None = None
    language: Language | None = None


class LinkPeek(Strict):
    """A link that is looked at."""

    token: LinkToken


class LinkUse(Strict):
    """A link, and the password that its holder chooses."""

    token: LinkToken
    password: Password


class PasswordChange(Strict):
    """A new password, and the one so far."""

    old_password: Password
    password: Password


class MeUpdate(Strict):
    """What people may change of themselves; what is left out stays."""

    display_name: DisplayName = ""
    email: Email | None = None
    language: Language | None = Field(default=None, description="null: what the browser says.")


class UserUpdate(Strict):
    """The fields of a user that are to change; the others stay."""

    display_name: DisplayName = ""
    email: Email | None = None
    role: Role = "viewer"
    language: Language | None = None
    disabled: bool = False


class UserCreate(Strict):
    """A user to be created; they choose their password with the link in the answer."""

    name: UserName
    role: Role
    display_name: DisplayName | None = Field(default=None, description="null: the name.")
    email: Email | None = None
    language: Language | None = None
