"""Which of our two languages is spoken here, and texts in both, side by side.

`--lang` decides, then AUTOMATION_LANG, then what the configuration says, then the locale of the
shell. It is chosen before any module of commands is loaded, so that help texts are right, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Language = Literal["zh-TW", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-TW", "en")

_OPTION = "--lang"
#: As gettext reads them: the first that is set decides.
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


class _Chosen:
    """The language of this process."""

    language: Language = "en"


def both(english: str, chinese: str) -> str:
    """Return the text in the language of this process."""
    return chinese if _Chosen.language == "zh-TW" else english


def chosen() -> Language:
    """Return the language of this process."""
    return _Chosen.language


def speak(language: Language) -> None:
    """Set the language of this process."""
    _Chosen.language = language


def choose(words: Sequence[str], environment: Mapping[str, str], configured: str = "") -> Language:
    """Return the language that a command line is answered in; any Chinese is Taiwan's."""
    wishes = [_asked(words), environment.get("AUTOMATION_LANG", ""), configured]
    wishes += [environment.get(name, "") for name in _LOCALE]
    for wish in wishes:
        if wish:
            return "zh-TW" if wish.lower().startswith("zh") else "en"
    return "en"


def _asked(words: Sequence[str]) -> str:
    for index, word in enumerate(words):
        if word == "--":
            break
        if word.startswith(f"{_OPTION}="):
            return word.partition("=")[2]
        if word == _OPTION and index + 1 < len(words):
            return words[index + 1]
    return ""
