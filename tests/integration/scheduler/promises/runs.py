"""What executors did, attempt by attempt: judged as it happens. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.executor.claimed import ClaimedRun
from shared.contracts.cancel import CancelItem, CancelState
from shared.contracts.runs import RunStatus

MAX_ATTEMPTS = 2


class Promise(StrEnum):
    """What is promised, whatever happens."""

    FIRES = "every fire has exactly one row in the ledger, and there is no other"
    BY_HAND = "every request has exactly one row"
    EVENTS = "every event fires each task that listens to it exactly once"
    COUNTED = "an event that comes again is not counted again"
    NUMBERED = "the attempts of a run are numbered from 1 without a gap"
    APART = "an attempt begins only once the one before it ended or is proven dead"
    PAUSE = "an attempt begins no sooner than the one before it asked for"
    TRIES = "attempts that failed count, and no others"
    ENDS = "every run that fired ends exactly once, and no other run begins"
    CANCEL = "the answer to a cancel is the truth"
    DEPENDANTS = "every end of a task starts its dependant exactly once"
    LIMIT = "there are never more live runs than the limit"
    PAUSED = "in a pause nothing begins"
    OVER = "everything comes to its end: nothing gets lost, every slot comes back"


class Broken(AssertionError):
    """A promise was not kept."""


def check(kept: bool, promise: Promise, *details: object) -> None:  # noqa: FBT001 - what it is about
    if not kept:
        raise Broken(promise, *details)


@dataclass
class Attempt:
    """One attempt of a run, as its executor knows it."""

    lost: bool = False
    """Its executor died or is frozen past its lease."""
    came_back: bool = False
    """Its executor renewed it when the next attempt was ordered already: that one does not wait."""
    status: RunStatus | None = None
    """`RUNNING`: it asked to be called again."""
    retry_at: datetime | None = None


class Runs:
    """All runs that were begun."""

    def __init__(self) -> None:
        self.attempts: defaultdict[UUID, list[Attempt]] = defaultdict(list)
        self.task_of: dict[UUID, UUID] = {}
        self.ends: defaultdict[UUID, list[RunStatus]] = defaultdict(list)
        self.never: set[UUID] = set()
        """Said to be cancelled before they began."""
        self.doomed: set[UUID] = set()
        """Said to be told to stop."""
        self.adrift: set[UUID] = set()
        """Let go without an order: an executor has to end what is cancelled of it."""

    def began(self, run: ClaimedRun, now: datetime) -> None:
        """An executor claimed an attempt."""
        before = self.attempts[run.run_id]
        check(run.run_id not in self.never, Promise.CANCEL, run)
        check(not self.ends[run.run_id], Promise.ENDS, run)
        check(run.attempt == len(before) + 1, Promise.NUMBERED, run, before)
        if before:
            last = before[-1]
            check(last.lost or last.retry_at is not None, Promise.APART, run, last)
            asked = last.retry_at
            stops = run.run_id in self.doomed  # it does not begin anything, it only ends
            at_once = stops or last.came_back
            check(asked is None or at_once or now >= asked, Promise.PAUSE, run, last, now)
        before.append(Attempt())
        self.task_of[run.run_id] = run.task_id

    def lost(self, run: ClaimedRun) -> None:
        """The executor of an attempt went silent past its lease."""
        self.attempts[run.run_id][run.attempt - 1].lost = True

    def came_back(self, run: ClaimedRun) -> None:
        """The executor of an attempt that seemed lost has its lease again."""
        attempt = self.attempts[run.run_id][run.attempt - 1]
        attempt.lost, attempt.came_back = False, True

    def began_in_a_pause(self, run: ClaimedRun) -> None:
        """An executor claimed an attempt while everything is paused."""
        check(run.cancel_reason is not None, Promise.PAUSED, run)

    def ended(
        self, run: ClaimedRun, status: RunStatus, retry_at: datetime | None, *, stored: bool
    ) -> None:
        """An executor said how an attempt ended; *stored* if its lease was still its own."""
        attempts = self.attempts[run.run_id]
        attempt = attempts[run.attempt - 1]
        is_last = run.attempt == len(attempts)
        check(stored or attempt.lost, Promise.ENDS, "not taken", run)
        check(is_last or not stored, Promise.ENDS, "of an attempt long since replaced", run)
        if not stored:
            return
        attempt.status, attempt.retry_at = status, retry_at
        if retry_at is None:
            check(not self.ends[run.run_id], Promise.ENDS, "twice", run)
            self.ends[run.run_id].append(status)
        failed = sum(each.status is RunStatus.FAILURE for each in attempts)
        most = 1 if run.policy == "{}" else MAX_ATTEMPTS  # nothing of a deleted task is tried again
        if status is RunStatus.FAILURE:
            check((retry_at is None) == (failed >= most), Promise.TRIES, run, attempts)

    def answered(
        self, item: CancelItem, outcome: str, before: list[RunStatus], *, raced: bool
    ) -> None:
        """The scheduler said what came of a cancel.

        The ledger had *outcome*, and executors had ended the run as *before* when it was asked;
        *raced* if it ended at that moment.
        """
        run_id = item.run_id
        match item.state:
            case CancelState.CANCELLED:
                check(run_id not in self.task_of and outcome == "fired", Promise.CANCEL, item)
                self.never.add(run_id)
            case CancelState.CANCELLING:
                is_begun = run_id in self.task_of or run_id in self.adrift
                check(is_begun and not before, Promise.CANCEL, item, before)
                if not raced:
                    self.doomed.add(run_id)
            case CancelState.ENDED:
                known: list[str] = [*self.ends[run_id]]
                if not known and outcome != "fired":
                    known = [outcome]
                check([item.status] == known, Promise.CANCEL, item, known)
            case _:
                check(kept=False, promise=Promise.CANCEL)

    def live(self, task_id: UUID) -> set[UUID]:
        """Return the runs of a task that are under way; not those between two attempts."""
        return {
            run_id
            for run_id, its in self.task_of.items()
            if its == task_id
            and not self.ends[run_id]
            and self.attempts[run_id][-1].retry_at is None
        }

    def judge(self, fired: set[UUID], logged: dict[UUID, str], counted: Counter[UUID]) -> None:
        """Compare with what the ledger and the log say in the end, and what is counted there."""
        check(set(self.task_of) <= fired, Promise.ENDS, "begun", set(self.task_of) - fired)
        ends = {run_id: self.ends[run_id] for run_id in fired}
        check(ends == {each: [logged.get(each)] for each in fired}, Promise.ENDS, ends, logged)
        check(Counter(self.task_of.values()) == counted, Promise.ENDS, "counted", counted)
        for run_id in self.doomed:
            check(self.ends[run_id] == [RunStatus.CANCELLED], Promise.CANCEL, run_id)
