"""Log lines: readable text by default, one JSON object per line where machines read them.

A record's `extra` fields (run_id, task_id, …) are kept in both forms. Whoever works for one run
says so once, and every line that is written meanwhile, by whatever module, bears its fields:

    with about(run_id=…, task_id=…): …       for a part of the work
    about_this_task(lambda: {…})             for the rest of an asyncio task
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


Fields = Mapping[str, str]

#: Asked only when a line is written: most runs write none.
_about: ContextVar[Callable[[], Fields]] = ContextVar("about", default=dict)


@contextmanager
def about(**fields: str | None) -> Iterator[None]:
    """Let every line that is written in here bear *fields*, but for those that are None."""
    given = {key: value for key, value in fields.items() if value is not None}
    both = {**_about.get()(), **given}
    token = _about.set(lambda: both)
    try:
        yield
    finally:
        _about.reset(token)


def about_this_task(fields: Callable[[], Fields]) -> None:
    """Let every line of this asyncio task bear what *fields* returns by then."""
    _about.set(fields)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    own = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    return {**_about.get()(), **own}


class JsonLines(logging.Formatter):
    """One JSON object per record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """A line for people, extra fields behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        return f"{line}  {extra}" if extra else line


def set_up_logs(service: str, form: str) -> None:
    """Send all records of INFO and above to stderr, as *form* (`text` or `json`) says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # They tell every request and every retry; what matters of it we tell ourselves.
    for chatty in ("httpx", "httpcore", "nats", "faststream", "uvicorn", "asyncpg"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
