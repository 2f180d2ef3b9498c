"""Ask a program how it is: over HTTP, by a connection, by a file.

Only ever at 127.0.0.1 and the program's own port: no address comes from a config.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from services.account_runtime.record import Run, read_plain
from shared.contracts.account_config import NEEDS_LOGIN, Health, Ready

LOOPBACK = "127.0.0.1"
#: A program that answers more is not read to its end.
MOST_BYTES = 64 << 10
DETAIL_CHARACTERS = 300
VERSION_CHARACTERS = 64
READY_SECONDS = 2.0


class Answer(NamedTuple):
    """What a program says of itself."""

    is_well: bool
    needs_login: bool = False
    plays: str | None = None
    detail: str | None = None


class Prober:
    """Asks programs."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(
            trust_env=False,
            verify=False,  # noqa: S501 - plain HTTP on this machine: no certificates are loaded
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Ask no more."""
        await self._http.aclose()

    async def ready(self, ready: Ready, run: Run, folder: Path, now: float) -> Answer:
        """Ask whether it is ready."""
        match ready.kind:
            case "http":
                return await self._ask(run.port, ready.path, READY_SECONDS)
            case "tcp":
                return await _connect(run.port, READY_SECONDS)
            case "file":
                return _look(folder / ready.file)
            case _:
                return Answer(now >= run.begun_at + ready.after_seconds)

    async def health(self, health: Health, run: Run) -> Answer:
        """Ask whether it is well."""
        if health.kind == "tcp":
            return await _connect(run.port, health.timeout_seconds)
        return await self._ask(run.port, health.path, health.timeout_seconds)

    async def _ask(self, port: int, path: str, seconds: float) -> Answer:
        try:
            async with (
                asyncio.timeout(seconds),
                self._http.stream("GET", f"http://{LOOPBACK}:{port}{path}", timeout=None) as answer,
            ):
                body = b""
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > MOST_BYTES:
                        break
                return _understood(answer.status_code, body)
        except (httpx.HTTPError, OSError) as error:  # among them every kind of TimeoutError
            late = isinstance(error, TimeoutError)
            return Answer(
                is_well=False, detail="it does not answer in time" if late else _refused(error)
            )


def _understood(status: int, body: bytes) -> Answer:
    said: object = None
    if len(body) <= MOST_BYTES:
        with suppress(ValueError, RecursionError):
            said = json.loads(body)
    said = said if isinstance(said, dict) else {}
    version, detail = said.get("script_version"), said.get("detail")
    needs_login = said.get("state") == NEEDS_LOGIN
    is_well = status // 100 == httpx.codes.OK // 100 and not needs_login
    text = f"it answers {status}"
    if isinstance(detail, str) and detail:
        text = detail if is_well or needs_login else f"{text}: {detail}"
    return Answer(
        is_well=is_well,
        needs_login=needs_login,
        plays=_printable(version)[:VERSION_CHARACTERS] if isinstance(version, str) else None,
        detail=_printable(" ".join(text.split()))[:DETAIL_CHARACTERS],
    )


def _printable(text: str) -> str:
    """Return what of a program's words can be written down: no NUL, no half of a character."""
    return "".join(mark for mark in text if mark.isprintable())


async def _connect(port: int, seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError as error:
        return Answer(is_well=False, detail=_refused(error))
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Answer(is_well=True)


def _look(file: Path) -> Answer:
    said = read_plain(file, most=100)
    if said is None:
        return Answer(is_well=False, detail=f"there is no file {file.name}")
    needs_login = said.split()[:1] == [NEEDS_LOGIN.encode()]
    return Answer(not needs_login, needs_login=needs_login)


def _refused(error: Exception) -> str:
    return f"it does not answer ({type(error).__name__})"
