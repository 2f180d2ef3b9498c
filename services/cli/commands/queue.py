"""`automation queue`: where runs wait, and what nobody could handle."""

from __future__ import annotations

from datetime import timedelta

from services.cli import finding, kinds, kinds_platform
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Failed, Misused
from services.cli.kinds import Kind
from services.cli.language import both
from services.cli.options import Duration, Number
from services.cli.printer import now
from services.cli.tree import Branch, argument, option

queue = Branch("queue", both("Queues and dead letters.", "佇列與死信。"))

_NAME = argument("name", metavar="QUEUE")
_MOST = 1_000_000
_FOR = option(
    "--for",
    "span",
    type=Duration(),
    metavar="DURATION",
    help=both("Only for so long.", "僅持續這段時間。"),
)


@queue.leaf("list", both("List the queues.", "列出佇列。"), takes={"query", "web"})
def list_queues(desk: Desk) -> None:
    desk.list(kinds_platform.QUEUE)


@queue.leaf("get", both("Show a queue.", "顯示佇列。"), _NAME, takes={"web"})
def get(desk: Desk, *, name: str) -> None:
    if desk.wishes.web:
        desk.show_page(kinds_platform.QUEUE)
        return
    desk.out.one(kinds_platform.QUEUE, desk.client.get("/queues" + path(name)).body)


@queue.leaf(
    "pause",
    both(
        "Start nothing more from a queue; --all: from none.",
        "暫停佇列，不再啟動；--all 為全部佇列。",
    ),
    argument("name", required=False, metavar="QUEUE"),
    option("--all", "everything", is_flag=True, help=both("The whole system.", "整個系統。")),
    _FOR,
    takes={"dry_run", "reason"},
)
def pause(desk: Desk, *, name: str | None, everything: bool, span: timedelta | None) -> None:
    where = _where(name, everything=everything, verb="pause")
    if everything:
        desk.confirm(both("Pause everything?", "要暫停整個系統嗎？"))
    body = {"reason": desk.wishes.reason, "until": _until(span)}
    answer = desk.change("POST", where, body)
    if answer is not None:
        desk.say(both(f"{name or 'Everything'} is paused.", f"{name or '整個系統'}已暫停。"))


@queue.leaf(
    "resume",
    both("Start runs from a queue again; --all: from all.", "恢復佇列；--all 為全部佇列。"),
    argument("name", required=False, metavar="QUEUE"),
    option("--all", "everything", is_flag=True, help=both("The whole system.", "整個系統。")),
    takes={"dry_run"},
)
def resume(desk: Desk, *, name: str | None, everything: bool) -> None:
    answer = desk.change("POST", _where(name, everything=everything, verb="resume"))
    if answer is not None:
        desk.say(both(f"{name or 'Everything'} goes on.", f"{name or '整個系統'}已恢復。"))


@queue.leaf(
    "limit",
    both(
        "Limit how many runs of a queue may be live; --for: only for a while.",
        "限制佇列同時執行的數量；--for 為暫時上限。",
    ),
    _NAME,
    option(
        "--concurrency",
        metavar="N|none",
        help=both("Live runs; none: no limit.", "同時執行數；none 為不限。"),
    ),
    option(
        "--max-depth",
        metavar="N|none",
        help=both("Waiting runs; none: no limit.", "等候數；none 為不限。"),
    ),
    option("--reset", is_flag=True, help=both("End what was set for a while.", "取消暫時上限。")),
    _FOR,
    takes={"dry_run", "reason"},
)
def limit(
    desk: Desk,
    *,
    name: str,
    concurrency: str | None,
    max_depth: str | None,
    reset: bool,
    span: timedelta | None,
) -> None:
    where = "/queues" + path(name)
    if reset:
        answer = desk.change("DELETE", where + "/override")
    elif concurrency is None and max_depth is None:
        raise Misused(
            both(
                "Say --concurrency, --max-depth or --reset.",
                "請指定 --concurrency、--max-depth 或 --reset。",
            )
        )
    elif span is not None:
        body = {
            "concurrency": _number(concurrency),
            "until": _until(span),
            "reason": desk.wishes.reason,
        }
        answer = desk.change("PUT", where + "/override", body)
    else:
        given = {"concurrency": concurrency, "max_depth": max_depth}
        body = {key: _number(value) for key, value in given.items() if value is not None}
        answer = desk.change("PUT", where, body)
    if answer is not None:
        desk.out.one(kinds_platform.QUEUE, answer.body)


@queue.leaf(
    "dead-letters",
    both(
        "List messages that nobody could handle; or send them again.",
        "列出無法處理的訊息，或重新送出。",
    ),
    argument("letters", many=True, required=False, metavar="ID"),
    option("--resend", is_flag=True, help=both("Send these again.", "重新送出。")),
    option("--discard", is_flag=True, help=both("Be done with these.", "捨棄。")),
    option(
        "--state",
        metavar="STATE",
        help=both(
            "open, resent, discarded; default: open.", "open、resent、discarded，預設 open。"
        ),
    ),
    takes={"dry_run", "query", "web"},
)
def dead_letters(
    desk: Desk, *, letters: tuple[str, ...], resend: bool, discard: bool, state: str | None
) -> None:
    if not letters:
        if resend or discard:
            raise Misused(both("Name the letters.", "請指定訊息。"))
        desk.list(kinds_platform.DEAD_LETTER, state=state or "open")
        return
    if resend == discard:
        raise Misused(both("Say --resend or --discard.", "請指定 --resend 或 --discard。"))
    verb = "resend" if resend else "discard"
    if discard:
        desk.confirm(both(f"Discard {len(letters)} messages?", f"要捨棄 {len(letters)} 則訊息嗎？"))
    done = []
    try:
        for each in letters:
            answer = desk.change("POST", "/dead-letters" + path(each, verb))
            done += [] if answer is None else [answer.body]
    finally:  # what was done before something went wrong is told, too
        desk.out.rows(_DECIDED, done)


@queue.leaf(
    "dead-runs",
    both(
        "List runs that ended for good without success; or run them again.",
        "列出最終失敗的執行，或重新排入。",
    ),
    argument("runs", many=True, required=False, metavar="RUN"),
    option("--task", metavar="TASK", help=both("Of this task.", "此任務的執行。")),
    option("--requeue", is_flag=True, help=both("Run these again.", "重新排入。")),
    option("--discard", is_flag=True, help=both("Be done with these.", "捨棄。")),
    takes={"dry_run", "query", "web"},
)
def dead_runs(
    desk: Desk, *, runs: tuple[str, ...], task: str | None, requeue: bool, discard: bool
) -> None:
    task_id = finding.task_id(desk, task) if task else None
    if not (requeue or discard):
        desk.list(kinds_platform.DEAD_RUN, task_id=task_id, state="open")
        return
    if bool(runs) == bool(task_id) or requeue == discard:
        raise Misused(
            both("Name runs or a task, and one thing to do.", "請指定執行或任務，以及一個動作。")
        )
    verb = "requeue" if requeue else "discard"
    desk.confirm(
        both("Run these again?", "要重新排入嗎？")
        if requeue
        else both("Discard these?", "要捨棄嗎？")
    )
    body = {"run_ids": list(runs)} if runs else {"task_id": task_id}
    while True:
        answer = desk.change("POST", f"/dead-runs/{verb}", body)
        if answer is None:
            return
        desk.out.document(answer.body["items"])
        if not answer.body["more"]:
            return
        if not answer.body["items"]:  # of a task that is gone none can be run again
            raise Failed(both("The others cannot be decided on.", "其餘的無法處理。"))


_DECIDED = Kind(
    name="dead letter",
    path="",
    columns=(kinds.ID, kinds.STATE),
)


def _where(name: str | None, *, everything: bool, verb: str) -> str:
    if bool(name) == everything:
        raise Misused(both("Name a queue, or --all.", "請指定佇列，或使用 --all。"))
    return f"/{verb}" if everything else "/queues" + path(str(name), verb)


def _until(span: timedelta | None) -> str | None:
    return None if span is None else (now() + span).isoformat()


def _number(text: str | None) -> int | None:
    if text is None or text == "none":
        return None
    return Number(0, _MOST).convert(text, None, None)
