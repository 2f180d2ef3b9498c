"""Why a task that depends on others did not run."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "dependency.disabled": Text(
        "前置任務已結束，但此任務已停用，略過這次執行。",
        "What it depends on has ended, but the task is disabled; this run is skipped.",
    ),
    "dependency.upstream_failed": Text(
        "前置任務未成功，因此不執行。", "What it depends on did not succeed, so it does not run."
    ),
    "dependency.not_met": Text(
        "前置任務的結果不符合觸發規則，因此不執行。",
        "What it depends on did not end as its rule demands, so it does not run.",
    ),
    "dependency.upstream_gone": Text(
        "前置任務 {what} 已刪除，因此不執行；請修改 depends_on。",
        "The task {what}, on which it depends, was deleted, so it does not run; edit depends_on.",
    ),
    "dependency.loop": Text(
        "任務彼此觸發形成循環，已在此中斷。",
        "Tasks have started each other in a circle; it is broken here.",
    ),
}
