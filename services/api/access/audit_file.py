"""The audit list as a file: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    *("id", "at", "actor", "verb", "subject_kind", "subject_id", "before", "after"),
    *("user_id", "token_id", "run_id", "ip", "request_id"),
)
#: A spreadsheet takes what begins like this for a formula, and would carry it out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Without it a well-known spreadsheet reads Chinese as something else.
BYTE_ORDER_MARK = "\ufeff"


def csv_head() -> str:
    """Return what a CSV file begins with."""
    return BYTE_ORDER_MARK + _line(COLUMNS)


def csv_lines(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return *entries* as lines of CSV that no spreadsheet takes for formulas."""
    return "".join(_line([_cell(entry[name]) for name in COLUMNS]) for entry in entries)


def json_lines(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return *entries* as JSON, a line each."""
    return "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)


def _cell(value: Any) -> str:  # noqa: ANN401 - of a JSON document
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
