"""The branch `automation run`, and which run is meant by a word."""

from __future__ import annotations

from services.cli import finding
from services.cli.desk import Desk
from services.cli.failures import Misused, NotFound
from services.cli.finding import RUNS, is_id
from services.cli.language import both
from services.cli.tree import Branch, argument

run = Branch("run", both("Runs and their logs.", "執行紀錄與日誌。"))

RUN = argument("run", metavar="RUN")


def meant(desk: Desk, word: str) -> str:
    """Return the run that *word* means: an id, or `latest:TASK`."""
    if is_id(word):
        return word
    kind, colon, task = word.partition(":")
    if kind == "latest" and colon:
        found = list(desk.client.pages(RUNS, limit=1, task_id=finding.task_id(desk, task)))
        if found:
            return str(found[0]["run_id"])
    elif not colon:
        raise Misused(
            both(
                f"{word!r} is no run; it has an id, or is latest:TASK.",
                f"「{word}」不是執行；請使用識別碼，或 latest:任務。",
            )
        )
    raise NotFound(both(f"There is no run {word!r}.", f"沒有「{word}」這個執行。"))
