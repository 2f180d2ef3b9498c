"""The branch `automation task`, and the parameters that several of its commands take."""

from __future__ import annotations

from services.cli.language import both
from services.cli.tree import Branch, argument, option

task = Branch("task", both("Tasks: list, change, run.", "任務：列出、修改、執行。"))

TASK = argument("task", metavar="TASK")
FILE = option(
    "-f",
    "--file",
    metavar="FILE",
    help=both(
        "Read fields from YAML or JSON; - is stdin.", "從 YAML 或 JSON 檔案讀取欄位；- 為標準輸入。"
    ),
)
SET = option(
    "--set",
    "changes",
    multiple=True,
    metavar="FIELD=VALUE",
    help=both(
        "Set a field; dots go deeper, values are YAML. May be repeated.",
        "設定欄位；點號可指定內層，值為 YAML，可重複使用。",
    ),
)
