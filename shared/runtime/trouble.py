"""Why something is not ready, in words that an operator understands, and without a secret.

An error's text may quote an address with a password in it, or what somebody sent; so its kind is
told, and words of ours for what it means. What knows more (which stream, which migration) raises
`Unready` with words of its own.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from shared.domain.texts import readiness as texts
from shared.domain.texts.catalog import Text


class Unready(Exception):
    """Something is missing; the words tell what, and what to do."""

    def __init__(self, words: Text, kind: str | None = None) -> None:
        super().__init__(words.en)
        self.words = words
        self.kind = kind or type(self).__name__


class Trouble(NamedTuple):
    """What is wrong."""

    kind: str
    words: Text

    def as_json(self) -> dict[str, str]:
        """Return it as /readyz tells it."""
        return {"kind": self.kind, "message": self.words.en, "message_zh_tw": self.words.zh_tw}


def trouble_of(error: Exception) -> Trouble:
    """Return what *error* means."""
    if isinstance(error, Unready):
        return Trouble(error.kind, error.words)
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return Trouble(kind, _of_database(state, getattr(error, "message", None)))
    if kind == "Drifted":  # of the bus: names of ours and settings
        return Trouble(kind, _filled(texts.STREAM_WRONG, how=str(error)))
    if isinstance(error, TimeoutError):
        return Trouble(kind, texts.NO_ANSWER)
    if isinstance(error, OSError):
        said = os.strerror(error.errno) if error.errno else kind
        return Trouble(kind, _filled(texts.NOT_REACHED, said=said))
    return Trouble(kind, texts.BY_KIND.get(kind) or _filled(texts.UNKNOWN, kind=kind))


def _of_database(state: str, said: object) -> Text:
    if state == "42501" and isinstance(said, str):  # names an object of ours, nothing else
        return _filled(texts.NOT_PERMITTED, said=said)
    for beginning, words in texts.BY_STATE.items():
        if state.startswith(beginning):
            return words
    return _filled(texts.DATABASE_SAID, state=state)


def _filled(words: Text, **values: str) -> Text:
    return Text(words.zh_tw.format(**values), words.en.format(**values))
