"""`automation run logs`: what a run has written, and what it goes on to write."""

from __future__ import annotations

from services.cli import watching
from services.cli.client import path
from services.cli.commands.run.branch import RUN, meant, run
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.finding import RUNS
from services.cli.language import both
from services.cli.options import Number
from services.cli.tree import option

_MOST_LINES = 500


@run.leaf(
    "logs",
    both("Print the log of a run.", "顯示執行的日誌。"),
    RUN,
    option("-f", "--follow", is_flag=True, help=both("Go on until it ends.", "持續顯示直到結束。")),
    option(
        "--after",
        metavar="NUMBER",
        help=both("Behind this line: ATTEMPT.LINE.", "從此行之後開始：嘗試.行號。"),
    ),
    option(
        "--tail",
        type=Number(1, _MOST_LINES),
        metavar="N",
        help=both("Only the last lines.", "只顯示最後幾行。"),
    ),
    option(
        "--level", metavar="LEVEL", help=both("Only this level and worse.", "只顯示此等級以上。")
    ),
    option(
        "--search", metavar="TEXT", help=both("Only lines with this text.", "只顯示含此文字的行。")
    ),
    option(
        "--attempt",
        type=Number(1, 1_000_000),
        metavar="N",
        help=both("Of this attempt.", "此次嘗試的日誌。"),
    ),
)
def logs(
    desk: Desk,
    *,
    run: str,
    follow: bool,
    after: str | None,
    tail: int | None,
    level: str | None,
    search: str | None,
    attempt: int | None,
) -> None:
    run = meant(desk, run)
    if follow:
        if level or search or attempt:
            raise Misused(
                both("--follow shows all lines.", "--follow 會顯示所有內容，不能再篩選。")
            )
        _follow(desk, run, after, tail)
        return
    chosen = {"level": level, "search": search, "attempt": attempt}
    if tail:
        for line in desk.client.get(
            RUNS + path(run, "lines"), limit=tail, before="end", **chosen
        ).body["items"]:
            watching.show_line(desk, line)
        return
    while True:
        page = desk.client.get(
            RUNS + path(run, "lines"), after=after, limit=_MOST_LINES, **chosen
        ).body
        for line in page["items"]:
            watching.show_line(desk, line)
        if not page["items"] or page["next"] == after:
            return
        after = page["next"]


def _follow(desk: Desk, run: str, after: str | None, tail: int | None) -> None:
    if tail:
        page = desk.client.get(RUNS + path(run, "lines"), limit=tail, before="end").body
        for line in page["items"]:
            watching.show_line(desk, line)
        if page["items"]:
            after = f"{page['items'][-1]['attempt']}.{page['items'][-1]['seq']}"
    try:
        watching.follow_log(desk, run, after=after)
    except KeyboardInterrupt:
        desk.say(watching.goes_on(run))
        raise
