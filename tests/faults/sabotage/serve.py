"""Run one of our services, with traps at a few exact places of it (`traps.py`).

start       before anything was done
claimed     the executor has claimed a run and not begun it
done        the action is done, and nobody has been told
stored      the end is stored, and not said
said        the end is on the bus
committed   the log writer has committed which runs began, and not acknowledged it
refuses     not a trap: the task of which something cannot be handled, like a bug: ends of its runs,
            unless they are bare, or changes of it
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from deploy.serve import serve
from tests.faults.sabotage.traps import Victim

Wrapped = Callable[..., Awaitable[Any]]


def after(
    kind: type[Any],
    method: str,
    spring: Callable[[], None],
    *,
    when: Callable[[tuple[Any, ...], Any], object],
) -> None:
    """Let a trap spring when a method has returned, if its arguments and result are such."""
    original: Wrapped = getattr(kind, method)

    @functools.wraps(original)
    async def wrapped(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it takes
        result = await original(*arguments, **options)
        if when(arguments, result):
            spring()
        return result

    setattr(kind, method, wrapped)


def refusing(
    kind: type[Any], method: str, victim: Victim, *, but: Callable[[Any], bool] | None = None
) -> None:
    """Let a method fail for what is told of one task, *but* this, as if it had a bug."""
    original: Wrapped = getattr(kind, method)

    @functools.wraps(original)
    async def wrapped(self: Any, items: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        task = victim.word("refuses")
        if task and any(str(item.task_id) == task and not (but and but(item)) for item in items):
            raise RuntimeError("sabotage")
        return await original(self, items, **options)

    setattr(kind, method, wrapped)


def sabotage_executor(victim: Victim) -> None:
    """Set the places of an executor."""
    from services.executor.runner import Runner  # noqa: PLC0415 - only in an executor
    from services.executor.store.leases import LeaseStore  # noqa: PLC0415
    from shared.bus.publisher import Publisher  # noqa: PLC0415

    after(
        LeaseStore, "claim", lambda: victim.spring("claimed"), when=lambda _, claimed: bool(claimed)
    )
    after(
        LeaseStore,
        "store",
        lambda: victim.spring("stored"),
        when=lambda _, stored: bool(stored.attempts),
    )
    refusing(LeaseStore, "store", victim, but=lambda end: bool(end == end.bare()))
    after(
        Publisher,
        "publish",
        lambda: victim.spring("said"),
        when=lambda given, _: any(each.subject.startswith("task.finished") for each in given[1]),
    )
    end = Runner.end

    def done(self: Runner, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as above
        victim.spring("done")
        end(self, *arguments, **options)

    setattr(Runner, "end", done)  # noqa: B010 - not for the type checker
    lacking(os.environ.get("SABOTAGE_LACKS", "").split(","))


def lacking(actions: list[str]) -> None:
    """Let an executor be one on which these actions are not installed."""
    from services.executor import app  # noqa: PLC0415 - only in an executor
    from shared.runtime.action_catalog import action_catalog  # noqa: PLC0415

    whole = action_catalog()
    left = {name: action for name, action in whole.items() if name not in actions}
    setattr(app, "action_catalog", lambda: left)  # noqa: B010 - not for the type checker


def sabotage_log_writer(victim: Victim) -> None:
    """Set the places of a log writer."""
    from services.log_writer.store.runs import RunStore  # noqa: PLC0415 - only in a log writer

    after(
        RunStore,
        "write_started",
        lambda: victim.spring("committed"),
        when=lambda _, changed: bool(changed),
    )


def sabotage_scheduler(victim: Victim) -> None:
    """Set the places of a scheduler."""
    from services.scheduler.apply import Applier  # noqa: PLC0415 - only in a scheduler

    refusing(Applier, "tasks_changed", victim)


def hurry() -> None:
    """Use up the deliveries of a message soon: a test cannot wait for minutes."""
    from shared.bus import middleware  # noqa: PLC0415 - when it is wanted

    middleware.PAUSES = (0.1, 0.1, 0.2, 0.2)


PLACES = {
    "executor": sabotage_executor,
    "log-writer": sabotage_log_writer,
    "scheduler": sabotage_scheduler,
}


def main(role: str) -> None:
    """Sabotage it, and run it."""
    victim = Victim(os.environ["AUTOMATION_INSTANCE"])
    victim.learn_settings()
    victim.spring("start")
    victim.wait_while_held()
    if role in PLACES:
        PLACES[role](victim)
    if os.environ.get("SABOTAGE_HURRY"):
        hurry()
    serve(role)


if __name__ == "__main__":
    main(sys.argv[1])
