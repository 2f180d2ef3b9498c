"""`automation audit` over HTTP: who changed what. On the host: `automation audit verify`."""

from __future__ import annotations

from typing import Any

from services.cli import kinds_platform
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.options import Choice
from services.cli.tree import Branch, option

audit = Branch("audit", both("Who changed what.", "稽核紀錄：誰改了什麼。"))

_FILTERS = (
    option("--actor", metavar="NAME", help=both("Who did it.", "操作者。")),
    option(
        "--verb",
        metavar="VERB",
        help=both(
            "What: task.updated, or task. for all of tasks.",
            "動作：task.updated，或以 task. 表示所有任務動作。",
        ),
    ),
    option("--kind", metavar="KIND", help=both("Of such things.", "對象種類。")),
    option("--subject", metavar="ID", help=both("Of this one.", "對象識別碼。")),
    option("--request", metavar="ID", help=both("Of this request.", "請求識別碼。")),
    option(
        "--since",
        metavar="TIME",
        help=both("From then on: 2h, or a time.", "起始時間：2h 或時刻。"),
    ),
    option("--until", metavar="TIME", help=both("Up to then.", "截止時間。")),
)


@audit.leaf(
    "list", both("List changes, newest first.", "列出變更，由新到舊。"), *_FILTERS, takes={"web"}
)
def list_entries(desk: Desk, **filters: str | None) -> None:
    desk.list(kinds_platform.AUDIT, **_params(desk, filters))


@audit.leaf(
    "export",
    both(
        "Write all changes to stdout, as JSON lines or CSV.", "將所有變更輸出為 JSON Lines 或 CSV。"
    ),
    option(
        "--format",
        "form",
        type=Choice(("jsonl", "csv")),
        default="jsonl",
        help=both("Default: jsonl.", "預設 jsonl。"),
    ),
    *_FILTERS,
)
def export(desk: Desk, *, form: str, **filters: str | None) -> None:
    # JSON escapes what a terminal would obey; CSV is for files, and says so by its name.
    with desk.client.stream("/audit/export", format=form, **_params(desk, filters)) as lines:
        for line in lines:
            desk.out.line(line)


def _params(desk: Desk, filters: dict[str, str | None]) -> dict[str, Any]:
    return {
        "actor": filters["actor"],
        "verb": filters["verb"],
        "subject_kind": filters["kind"],
        "subject_id": filters["subject"],
        "request_id": filters["request"],
        "from": desk.instant(filters["since"]),
        "to": desk.instant(filters["until"]),
    }
