"""What is said of an account, and whether there is anything new to say."""

from __future__ import annotations

from datetime import datetime

from services.account_runtime.plan import spec_of
from services.account_runtime.record import Record, Run, Told
from shared.contracts.accounts import ScriptPin, State


def state_of(record: Record, *, closing: bool = False) -> State:
    """Return the word for how an account is."""
    run = record.run
    if run is None:
        if record.hold and record.wanted.desired == "running":
            return record.hold
        return "starting" if record.wanted.desired == "running" and not closing else "stopped"
    if run.stop:
        return "stopping"
    if run.needs_login:
        return "needs_login"
    return "working" if run.is_ready else "starting"


def told(
    record: Record,
    *,
    pid: int | None,
    healthy: bool | None,
    at: datetime,
    milliseconds: int,
    closing: bool = False,
) -> Told | None:
    """Return what is to be said now; None: it has been said.

    The number of a state is the time of day in milliseconds, or one more than the one before: so it
    grows even if the home of a runtime is lost, or an account moves to another one.

    Of a program that runs as it was wanted before nothing is said under the new generation: it is
    about to end.
    """
    run, last = record.run, record.told
    if run and not run.stop and run.spec != spec_of(record.wanted.config):
        return None
    state = state_of(record, closing=closing)
    new = Told(
        seq=max(milliseconds, last.seq + 1 if last else 0),
        generation=record.wanted.generation,
        state=state,
        since=last.since if last and last.state == state else at,
        healthy=healthy if run else None,
        pid=pid if run else None,
        restarts=record.restarts,
        script=_plays(run) if run else None,
        detail=_detail(record),
    )
    return None if last and new == last.model_copy(update={"seq": new.seq}) else new


def _detail(record: Record) -> str | None:
    """Return what people should know of it; while it starts, why it is started again."""
    run = record.run
    if run is None:
        return record.detail
    if run.stop:
        return run.stop.detail
    if record.wanted.script != run.script and record.detail:  # why it plays an old one
        return record.detail
    return run.detail if run.is_ready or run.needs_login else record.detail


def _plays(run: Run) -> ScriptPin | None:
    """Return what it really runs: what it says, else what it was started with."""
    if run.plays is None:
        return run.script
    return ScriptPin(script_id=run.script.script_id if run.script else "", version=run.plays)
