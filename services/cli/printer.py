"""Data on stdout: tables for people, JSON and YAML for programs.

JSON is what the API says: its field names are never translated, its times never shortened. Tables
are for eyes: hostile text is made harmless, columns know how wide Chinese is, and on a terminal the
last column gives way if there is no room.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, TextIO

from services.cli.cells import cut, harmless, padded, width
from services.cli.kinds import Column, Kind, Shape, dig
from services.cli.language import both
from services.cli.options import Wishes
from services.cli.times import show_duration, show_instant

Item = dict[str, Any]

_GAP = "  "
#: A column of free text in a table that is not `wide`.
_WIDEST = 48
_LEAST = 4
_COLOURS = {
    "good": "\x1b[32m",
    "bad": "\x1b[31m",
    "busy": "\x1b[36m",
    "odd": "\x1b[33m",
}
_PLAIN = "\x1b[0m"
_MOODS = {
    "good": {"success", "ready", "active", "accepted", "fired", "resent", "ok", "done"},
    "bad": {"failure", "timed_out", "dead", "no_executor", "silent", "missed", "upstream_failed"},
    "busy": {"running", "retrying"},
    "odd": {"waiting", "paused", "draining", "drained", "cancelled", "skipped", "needs_operator"},
}
_STATUS_WORDS = {
    "running": "執行中",
    "retrying": "等待重試",
    "success": "成功",
    "failure": "失敗",
    "timed_out": "逾時",
    "cancelled": "已取消",
    "needs_operator": "需人工處理",
    "waiting": "排隊中",
    "skipped": "已略過",
    "fired": "已觸發",
    "coalesced": "已合併",
    "missed": "錯過",
    "expired": "已過期",
    "superseded": "已取代",
    "throttled": "已節流",
    "ready": "就緒",
    "paused": "已暫停",
    "no_executor": "無執行器",
    "active": "運作中",
    "draining": "排空中",
    "drained": "已排空",
    "stopping": "停止中",
    "silent": "無回應",
    "open": "待處理",
    "resent": "已重送",
    "discarded": "已捨棄",
    "requeued": "已重新排入",
    "accepted": "已接受",
    "duplicate": "重複",
    "done": "完成",
}


class Printer:
    """What one command prints."""

    def __init__(self, wishes: Wishes, *, zone: tzinfo, out: TextIO) -> None:
        self._wishes = wishes
        self._zone = zone
        self._out = out
        self._is_tty = out.isatty()
        self._colours = self._is_tty and not wishes.no_color

    @property
    def is_for_people(self) -> bool:
        """Whether tables are wanted."""
        return self._wishes.output in {"table", "wide"}

    def line(self, text: str) -> None:
        """Print a line as it is; for data only."""
        self._out.write(text + "\n")

    def flush(self) -> None:
        """Let whoever reads see it now; for what goes on for a while."""
        self._out.flush()

    def rows(self, kind: Kind, items: Iterable[Item]) -> int:
        """Print many; return how many there were."""
        wanted = self._wishes.output
        if wanted == "jsonl":
            count = 0
            for count, item in enumerate(items, 1):  # noqa: B007 - it is returned
                self.line(_json(self._picked(item)))
            return count
        known = list(items)
        if wanted == "name":
            for item in known:
                self.line(harmless(str(dig(item, kind.id))))
        elif wanted in {"json", "yaml"}:
            self._document([self._picked(item) for item in known])
        elif known:
            self._table(self._columns(kind, known), known)
        return len(known)

    def one(self, kind: Kind, item: Item) -> None:
        """Print one, a field a line."""
        wanted = self._wishes.output
        if wanted == "name":
            self.line(harmless(str(dig(item, kind.id))))
        elif wanted in {"json", "jsonl", "yaml"}:
            self.document(item)
        else:
            self._card(kind, item)

    def document(self, value: Any) -> None:  # noqa: ANN401 - JSON
        """Print an answer that is no table: YAML for people, JSON if that is wanted."""
        if self._wishes.output == "jsonl":
            for each in value if isinstance(value, list) else [value]:
                self.line(_json(self._picked(each)))
        else:
            self._document(self._picked(value))

    def instant(self, text: str | None) -> str:
        """Return an instant as it is shown."""
        if not text:
            return ""
        return show_instant(text, self._wishes.time_format, now=now(), zone=self._zone)

    def paint(self, text: str, status: str) -> str:
        """Return *text* in the colour of a status, if there are colours."""
        if not self._colours:
            return text
        for mood, words in _MOODS.items():
            if status in words:
                return f"{_COLOURS[mood]}{text}{_PLAIN}"
        return text

    def _document(self, value: Any) -> None:  # noqa: ANN401 - JSON
        if self._wishes.output in {"json", "name"}:
            self.line(_json(value, indent=2))
            return
        import yaml  # noqa: PLC0415 - heavy

        text = yaml.safe_dump(value, allow_unicode=_speaks_unicode(), sort_keys=False, width=100)
        if harmless(text, lines=True) != text:
            text = yaml.safe_dump(value, allow_unicode=False, sort_keys=False, width=100)
        self.line(text.rstrip("\n"))

    def _picked(self, item: Any) -> Any:  # noqa: ANN401 - JSON
        if not self._wishes.fields or not isinstance(item, dict):
            return item
        return {path: dig(item, path) for path in self._wishes.fields}

    def _columns(self, kind: Kind, items: Sequence[Item]) -> list[Column]:
        if self._wishes.fields:
            known = {each.path: each for each in kind.columns}
            return [known.get(path) or _unnamed(path, items) for path in self._wishes.fields]
        wide = self._wishes.output == "wide"
        return [each for each in kind.columns if wide or not each.wide]

    def _card(self, kind: Kind, item: Item) -> None:
        if self._wishes.fields:
            columns = self._columns(kind, [item])
        else:
            columns = list(kind.columns)
            told = {each.path.partition(".")[0] for each in columns} | kind.hidden
            columns += [
                _unnamed(key, [item])
                for key, value in item.items()
                if key not in told and value not in (None, [], {}, "")
            ]
        left = max(width(each.title) for each in columns)
        for column in columns:
            text = self._cell(column, item)
            if text:
                self.line((padded(column.title, left) + _GAP + text).rstrip())

    def _table(self, columns: Sequence[Column], items: Sequence[Item]) -> None:
        cells = [[self._cell(column, item) for column in columns] for item in items]
        if self._wishes.output != "wide" and not self._wishes.fields:
            cells = [[cut(cell, _WIDEST) for cell in row] for row in cells]
        widths = [
            max([width(column.title), *(width(row[index]) for row in cells)])
            for index, column in enumerate(columns)
        ]
        if self._is_tty:
            widths = _fitted(widths, shutil.get_terminal_size((100, 24)).columns)
        self._row([column.title for column in columns], widths, columns, {})
        for row, item in zip(cells, items, strict=True):
            self._row(row, widths, columns, item)

    def _row(
        self, cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column], item: Item
    ) -> None:
        parts = []
        for cell, size, column in zip(cells, widths, columns, strict=True):
            text = padded(cut(cell, size), size)
            if column.shape == "count":
                text = " " * (size - width(cut(cell, size))) + cut(cell, size)
            if column.shape == "status" and item:
                text = self.paint(text, str(dig(item, column.path)))
            parts.append(text)
        self.line(_GAP.join(parts).rstrip())

    def _cell(self, column: Column, item: Item) -> str:
        value = dig(item, column.path)
        if value is None:
            return ""
        if column.shape == "time":
            return self.instant(str(value))
        return harmless(_SHOWN[column.shape](value))


def _compact(value: Any) -> str:  # noqa: ANN401 - JSON
    return _json(value)


def _plain(value: Any) -> str:  # noqa: ANN401 - JSON
    return value if isinstance(value, str) else _json(value)


_SHOWN: dict[Shape, Callable[[Any], str]] = {
    "text": _plain,
    "count": _plain,
    "json": _compact,
    "seconds": lambda value: show_duration(float(value)),
    "share": lambda value: f"{float(value) * 100:.1f} %",
    "names": lambda value: ", ".join(str(each) for each in value),
    "flag": lambda value: both("yes", "是") if value else both("no", "否"),
    "status": lambda value: both(str(value), _STATUS_WORDS.get(str(value), str(value))),
}


def _unnamed(path: str, items: Sequence[Item]) -> Column:
    """Return a column for a field that no kind names."""
    values = [value for item in items if (value := dig(item, path)) is not None]
    is_time = path.endswith("_at") and all(isinstance(value, str) for value in values)
    return Column(path.upper().replace("_", " "), path, "time" if is_time else "text")


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths of a table that is no wider than *room*: the widest columns give way."""
    fitted = list(widths)
    excess = sum(fitted) + len(_GAP) * (len(fitted) - 1) - room
    while excess > 0:
        # Not the first: a name that is cut can be handed to no other command.
        widest = max(range(1, len(fitted)), key=lambda index: fitted[index], default=None)
        if widest is None or fitted[widest] <= _LEAST:
            break
        give = min(excess, max(1, fitted[widest] // 8))
        fitted[widest] -= give
        excess -= give
    return fitted


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16"}


def _json(value: Any, *, indent: int | None = None) -> str:  # noqa: ANN401 - JSON
    """Return JSON in which a terminal finds nothing to obey."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    if _speaks_unicode() and harmless(text, lines=True) == text:
        return text
    return json.dumps(value, ensure_ascii=True, indent=indent, separators=separators)


def now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)
