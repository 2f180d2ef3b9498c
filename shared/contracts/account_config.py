"""How an account is run: what stands under `runtime` in its config.

    {"command": ["prog", "--id", "{account_id}"], "env": {"MODE": "quiet"}, "port": 0,
     "ready": {"kind": "http", "path": "/ready", "timeout_seconds": 60},
     "health": {"kind": "http", "path": "/health", "interval_seconds": 10, "failures": 3},
     "stop_grace_seconds": 10, "restart": {"max": 3, "window_seconds": 3600}, "reload": "restart"}

The API judges it when an account is saved, a runtime when it starts one. `{account_id}`, `{folder}`
(of this account alone), `{script}` (the file) and `{port}` are replaced literally, in the words of
the command and in the values of the environment; there is no shell. Which programs may be run is
said by each runtime.

What a program may answer over HTTP, on 127.0.0.1 and its port, as a JSON object:

    script_version   the SHA-256 of the script that it really plays
    state            "needs_login": a person must log in; anything else says nothing
    detail           one line for people

A status of 2xx says that it is ready, or healthy.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

#: EX_NOPERM of sysexits.h: it cannot go on before somebody has logged in.
EXIT_NEEDS_LOGIN = 77
#: The word for the same thing, in an answer over HTTP or in the file of `ready`.
NEEDS_LOGIN = "needs_login"

MOST_WORDS = 64
MOST_VARIABLES = 64
MOST_CHARACTERS = 4096

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
#: With these the owner of an account could make a program that is allowed run another one.
_HIJACKS = re.compile(
    r"AUTOMATION_.*|PATH|ENV|BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|IFS|PS4|(PYTHON|PERL|RUBY).*"
    r"|(LD|DYLD|GIT|JAVA|JDK|_JAVA|MALLOC)_.*|NODE_(OPTIONS|PATH)|GCONV_PATH|GLIBC_TUNABLES"
    r"|CLASSPATH|PAGER|EDITOR|LUA_.*|PHPRC|PHP_INI_SCAN_DIR|OPENSSL_(CONF|MODULES|ENGINES)"
    r"|DOTNET_STARTUP_HOOKS|(COR|CORECLR)_.*|ELECTRON_RUN_AS_NODE|ZDOTDIR|PROMPT_COMMAND"
)


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("account.runtime.nul", "must not contain the character NUL")
    return text


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise PydanticCustomError(
            "account.runtime.variable", "is no name of a variable: letters, digits and _"
        )
    if _HIJACKS.fullmatch(name):
        raise PydanticCustomError(
            "account.runtime.reserved", "may not be set: it could change which program runs"
        )
    return name


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise PydanticCustomError(
            "account.runtime.outside", "must be a path inside of the account's folder"
        )
    return path


def _has_program(words: list[str]) -> list[str]:
    if not words[0].strip():
        raise PydanticCustomError("account.runtime.program", "must begin with a program")
    return words


Word = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_no_nul)]
Variable = Annotated[str, AfterValidator(_variable)]
UrlPath = Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=1024)]
FilePath = Annotated[
    str, Field(min_length=1, max_length=255), AfterValidator(_no_nul), AfterValidator(_inside)
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Ready(_Section):
    """When it is ready: it has lived for a while, made a file, answers, or takes connections."""

    kind: Literal["process", "file", "http", "tcp"] = "process"
    after_seconds: float = Field(default=1.0, ge=0, le=3600)
    """`process`: so long it must have lived."""
    path: UrlPath = "/"
    """`http`: what is asked for."""
    file: FilePath = "ready"
    """`file`: in the account's folder. If it says `needs_login`, somebody must log in."""
    timeout_seconds: float = Field(default=60.0, ge=0.1, le=3600)
    """If it is not ready by then, it counts as one that failed."""


class Health(_Section):
    """Whether it is well. Several failures in a row, and it is started again."""

    kind: Literal["http", "tcp"] = "http"
    path: UrlPath = "/"
    interval_seconds: float = Field(default=10.0, ge=0.05, le=3600)
    timeout_seconds: float = Field(default=2.0, ge=0.05, le=60)
    failures: int = Field(default=3, ge=1, le=100)


class Restart(_Section):
    """How often it may end within a while before nobody starts it any more (`quarantined`)."""

    max: int = Field(default=3, ge=0, le=1000)
    """0: it is never started again by itself (`failed`)."""
    window_seconds: float = Field(default=3600.0, ge=1, le=604_800)
    backoff_seconds: float = Field(default=1.0, ge=0.01, le=600)
    """The pause before the first new start; doubles with each, up to a minute."""


class RuntimeConfig(_Section):
    """How an account is run."""

    command: Annotated[
        list[Word], Field(min_length=1, max_length=MOST_WORDS), AfterValidator(_has_program)
    ]
    env: Annotated[dict[Variable, Word], Field(max_length=MOST_VARIABLES)] = {}
    port: int = Field(default=0, ge=0, le=65_535)
    """0: any free one, a new one with each start."""
    ready: Ready = Ready()
    health: Health | None = None
    stop_grace_seconds: float = Field(default=10.0, ge=0, le=3600)
    """How long it may take to end when it is to be started again (a stop has its `drain`)."""
    restart: Restart = Restart()
    reload: Literal["restart", "signal"] = "restart"
    """How it gets a new script: by a new start, or by SIGHUP."""
    needs_login_exit: int = Field(default=EXIT_NEEDS_LOGIN, ge=1, le=255)
    """The exit code that says that somebody must log in."""


def runtime_config(config: dict[str, Any]) -> RuntimeConfig:
    """Return how an account with such a *config* is run.

    Raises:
        pydantic.ValidationError: it makes no sense; `loc` is seen from `runtime`.
    """
    return RuntimeConfig.model_validate(config.get("runtime"))
