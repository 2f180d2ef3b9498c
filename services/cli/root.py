"""The first words: where each is, and what its line in the help says. Loads none of them."""

from __future__ import annotations

from services.cli.language import both
from services.cli.tree import Branch, Twig

_HERE = "services.cli.commands"


def root(extra: dict[str, Twig] | None = None) -> Branch:
    """Return the tree; *extra* are words that others add."""
    twigs = {**_of_work(), **_of_people(), **(extra or {})}
    return Branch(
        "automation",
        both(
            "The automation task system: what is done over HTTP, and on the host.\n\n"
            "Exit codes: 0 done, 1 failed, 2 misused, 3 not found, 4 not allowed, 5 conflict,"
            " 6 unreachable, 124 timed out.",
            "自動化任務系統：透過 HTTP 的操作，以及主機上的管理指令。\n\n"
            "結束代碼：0 完成、1 失敗、2 用法錯誤、3 找不到、4 沒有權限、5 衝突、"
            "6 無法連線、124 逾時。",
        ),
        twigs=twigs,
    )


def _of_work() -> dict[str, Twig]:
    return {
        "task": Twig(
            f"{_HERE}.task:task", both("Tasks: list, change, run.", "任務：列出、修改、執行。")
        ),
        "run": Twig(f"{_HERE}.run:run", both("Runs and their logs.", "執行紀錄與日誌。")),
        "schedule": Twig(
            f"{_HERE}.schedule:schedule", both("When things run.", "排程：何時執行。")
        ),
        "trigger": Twig(
            f"{_HERE}.trigger:trigger",
            both("Which events start a task.", "觸發條件：哪些事件會啟動任務。"),
        ),
        "event": Twig(f"{_HERE}.event:event", both("What has happened.", "事件。")),
        "queue": Twig(f"{_HERE}.queue:queue", both("Queues and dead letters.", "佇列與死信。")),
        "executor": Twig(f"{_HERE}.executor:executor", both("Who runs tasks.", "執行器。")),
        "template": Twig(f"{_HERE}.template:template", both("Tasks ready to use.", "任務範本。")),
        "apply": Twig(
            f"{_HERE}.declare:apply",
            both("Make things as YAML files say.", "依 YAML 檔案建立或修改。"),
        ),
        "diff": Twig(
            f"{_HERE}.declare:diff",
            both(
                "Show what apply would change; exit code 1: something.",
                "顯示 apply 會變更什麼；有差異時結束代碼為 1。",
            ),
        ),
        "validate": Twig(
            f"{_HERE}.declare:validate", both("Check YAML files.", "檢查 YAML 檔案。")
        ),
        "export": Twig(
            f"{_HERE}.declare:export",
            both("Write YAML that apply takes.", "匯出為 apply 可用的 YAML。"),
        ),
    }


def _of_people() -> dict[str, Twig]:
    return {
        "notify": Twig(f"{_HERE}.notify:notify", both("Notification channels.", "通知管道。")),
        "calendar": Twig(
            f"{_HERE}.calendar:calendar", both("Times kept clear.", "行事曆：不執行的時段。")
        ),
        "token": Twig(f"{_HERE}.token:token", both("Access tokens.", "存取權杖。")),
        "user": Twig(f"{_HERE}.user:user", both("Who may log in.", "使用者。")),
        "audit": Twig(f"{_HERE}.audit:audit", both("Who changed what.", "稽核紀錄：誰改了什麼。")),
        "api": Twig(f"{_HERE}.api:api", both("Ask the API anything.", "直接呼叫 API。")),
        "context": Twig(
            f"{_HERE}.context:context", both("Servers under a name.", "以名稱儲存的伺服器。")
        ),
        "config": Twig(f"{_HERE}.config:config", both("Defaults of options.", "選項的預設值。")),
        "completion": Twig(
            f"{_HERE}.completion:completion", both("Completion for a shell.", "命令列自動補完。")
        ),
    }
