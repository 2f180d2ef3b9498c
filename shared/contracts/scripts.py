"""Texts of scripts, for account runtimes: by version, from the bucket SCRIPTS or from the API.

    runtime ──get SCRIPTS <version>──► bucket          (`js.key_value("SCRIPTS")`)
            ──rpc.api.scripts.text───► any API replica, if the bucket does not have it

A *version* is the SHA-256 of the canonical text in hexadecimal, so a text never changes under its
key, and whoever gets one can check it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.message import Message

Version = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ScriptTextRequest(Message):
    """Which text is it?"""

    version: Version


class ScriptText(Message):
    """The canonical text; None: there is no such version."""

    text: str | None
