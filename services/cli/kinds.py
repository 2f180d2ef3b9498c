"""What there is, and how it looks in a table: columns per kind, instead of a printer for each.

A column is a title in both languages, a path into the JSON of the API, and how its value is shown.
What only `-o wide` shows is marked so. JSON and YAML are what the API says, untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from services.cli.language import both

Shape = Literal["text", "time", "seconds", "status", "share", "names", "count", "json", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    path: str
    shape: Shape = "text"
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Something that can be listed."""

    name: str
    path: str
    columns: tuple[Column, ...]
    id: str = "id"
    query: str | None = None
    """The parameter that takes `--query`; None: names and descriptions are looked through here."""
    page: str | None = None
    """Where the page shows it."""
    hidden: frozenset[str] = frozenset()
    """Of one alone: fields that tell a person nothing more; JSON has them."""


def dig(item: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return what lies at a path; None: nothing."""
    for part in path.split("."):
        if isinstance(item, list) and part.isdecimal() and int(part) < len(item):
            item = item[int(part)]
        elif isinstance(item, dict):
            item = item.get(part)
        else:
            return None
    return item


ID = Column("ID", "id")
NAME = Column(both("NAME", "名稱"), "name")
STATE = Column(both("STATE", "狀態"), "state", "status")
STATUS = Column(both("STATUS", "狀態"), "status", "status")
REASON = Column(both("REASON", "原因"), "reason")
CREATED = Column(both("CREATED", "建立時間"), "created_at", "time", wide=True)
UPDATED = Column(both("UPDATED", "更新時間"), "updated_at", "time", wide=True)
ENABLED = Column(both("ON", "啟用"), "enabled", "flag")
DESCRIPTION = Column(both("DESCRIPTION", "說明"), "description", wide=True)

TASK = Kind(
    name="task",
    path="/task-list",
    query="q",
    page="/tasks",
    hidden=frozenset({"success_count", "version", "last_runs", "recent"}),
    columns=(
        ID,
        NAME,
        Column(both("TYPE", "類型"), "task_type", wide=True),
        Column(both("ACTION", "動作"), "task_action"),
        ENABLED,
        Column(both("WHEN", "時間"), "when"),
        Column(both("NEXT RUN", "下次執行"), "next_run_at", "time"),
        Column(both("LAST", "上次結果"), "last_run.status", "status"),
        Column(both("LAST RUN", "上次執行"), "last_run_at", "time"),
        Column(both("RUNS", "次數"), "run_count", "count", wide=True),
        Column(both("FAILED", "失敗"), "failure_count", "count", wide=True),
        Column(both("QUEUE", "佇列"), "queue", wide=True),
        Column(both("PRIORITY", "優先"), "priority", "count", wide=True),
        Column(both("BY", "建立者"), "created_by", wide=True),
    ),
)

RUN = Kind(
    name="run",
    path="/automation-runs",
    id="run_id",
    query="q",
    page="/runs",
    hidden=frozenset(
        {
            *("id", "task_id", "execution_data", "attempts", "timeline", "result", "error_message"),
            *("due_at", "outcome", "origin_run_id", "caused", "caused_by", "origin", "held_by"),
        }
    ),
    columns=(
        Column("ID", "run_id"),
        Column(both("TASK", "任務"), "task_name"),
        STATUS,
        Column(both("TRIGGER", "起因"), "trigger"),
        Column(both("DUE", "預定時間"), "scheduled_for", "time"),
        Column(both("BEGAN", "開始"), "started_at", "time"),
        Column(both("TOOK", "耗時"), "duration_seconds", "seconds"),
        Column(both("RESULT", "結果"), "outcome_text"),
        Column(both("TRY", "嘗試"), "attempt", "count", wide=True),
        Column(both("EXECUTOR", "執行器"), "executor", wide=True),
        Column(both("QUEUE", "佇列"), "queue", wide=True),
        Column(both("WAITED", "等候"), "wait_seconds", "seconds", wide=True),
        Column(both("WHY", "原因"), "why", wide=True),
    ),
)

OCCURRENCE = Kind(
    name="occurrence",
    path="",
    id="run_id",
    columns=(
        Column(both("DUE", "預定時間"), "scheduled_for", "time"),
        Column(both("OUTCOME", "結果"), "outcome", "status"),
        Column(both("TRIGGER", "起因"), "trigger"),
        Column(both("RUN", "執行"), "run_id"),
        REASON,
        Column(both("WAITS FOR", "等候"), "waits_for_text", wide=True),
        Column(both("MISSED", "錯過"), "missed_count", "count", wide=True),
    ),
)

STATISTICS = Kind(
    name="window",
    path="",
    id="window",
    columns=(
        Column(both("WINDOW", "期間"), "window"),
        Column(both("RUNS", "次數"), "runs", "count"),
        Column(both("SUCCESS", "成功率"), "success_rate", "share"),
        Column(both("FAILED", "失敗"), "failures", "count"),
        Column("P50", "p50_seconds", "seconds"),
        Column("P95", "p95_seconds", "seconds"),
        Column("P99", "p99_seconds", "seconds", wide=True),
        Column(both("WAIT P95", "等候 P95"), "queue_wait_p95_seconds", "seconds"),
        Column(both("LATE", "延遲"), "late", "count"),
        Column(both("MISSED", "錯過"), "missed", "count"),
        Column(both("SKIPPED", "略過"), "skipped", "count", wide=True),
        Column(both("CANCELLED", "取消"), "cancelled", "count", wide=True),
    ),
)

EDGE = Kind(
    name="edge",
    path="",
    id="to",
    columns=(
        Column(both("FROM", "上游"), "from_name"),
        Column(both("TO", "下游"), "to_name"),
        Column(both("RULE", "規則"), "rule"),
        Column(both("LAST OF FROM", "上游上次結果"), "from_status", "status"),
        Column(both("LAST OF TO", "下游上次結果"), "to_status", "status"),
        Column("FROM ID", "from", wide=True),
        Column("TO ID", "to", wide=True),
    ),
)

FIRE = Kind(
    name="fire",
    path="",
    id="at",
    columns=(
        Column(both("LOCAL", "當地時間"), "local"),
        Column("UTC", "at"),
        Column(both("IN", "距今"), "at", "time"),
        Column(both("STARTS", "開始"), "due_at", "time", wide=True),
        Column(both("NOTE", "備註"), "note"),
    ),
)

TRIED = Kind(
    name="event",
    path="",
    columns=(
        Column(both("TIME", "時間"), "time", "time"),
        Column(both("SUBJECT", "主題"), "subject"),
        Column(both("FITS", "符合"), "matches", "flag"),
        Column(both("WHY NOT", "不符原因"), "failed_clause"),
        Column("ID", "id", wide=True),
        Column(both("DATA", "資料"), "data", "json", wide=True),
    ),
)

TEMPLATE = Kind(
    name="template",
    path="/task-templates",
    page="/templates",
    columns=(
        ID,
        Column(both("TITLE", "標題"), "title"),
        Column(both("CATEGORY", "分類"), "category"),
        Column(both("ACTION", "動作"), "task_action"),
        Column(both("TYPE", "類型"), "task_type", wide=True),
        DESCRIPTION,
    ),
)
