"""Which server a command speaks to, and as whom.

The file (0600, in a folder of its own) holds servers under names:

    {"current": "prod", "settings": {"lang": "zh-TW"},
     "contexts": {"prod": {"server": "https://…", "token_file": "/run/secrets/automation"}}}

Who decides, the first that says anything: --server or AUTOMATION_SERVER; --context or
AUTOMATION_CONTEXT; the current context; the system that `automation up` runs in this folder. A
token that belongs to a context is sent to its server only, and AUTOMATION_TOKEN never to the server
of a context that has a token of its own.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from services.cli.failures import Misused, NotFound
from services.cli.language import both

LOCAL = "local"
TOKEN = "AUTOMATION_TOKEN"  # noqa: S105 - the name of the variable
#: What a configuration may say, each the name of an option.
SETTINGS = ("lang", "output", "time_format", "tz", "limit")

_PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A server under a name; at most one of the tokens is set."""

    server: str
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    token_env: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """What the file says."""

    current: str | None = None
    contexts: Mapping[str, Context] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the API is, and the token for it; `source` is what said so."""

    server: str
    source: str
    token: str | None = field(default=None, repr=False)
    ca_file: str | None = None


def book_file(environment: Mapping[str, str]) -> Path:
    """Return where the contexts are kept."""
    if given := environment.get("AUTOMATION_CONFIG"):
        return Path(given)
    base = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or "~") / ".config"
    try:
        return Path(base).expanduser() / "automation" / "config.json"
    except RuntimeError:  # in a container: a user without a name has no home
        return Path("/nonexistent/automation/config.json")


def read_book(file: Path) -> Book:
    """Return what the file says; nothing if there is none.

    Raises:
        Misused: it is damaged.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        contexts = {name: Context(**fields) for name, fields in told.get("contexts", {}).items()}
        return Book(told.get("current"), contexts, dict(told.get("settings", {})))
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return Book()  # a home that is another user's is none of ours
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Misused(
            both(f"{file} cannot be read: {error}", f"無法讀取 {file}：{error}")
        ) from None


def write_book(file: Path, book: Book) -> None:
    """Replace the file as a whole; nobody else may read it."""
    told: dict[str, Any] = {
        "current": book.current,
        "contexts": {name: _spoken(context) for name, context in book.contexts.items()},
        "settings": dict(book.settings),
    }
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes it 0600 from the start.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-")
    with os.fdopen(handle, "w", encoding="utf-8") as fresh:
        fresh.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    Path(name).replace(file)


def is_open_to_others(file: Path) -> bool:
    """Return whether somebody else may read the file."""
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & ~_PRIVATE)
    except OSError:
        return False


def find_place(
    environment: Mapping[str, str],
    book: Book,
    *,
    server: str | None = None,
    context: str | None = None,
    token: str | None = None,
    ca_file: str | None = None,
) -> Place:
    """Return where to, and as whom.

    Raises:
        Misused: nobody says; NotFound: there is no such context.
    """
    ca_file = ca_file or environment.get("AUTOMATION_CA_FILE")
    if address := server or (None if context else environment.get("AUTOMATION_SERVER")):
        given = token or _from_environment(environment)
        return Place(server=address, source="--server", token=given, ca_file=ca_file)
    name = context or environment.get("AUTOMATION_CONTEXT") or book.current
    if name and name != LOCAL:
        if name not in book.contexts:
            raise NotFound(both(f"There is no context {name!r}.", f"沒有「{name}」這個 context。"))
        kept = book.contexts[name]
        own = token or token_of(kept, environment) or _from_environment(environment)
        return Place(server=kept.server, source=name, token=own, ca_file=ca_file or kept.ca_file)
    here = local_place(environment)
    if here is None:
        raise Misused(
            both(
                "No server is known. Give --server, or save one: automation context add NAME"
                " --server URL; or start one here: automation up.",
                "不知道要連到哪一台伺服器。請以 --server 指定，或先儲存："
                "automation context add 名稱 --server 網址；也可在此啟動：automation up。",
            )
        )
    return here if token is None else Place(server=here.server, source=LOCAL, token=token)


def names_a_server(environment: Mapping[str, str], words: list[str]) -> bool:
    """Return whether anybody but a local system says where the API is."""
    options = ("--server", "--context")
    if any(word in options or word.startswith(("--server=", "--context=")) for word in words):
        return True
    if environment.get("AUTOMATION_SERVER") or environment.get("AUTOMATION_CONTEXT"):
        return True
    return read_book(book_file(environment)).current is not None


def local_place(environment: Mapping[str, str]) -> Place | None:
    """Return the system that `automation up` runs in this home, if there is one."""
    home = Path(environment.get("AUTOMATION_HOME") or ".local")
    try:
        state = json.loads((home / "state.json").read_text(encoding="utf-8"))
        server = str(state["api_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        token = (home / "admin-token").read_text(encoding="utf-8").strip()
    except OSError:
        token = None
    return Place(server=server, source=LOCAL, token=_from_environment(environment) or token)


def token_of(context: Context, environment: Mapping[str, str]) -> str | None:
    """Return the token of a context.

    Raises:
        Misused: it has one, but it cannot be read.
    """
    if context.token:
        return context.token
    if context.token_env:
        return environment.get(context.token_env)
    return _read_token(context.token_file) if context.token_file else None


def _from_environment(environment: Mapping[str, str]) -> str | None:
    if token := environment.get(TOKEN):
        return token
    file = environment.get("AUTOMATION_TOKEN_FILE")
    return _read_token(file) if file else None


def _read_token(file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misused(
            both(
                f"The token file cannot be read: {file}: {error.strerror}",
                f"無法讀取權杖檔案 {file}：{error.strerror}",
            )
        ) from None


def _spoken(context: Context) -> dict[str, str]:
    return {key: value for key, value in asdict(context).items() if value is not None}
