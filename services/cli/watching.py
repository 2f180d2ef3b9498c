"""Runs while they run: their end, and their log as it is written.

The log is a stream of server-sent events. Each carries the number of its last line; when the
connection breaks, the next one goes on behind that number, so that no line is shown twice or lost.
Whoever stops watching stops nothing: the run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from services.cli.cells import harmless
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import DONE, INTERRUPTED, Failed, NotAllowed, TimedOut, Unreachable
from services.cli.finding import RUNS
from services.cli.kinds import RUN
from services.cli.language import both

#: Between two looks at a run; the second one is for runs that take long.
_SOON, _LATER = 0.25, 2.0
_LOOKS_SOON = 20
#: So long a server that does not answer is asked again, in seconds; a restart takes less.
_PATIENCE = 30.0
_PAUSE = 1.0

SUCCESS = "success"


class Told(NamedTuple):
    """One server-sent event."""

    name: str
    data: str
    id: str | None


def events(lines: Iterator[str]) -> Iterator[Told]:
    """Yield the events of a stream (as WHATWG HTML has them)."""
    name, id_ = "message", None
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield Told(name, "\n".join(data), id_)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            id_ = value


def follow_log(desk: Desk, run_id: str, *, after: str | None = None) -> str | None:
    """Print the log of a run until its end; return the number of the last line.

    Raises:
        Unreachable: the server stays away; NotAllowed: the right to watch is gone.
    """
    position, away = after, 0.0
    where = RUNS + path(run_id, "lines", "stream")
    while True:
        headers = {"Last-Event-ID": position} if position else {}
        try:
            with desk.client.stream(where, headers=headers) as lines:
                for told in events(lines):
                    away = 0.0
                    position = told.id or position
                    if _is_over(desk, told):
                        return position
        except Unreachable:
            away += _PAUSE
            if away >= _PATIENCE:
                raise
            if away == _PAUSE:
                desk.say(both("The connection broke; going on.", "連線中斷，正在重新連線。"))
        desk.deadline.rest(_PAUSE)


def _is_over(desk: Desk, told: Told) -> bool:
    if told.name == "lines":
        for line in json.loads(told.data):
            show_line(desk, line)
        desk.out.flush()
    elif told.name == "bye":
        raise NotAllowed(both("The right to watch is gone.", "已失去觀看的權限。"))
    return told.name == "end"


def show_line(desk: Desk, line: dict[str, Any]) -> None:
    """Print one line of a log."""
    if not desk.out.is_for_people:
        desk.out.document(line)
        return
    if desk.wishes.verbose or desk.wishes.output == "wide":
        head = (
            f"{desk.out.instant(line['at'])}  {line['attempt']}.{line['seq']}  {line['level']:<7}  "
        )
    else:
        head = "" if line["level"] == "info" else f"[{line['level']}] "
    desk.out.line(harmless(head + line["text"], lines=False))


def wait(desk: Desk, run_id: str, *, tell: bool = False) -> dict[str, Any]:
    """Return a run once it has ended; with *tell* say how it stands in between.

    Raises:
        Unreachable: the server stays away; TimedOut: `--timeout` was shorter.
    """
    looks, away, last = 0, 0.0, None
    while True:
        try:
            run: dict[str, Any] = desk.client.get(RUNS + path(run_id)).body
            away = 0.0
        except Unreachable:
            away += _LATER
            if away >= _PATIENCE:
                raise
            desk.deadline.rest(_LATER)
            continue
        if run["completed_at"] or run["status"] == "skipped":
            return run
        state = _standing(run)
        if tell and state != last:
            desk.say(state)
            last = state
        looks += 1
        desk.deadline.rest(_SOON if looks <= _LOOKS_SOON else _LATER)


def _standing(run: dict[str, Any]) -> str:
    status, why = run["status"], run.get("waits_for_text")
    progress = run.get("progress") or {}
    parts = [status, why, progress.get("message")]
    if progress.get("percent") is not None:
        parts.append(f"{progress['percent']:g} %")
    return " · ".join(str(part) for part in parts if part)


def watched(desk: Desk, run_id: str, *, tell: bool = False) -> dict[str, Any]:
    """Wait for the end of a run; Ctrl-C and a time that is over leave it running, and say so.

    Raises:
        Failed: with the exit code of what ended the watching.
    """
    try:
        return wait(desk, run_id, tell=tell)
    except KeyboardInterrupt:
        desk.say(goes_on(run_id))
        raise _Interrupted(both("Interrupted.", "已中斷。")) from None
    except (TimedOut, Unreachable) as failed:
        raise type(failed)(f"{failed.text}\n{goes_on(run_id)}") from None


def goes_on(run_id: str) -> str:
    """Return what whoever stops watching is told."""
    return both(
        f"The run goes on. Watch again: automation run watch {run_id};"
        f" stop it: automation run cancel {run_id}",
        f"執行仍在繼續。再次觀看：automation run watch {run_id}；"
        f"取消：automation run cancel {run_id}",
    )


class _Interrupted(Failed):
    """Whoever watched has gone."""

    exit_code = INTERRUPTED


def result(desk: Desk, run_id: str, *, tell: bool = False, fail: bool = True) -> int:
    """Wait for a run, print it, return the exit code: with *fail* that of its result."""
    run = watched(desk, run_id, tell=tell)
    desk.out.one(RUN, told_run(run))
    return DONE if run["status"] == SUCCESS or not fail else Failed.exit_code


def told_run(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run as tables show it: with one text of how it went."""
    return {
        **run,
        "outcome_text": run.get("error_message") or run.get("result") or run.get("waits_for_text"),
    }
