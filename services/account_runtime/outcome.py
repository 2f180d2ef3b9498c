"""What follows from the end of a program: start it again, after a pause, or give it up."""

from __future__ import annotations

from dataclasses import dataclass

from services.account_runtime.plan import Judged, Refusal
from services.account_runtime.record import Record, Run, Why
from shared.contracts.account_config import RuntimeConfig
from shared.contracts.accounts import State

#: The longest pause before a program is started again, in seconds.
LONGEST_PAUSE = 60.0
#: A wish that is wrong, in one line.
DETAIL_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: with an exit code, by a signal, or nobody knows."""

    code: int | None = None
    signal: str | None = None
    error: str | None = None
    """It could not be started at all."""
    unseen: bool = False
    """It was gone when this runtime started, so nobody is to blame."""


def settled(record: Record, run: Run, ended: Ended, judged: Judged, now: float) -> Record:
    """Return the record after the end of its program."""
    # A wish that nobody has acted upon yet came after the end, or nearly so: it counts for nothing.
    is_older = record.told is None or record.told.generation < record.wanted.generation
    record = record.model_copy(update={"run": None, "detail": None})
    if is_older:
        return record
    why = run.stop.why if run.stop else None
    if ended.error:
        return held(record, "failed", f"it cannot be started: {ended.error}")
    if why in (Why.WANTED, Why.REPLACED) or ended.unseen or isinstance(judged, Refusal):
        return record
    if why is None and ended.code == judged.needs_login_exit:
        return held(record, "needs_login", run.detail or "somebody must log in")
    detail = (run.stop.detail if run.stop else None) or _how(ended)
    return _failed(record, judged, detail, now)


def _failed(record: Record, config: RuntimeConfig, detail: str, now: float) -> Record:
    rule = config.restart
    if rule.max == 0:
        return held(record, "failed", detail)
    failures = (*(at for at in record.failures if now - at < rule.window_seconds), now)
    if len(failures) > rule.max:
        often = f"{len(failures)} times within {rule.window_seconds:g} s"
        return held(record, "quarantined", f"it failed {often}; the last time: {detail}")
    pause = min(rule.backoff_seconds * 2 ** min(len(failures) - 1, 20), LONGEST_PAUSE)
    return record.model_copy(
        update={
            "failures": failures,
            "restarts": record.restarts + 1,
            "start_at": now + pause,
            "detail": f"{detail}; starting it again",
        }
    )


def held(record: Record, state: State, detail: str) -> Record:
    """Return the record of an account that waits for the next generation."""
    return record.model_copy(update={"hold": state, "detail": detail[:DETAIL_CHARACTERS]})


def _how(ended: Ended) -> str:
    if ended.signal:
        return f"it was ended by {ended.signal}"
    if ended.code is None:
        return "it was killed"
    return f"it ended with exit code {ended.code}"


def rebooted(record: Record, boot: str) -> Record:
    """Return the record after a new start of the machine: nothing runs, and no time counts."""
    return record.model_copy(update={"boot": boot, "run": None, "failures": (), "start_at": 0.0})
