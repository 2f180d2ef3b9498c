"""`automation executor`: the processes that run tasks."""

from __future__ import annotations

from services.cli import kinds_platform
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Conflicting, NotFound
from services.cli.finding import is_id
from services.cli.language import both
from services.cli.tree import Branch, argument, option

executor = Branch("executor", both("Who runs tasks.", "執行器。"))

_EXECUTOR = argument("executor", metavar="EXECUTOR")
_PAUSE_SECONDS = 1.0


@executor.leaf("list", both("List the executors.", "列出執行器。"), takes={"query", "web"})
def list_executors(desk: Desk) -> None:
    desk.list(kinds_platform.EXECUTOR)


@executor.leaf(
    "get",
    both("Show an executor, and what it has in hand.", "顯示執行器與進行中的執行。"),
    _EXECUTOR,
)
def get(desk: Desk, *, executor: str) -> None:
    where = "/executors" + path(_meant(desk, executor))
    desk.out.one(kinds_platform.EXECUTOR, desk.client.get(where).body)


@executor.leaf(
    "drain",
    both(
        "Let an executor take nothing more, and finish what it has.",
        "讓執行器不再接受新工作，並完成手上的工作。",
    ),
    _EXECUTOR,
    option(
        "--wait",
        is_flag=True,
        help=both("Wait until it has nothing in hand.", "等到手上沒有工作。"),
    ),
    takes={"dry_run", "reason"},
)
def drain(desk: Desk, *, executor: str, wait: bool) -> None:
    where = "/executors" + path(_meant(desk, executor))
    answer = desk.change("PUT", where + "/drain", {"reason": desk.wishes.reason})
    if answer is None:
        return
    state = answer.body
    while wait and state["running"] and state["state"] != "silent":
        desk.deadline.rest(_PAUSE_SECONDS)
        state = desk.client.get(where).body
    desk.out.one(kinds_platform.EXECUTOR, state)


@executor.leaf(
    "resume",
    both("Let an executor take runs again.", "讓執行器恢復接受工作。"),
    _EXECUTOR,
    takes={"dry_run"},
)
def resume(desk: Desk, *, executor: str) -> None:
    answer = desk.change("PUT", "/executors" + path(_meant(desk, executor), "resume"))
    if answer is not None:
        desk.out.one(kinds_platform.EXECUTOR, answer.body)


def _meant(desk: Desk, word: str) -> str:
    """Return the executor that *word* means: its id, or its instance or host if that is one's."""
    if is_id(word):
        return word
    known = desk.client.get("/executors").body
    found = [
        each
        for each in known
        if word in {each["instance"], each["host"]} or each["executor_id"].startswith(word)
    ]
    if not found:
        raise NotFound(both(f"There is no executor {word!r}.", f"沒有「{word}」這個執行器。"))
    if len(found) > 1:
        ids = ", ".join(each["executor_id"] for each in found)
        raise Conflicting(
            both(f"Several are meant by {word!r}: {ids}", f"「{word}」符合多個：{ids}")
        )
    return str(found[0]["executor_id"])
