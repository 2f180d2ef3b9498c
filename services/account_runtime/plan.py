"""What to do next with an account: pure decisions over its record.

`decide` looks at what is wanted and what is, and names one move; `account.py` makes it and asks
again. What follows from the end of a program stands in `outcome.py`. Times are seconds since the
machine was started.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.account_runtime.record import Record, Run, Stop, Why
from shared.contracts.account_config import RuntimeConfig
from shared.contracts.accounts import AccountDesired, ScriptPin


class Refusal(NamedTuple):
    """Why an account cannot be run as its config says."""

    detail: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing before something happens, or before *until*."""

    until: float | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """Start it."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get the text of the script first."""

    pin: ScriptPin


@dataclass(frozen=True, slots=True)
class End:
    """Ask it to end, and kill it later."""

    stop: Stop


@dataclass(frozen=True, slots=True)
class Kill:
    """It has had its time."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Tell it to read its script again."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Ask it how it is."""

    run: Run


@dataclass(frozen=True, slots=True)
class Settle:
    """It has ended: draw the conclusions."""

    run: Run


@dataclass(frozen=True, slots=True)
class Hold:
    """It cannot be run as it is."""

    detail: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing of it runs, and nobody wants it."""


Move = Rest | Begin | Fetch | End | Kill | Reload | Watch | Settle | Hold | Forget
Onward = Begin | Reload | Watch
Judged = RuntimeConfig | Refusal


def spec_of(config: dict[str, Any]) -> str:
    """Return a digest of how an account is to be run."""
    text = json.dumps(config.get("runtime"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def decide(
    record: Record,
    judged: Judged,
    *,
    alive: bool,
    in_hand: bool,
    now: float,
    end_by: float | None = None,
) -> Move:
    """Return the next move.

    *in_hand*: the text of the wanted script is here. *end_by*: the runtime itself ends, and nothing
    of the account is to run after that moment.
    """
    run = record.run
    if run is None:
        return _without_run(record, judged, in_hand=in_hand, now=now, closing=end_by is not None)
    if not alive:
        return Settle(run)
    unwanted = _unwanted(record, judged, run, now, end_by)
    if unwanted:
        return unwanted
    if run.stop:
        return Kill() if now >= run.stop.kill_at else Rest(run.stop.kill_at)
    if isinstance(judged, Refusal):  # then it is unwanted, and ends already
        return Rest()
    return _of_live(record, judged, run, in_hand=in_hand, now=now)


def _of_live(record: Record, config: RuntimeConfig, run: Run, *, in_hand: bool, now: float) -> Move:
    want = record.wanted
    grace = now + config.stop_grace_seconds
    if run.spec != spec_of(want.config):
        return End(Stop(why=Why.REPLACED, kill_at=grace, generation=want.generation))
    if want.script != run.script:
        if want.script and not in_hand:
            return Fetch(want.script)
        if run.is_ready and config.reload == "signal":
            return Reload()
        return End(Stop(why=Why.REPLACED, kill_at=grace, generation=want.generation))
    if not run.is_ready and not run.needs_login and now >= run.ready_by:
        detail = run.detail or "it did not become ready"
        detail = f"not ready within {config.ready.timeout_seconds:g} s: {detail}"
        return End(Stop(why=Why.FAILED, kill_at=grace, generation=want.generation, detail=detail))
    return Watch(run)


def _unwanted(
    record: Record, judged: Judged, run: Run, now: float, end_by: float | None
) -> End | None:
    """Return how to end a program that is not to run; None: it is, or is being ended so."""
    want = record.wanted
    drain = 0.0 if want.drain.mode == "now" else want.drain.wait_seconds
    if isinstance(judged, Refusal):
        grace = drain
    elif record.leaving or want.desired == "running":
        grace = judged.stop_grace_seconds
    else:
        grace = drain
    kill_at = now + grace
    if end_by is not None:
        kill_at = min(kill_at, end_by)
    elif not (record.leaving or want.desired != "running" or isinstance(judged, Refusal)):
        return None
    if run.stop:
        again = run.stop.why is not Why.WANTED or run.stop.generation < want.generation
        hurry = end_by is not None and run.stop.kill_at > end_by
        if not (again or hurry):
            return None
        kill_at = min(kill_at, run.stop.kill_at)
    return End(Stop(why=Why.WANTED, kill_at=kill_at, generation=want.generation))


def _without_run(
    record: Record, judged: Judged, *, in_hand: bool, now: float, closing: bool
) -> Move:
    want = record.wanted
    if record.leaving or want.desired == "absent":
        return Forget()
    if want.desired == "stopped" or record.hold or closing:
        return Rest()
    if isinstance(judged, Refusal):
        return Hold(judged.detail)
    if now < record.start_at:
        return Rest(record.start_at)
    if want.script and not in_hand:
        return Fetch(want.script)
    return Begin()


def heard(record: Record | None, wish: AccountDesired, *, boot: str) -> Record | None:
    """Return the record after a wish; None: it is no news."""
    if record is None:
        return Record(wanted=wish, boot=boot)
    if wish.generation <= record.wanted.generation:
        return None
    return record.model_copy(
        update={
            "wanted": wish,
            "leaving": False,
            "hold": None,
            "detail": None,
            "failures": (),
            "restarts": 0,
            "start_at": 0.0,
        }
    )
