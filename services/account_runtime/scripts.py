"""The text that an account plays: from the bus, checked, into the account's folder.

A version is the SHA-256 of its text, so a text that comes from anywhere can be believed if it fits,
and one that lies in the folder already need not be asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.js.errors import Error as JetStreamError

from services.account_runtime.record import read_plain, write_durably
from shared.bus import topology
from shared.contracts.accounts import ScriptPin
from shared.contracts.scripts import ScriptText, ScriptTextRequest
from shared.domain.script_text import MOST_BYTES

SCRIPT = "script.yaml"
VERSION = "script.version"

ASK_SECONDS = 2.0

Source = Callable[[str], Awaitable[bytes | None]]


class NoText(Exception):
    """The text is not to be had, now."""


class WrongText(Exception):
    """There is a text under this version, but another one."""


def fits(text: bytes, version: str) -> bool:
    """Say whether *text* is the one of *version*."""
    return hashlib.sha256(text).hexdigest() == version


def kept(folder: Path, version: str) -> bytes | None:
    """Return the text in the folder, if it is the one of *version*."""
    text = read_plain(folder / SCRIPT, most=MOST_BYTES)
    return text if text is not None and fits(text, version) else None


def deliver(folder: Path, version: str | None, text: bytes) -> None:
    """Put a text into an account's folder; without a version there is none any more."""
    for name in (SCRIPT, VERSION):  # a folder of that name would be in the way for ever
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            shutil.rmtree(folder / name)
    if version is None:
        (folder / VERSION).unlink(missing_ok=True)
        (folder / SCRIPT).unlink(missing_ok=True)
        return
    write_durably(folder / SCRIPT, text)
    write_durably(folder / VERSION, f"{version}\n".encode())


class Shelf:
    """The text of one account: in its folder, or on its way there."""

    def __init__(self, folder: Path, library: Library) -> None:
        self._folder, self._library = folder, library
        self._in_hand: tuple[str, bytes] | None = None

    async def has(self, pin: ScriptPin | None) -> bool:
        """Say whether the text is here already."""
        if pin is None:
            return True
        if self._in_hand is None or self._in_hand[0] != pin.version:
            text = await asyncio.to_thread(kept, self._folder, pin.version)
            self._in_hand = (pin.version, text) if text is not None else None
        return self._in_hand is not None

    async def fetch(self, pin: ScriptPin) -> None:
        """Get the text.

        Raises:
            NoText: nobody has it, or nobody answers.
            WrongText: what there is under this version is another text.
        """
        self._in_hand = (pin.version, await self._library.text(pin.version))

    async def put(self, pin: ScriptPin | None) -> None:
        """Let the account have the text that is here; without a pin, none.

        Raises:
            NoText: another text is here.
        """
        if pin is None:
            await asyncio.to_thread(deliver, self._folder, None, b"")
        elif self._in_hand is None or self._in_hand[0] != pin.version:
            raise NoText(f"script {pin.version[:12]} is not here")
        else:
            await asyncio.to_thread(deliver, self._folder, *self._in_hand)


class Library:
    """Where texts come from."""

    def __init__(self, find_client: Callable[[], Client | None]) -> None:
        self._find_client = find_client

    async def text(self, version: str) -> bytes:
        """Get a text.

        Raises:
            NoText: nobody has it, or nobody answers.
            WrongText: what there is under this version is another text.
        """
        client = self._find_client()
        if client is None or not client.is_connected:
            raise NoText("there is no connection to NATS")
        wrong = False
        for source in (self._in_bucket, self._of_api):
            text = await source(client, version)
            if text is not None and fits(text, version):
                return text
            wrong = wrong or text is not None
        if wrong:
            raise WrongText(f"what is kept as script {version[:12]} is another text")
        raise NoText(f"nobody has the text of script {version[:12]}")

    async def _in_bucket(self, client: Client, version: str) -> bytes | None:
        with suppress(JetStreamError, Error, TimeoutError):
            bucket = await client.jetstream(timeout=ASK_SECONDS).key_value(topology.SCRIPTS_BUCKET)
            return (await bucket.get(version)).value
        return None

    async def _of_api(self, client: Client, version: str) -> bytes | None:
        question = ScriptTextRequest(version=version).encode()
        try:
            answer = await client.request(topology.RPC_SCRIPTS_TEXT, question, timeout=ASK_SECONDS)
        except (NoRespondersError, TimeoutError, Error):
            return None
        text = ScriptText.decode(answer.data).text
        return text.encode() if text is not None else None
