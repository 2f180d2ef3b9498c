"""Judges facts: each once, in one transaction with all that follows from it.

Most facts are successes that nobody waits for; for those one look at the tasks is all. An end that
is older than the last one known (it came late, or over another way) changes no incident that has
been closed since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from services.notifier import rules
from services.notifier.allowance import Ordered
from services.notifier.facts import Fact, Incident, Kind, Task
from services.notifier.letter import write_letter
from services.notifier.ordering import order
from services.notifier.rules import Decision, Notice
from services.notifier.store.judgements import Judgement, JudgementStore
from services.notifier.store.sources import SourceStore

log = logging.getLogger(__name__)


class Judge:
    """Turns facts into incidents and deliveries."""

    def __init__(
        self, sources: SourceStore, store: JudgementStore, wake_sender: Callable[[], None]
    ) -> None:
        self._sources = sources
        self._store = store
        self._wake_sender = wake_sender

    async def judge(self, facts: Sequence[Fact]) -> int:
        """Judge what was not judged yet; return how many deliveries follow."""
        return await self._judge_loud(*await self._loud(facts))

    async def _loud(self, facts: Sequence[Fact]) -> tuple[dict[UUID, Task], list[Fact]]:
        """Return the tasks of which somebody may want to hear, and the facts about them."""
        known = await self._sources.tasks(list({fact.task_id for fact in facts}))
        tasks = {
            fact.task_id: found.task
            for fact in facts
            if (found := known.get(fact.task_id)) is not None
            and not rules.is_quiet(found.task, fact, open_incidents=found.troubled)
        }
        # A success that nobody waits for may be the recovery from a failure beside it.
        return tasks, [fact for fact in facts if fact.task_id in tasks]

    async def _judge_loud(self, tasks: Mapping[UUID, Task], facts: list[Fact]) -> int:
        if not facts:
            return 0
        loud = await self._with_due(tasks, facts)
        async with self._store.judging() as judgement:
            ordered = await _judge(judgement, tasks, loud)
        if ordered:
            self._wake_sender()
        return ordered

    async def _with_due(self, tasks: Mapping[UUID, Task], facts: list[Fact]) -> list[Fact]:
        """Look up when those were due that seem late: by jitter or a blackout they may not be."""
        doubtful = [
            fact.run_id
            for fact in facts
            if fact.began_late and fact.due_at is None and "late" in tasks[fact.task_id].asked
        ]
        due = await self._sources.due(doubtful) if doubtful else {}
        return [replace(fact, due_at=due.get(fact.run_id, fact.due_at)) for fact in facts]


async def _judge(judgement: Judgement, tasks: Mapping[UUID, Task], facts: list[Fact]) -> int:
    last_ends = await judgement.hold(sorted(tasks))
    new = await judgement.mark(list({fact.key for fact in facts}))
    opened = {each.id: each for each in await judgement.incidents(sorted(tasks))}
    changed: dict[UUID, Incident] = {}
    told: list[tuple[Task, Fact, Notice]] = []
    for fact in sorted(facts, key=lambda each: each.at):
        if fact.key not in new:
            continue
        new.discard(fact.key)  # the same fact twice in one batch
        task = tasks[fact.task_id]
        decision = _decide(task, fact, opened.values(), last_ends.get(task.id))
        if fact.kind is Kind.ENDED:
            last_ends[task.id] = max(last_ends[task.id] or fact.at, fact.at)
        for incident in decision.incidents:
            changed[incident.id] = incident
            opened[incident.id] = incident
        told += ((task, fact, notice) for notice in decision.notices)
    await judgement.keep(list(changed.values()))
    await judgement.note_ends([(task, at) for task, at in last_ends.items() if at])
    return await _order(judgement, told)


def _decide(
    task: Task, fact: Fact, incidents: Iterable[Incident], last_end: datetime | None
) -> Decision:
    open_ones = [each for each in incidents if each.task_id == task.id and not each.closed_at]
    is_late = fact.kind is Kind.ENDED and last_end is not None and fact.at < last_end
    if not is_late:
        return rules.decide(task, fact, open_ones, uuid4)
    if fact.status not in rules.FAILED:  # nothing recovers in the past
        return rules.decide(task, fact, [], uuid4)
    decision = rules.decide(task, fact, open_ones, uuid4)
    if open_ones:
        return decision
    over = {each.id: replace(each, closed_at=last_end) for each in decision.incidents}
    notices = tuple(
        replace(each, incident=over[each.incident.id]) if each.incident else each
        for each in decision.notices
    )
    return replace(decision, incidents=tuple(over.values()), notices=notices)


async def _order(judgement: Judgement, told: Sequence[tuple[Task, Fact, Notice]]) -> int:
    wished = [
        Ordered(
            uuid4(),
            fact.run_id,
            task.id,
            notice.event,
            notice.recipient,
            write_letter(task, fact, notice).model_dump_json(),
            notice.incident.id if notice.incident else None,
        )
        for task, fact, notice in told
    ]
    if not wished:
        return 0
    known = await judgement.ordered(wished)
    messages = [each for each in wished if (each.run_id, each.event, each.channel) not in known]
    await order(judgement, messages)
    return len(messages)
