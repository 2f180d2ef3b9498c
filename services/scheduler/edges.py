"""Who starts whom: the edges that a task's definition draws, and what follows from an end.

Pure. Two kinds of edges. `dependent_tasks` of a task start after each of its successes, on their
own account. `depends_on` of a task gathers the ends of its upstreams in rounds, until its rule is
met or lost (`shared.domain.dependency`).

Whatever was expected gets its ledger row: a dependant that cannot run any more ends as
`upstream_failed` or `skipped_condition`, and that is an end which its own dependants hear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from services.scheduler.job import Entry, Job
from services.scheduler.store.run_ends import Ended
from shared.contracts.runs import Origin
from shared.contracts.tasks import TaskChanged
from shared.domain.dependency import (
    End,
    EndState,
    Met,
    Needs,
    Never,
    NotYet,
    Rule,
    Seat,
    Tally,
    Verdict,
    end_state,
    hear,
    judge,
)
from shared.domain.occurrence import Outcome, run_id_for

DEPENDENCY = "dependency"
NOT_MET = "dependency.not_met"

#: A chain this long is taken for a loop, if nothing else: each run carries the tasks before it.
LONGEST_CHAIN = 500

_DAY = 86_400
Kind = Literal["dependent_tasks", "depends_on"]


class Edge(NamedTuple):
    """One row of the scheduler's graph."""

    upstream: UUID
    downstream: UUID
    kind: Kind
    rule: str
    window_seconds: int


def edges_of(change: TaskChanged) -> frozenset[Edge]:
    """Return the edges that the changed task's definition draws."""
    if change.task is None:
        return frozenset()
    here = change.task_id
    after = {
        Edge(here, other, "dependent_tasks", Rule.ONE_SUCCESS.value, _DAY)
        for other in change.task.dependent_tasks
    }
    needs = change.task.policy.depends_on
    if needs is None:
        return frozenset(after)
    return frozenset(
        after
        | {
            Edge(other, here, "depends_on", needs.rule.value, needs.window_seconds)
            for other in needs.tasks
        }
    )


Seats = Mapping[UUID, Mapping[UUID, Seat]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the ends are judged by, as the database has it."""

    jobs: Mapping[UUID, Job]
    """The dependants, locked."""
    edges: Sequence[Edge]
    """All edges out of the tasks that ended, and all `depends_on` of their dependants."""
    seats: Seats
    """What was heard so far, by dependant and upstream."""
    gone: frozenset[UUID] = frozenset()
    """Upstreams that were deleted, though definitions still name them."""


@dataclass(slots=True)
class Consequences:
    """What follows from some ends."""

    entries: dict[UUID, Entry] = field(default_factory=dict)
    """By run: two edges between the same tasks ask for one run, and one of them is enough."""
    seats: dict[UUID, dict[UUID, Seat]] = field(default_factory=dict)
    """Those that changed; they replace the dependant's."""
    missing: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Tasks that are to be started but do not exist, after the one that says so."""


def follow(ended: Sequence[Ended], around: Surroundings) -> Consequences:
    """Return what follows from *ended*, oldest end first."""
    out = Consequences()
    after: dict[UUID, list[Edge]] = {}
    upstreams: dict[UUID, set[UUID]] = {}
    for edge in sorted(around.edges):
        after.setdefault(edge.upstream, []).append(edge)
        if edge.kind == "depends_on":
            upstreams.setdefault(edge.downstream, set()).add(edge.upstream)
    for each in sorted(ended, key=lambda end: (end.ended_at, end.run_id)):
        state = end_state(each.status)
        if state is None:
            continue
        end = End(each.task_id, each.run_id, state, each.ended_at)
        for edge in after.get(each.task_id, ()):
            job = around.jobs.get(edge.downstream)
            if job is None or job.deleted:
                out.missing.append((each.task_id, edge.downstream))
            elif edge.kind == "dependent_tasks":
                verdict = judge(Rule.ONE_SUCCESS, _alone(state))
                _enter(out, job, verdict, each, (each.run_id,))
            else:
                _gather(out, around, job, edge, upstreams[job.task_id], end, each)
    return out


def _alone(state: EndState) -> Tally:
    return Tally(**{state.value: 1})


def _gather(  # noqa: PLR0917 - all of one step of `follow`
    out: Consequences,
    around: Surroundings,
    job: Job,
    edge: Edge,
    upstreams: set[UUID],
    end: End,
    ended: Ended,
) -> None:
    """Put one end into the round of a task that depends on several."""
    gone = upstreams & around.gone
    needs = Needs(
        upstreams=frozenset(upstreams - gone),
        rule=Rule(edge.rule),
        window=timedelta(seconds=edge.window_seconds),
        gone=len(gone),
    )
    seats = out.seats.get(job.task_id, around.seats.get(job.task_id, {}))
    heard = hear(needs, seats, end)
    if heard.seats is not seats:
        out.seats[job.task_id] = dict(heard.seats)
    _enter(out, job, heard.verdict, ended, tuple(heard.round.values()), gone)


def _enter(  # noqa: PLR0917 - as above
    out: Consequences,
    job: Job,
    verdict: Verdict,
    last: Ended,
    runs: tuple[UUID, ...],
    gone: AbstractSet[UUID] = frozenset(),
) -> None:
    """Write the ledger row of a verdict, if there is one."""
    if isinstance(verdict, NotYet):
        return
    before = Origin.model_validate_json(last.origin).causes if last.origin else ()
    causes = (*before, last.task_id)
    outcome, reason = _outcome(job, verdict, looped=_is_loop(job.task_id, causes))
    if reason == NOT_MET and gone:
        reason = f"dependency.upstream_gone:{min(gone)}"
    run_id = run_id_for(str(job.task_id), DEPENDENCY, ",".join(sorted(map(str, runs))))
    entry = Entry(
        run_id=run_id,
        task_id=job.task_id,
        trigger=DEPENDENCY,
        scheduled_for=last.ended_at,
        moment=str(run_id),  # not the ids of the round: a hundred of them fit no index
        due_at=last.ended_at,
        outcome=outcome,
        reason=reason,
        missed_count=0,
        missed_since=None,
        version=job.version,
        requested_by=None,
        queue=job.queue,
        priority=job.priority,
        origin=Origin(run_id=last.run_id, causes=causes).model_dump_json(exclude_defaults=True),
    )
    if outcome == Outcome.FIRED:
        out.entries[run_id] = entry
    else:
        out.entries.setdefault(run_id, entry)


def _is_loop(task_id: UUID, causes: tuple[UUID, ...]) -> bool:
    return task_id in causes or len(causes) > LONGEST_CHAIN


def _outcome(job: Job, verdict: Met | Never, *, looped: bool) -> tuple[Outcome, str | None]:
    if looped:
        return Outcome.SKIPPED_CONDITION, "dependency.loop"
    if isinstance(verdict, Never):
        if verdict.state is EndState.UPSTREAM_FAILED:
            return Outcome.UPSTREAM_FAILED, "dependency.upstream_failed"
        return Outcome.SKIPPED_CONDITION, NOT_MET
    if not job.enabled:
        return Outcome.SKIPPED_PAUSED, "dependency.disabled"
    return Outcome.FIRED, None
