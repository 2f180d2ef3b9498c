"""Where an alert rule looks that this system does not measure itself.

The same models judge a rule when it is saved and read it when it is checked, so that whatever one
accepts the other understands. Whether an address may be called is decided where it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from shared.contracts.action import SecretName
from shared.domain.alerting.rule import RuleType

EXPR_MAX = 4096  # characters
STATEMENT_MAX = 8192  # characters
URL_MAX = 2048  # characters


class Query(BaseModel):
    """Base of all queries: nothing unknown, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Login(Query):
    """Who we say that we are: a bearer token, or a user name with a password."""

    secret: SecretName
    """Names the token or the password."""
    username: str | None = Field(default=None, min_length=1, max_length=256, pattern=r"^[ -9;-~]*$")
    """With a user name it is HTTP basic."""


class PromqlQuery(Query):
    """An instant query to whatever speaks Prometheus' HTTP API."""

    url: str = Field(min_length=1, max_length=URL_MAX, examples=["https://prometheus.example.com"])
    """Without `/api/v1/query`."""
    expr: str = Field(min_length=1, max_length=EXPR_MAX)
    login: Login | None = None
    verify_tls: bool = True

    @field_validator("expr")
    @classmethod
    def _judge_expr(cls, expr: str) -> str:
        return _said(expr)


class HttpProbe(Query):
    """A call of a URL: does it answer well, how fast, with which status."""

    url: str = Field(min_length=1, max_length=URL_MAX)
    method: Literal["GET", "HEAD"] = "GET"
    measure: Literal["up", "latency_ms", "status"] = "up"
    """up: 1 or 0. The others have no sample if nothing answers."""
    expect_status: tuple[int, int] = (200, 399)
    """Statuses, from and to, that count as up."""
    login: Login | None = None
    verify_tls: bool = True

    @field_validator("expect_status")
    @classmethod
    def _judge_status(cls, bounds: tuple[int, int]) -> tuple[int, int]:
        if not 100 <= bounds[0] <= bounds[1] <= 599:  # noqa: PLR2004 - RFC 9110
            raise PydanticCustomError("alert_rule.status", "alert_rule.status")
        return bounds


class SqlQuery(Query):
    """One statement that reads: the column `value` (or the only one) and labels."""

    dsn_secret: SecretName
    """Names the address of the database, password included."""
    statement: str = Field(min_length=1, max_length=STATEMENT_MAX)

    @field_validator("statement")
    @classmethod
    def _judge_statement(cls, statement: str) -> str:
        return _said(statement)


QUERIES: Mapping[RuleType, type[Query]] = {
    "promql": PromqlQuery,
    "http": HttpProbe,
    "sql": SqlQuery,
}


def _said(text: str) -> str:
    if not text.strip() or "\x00" in text:
        raise PydanticCustomError("alert_rule.text", "alert_rule.text")
    return text
