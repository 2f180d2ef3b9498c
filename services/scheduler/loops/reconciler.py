"""Compare the job table with the API's tasks, and repair what events missed.

Event delivery is good, not perfect: JetStream's folder may be wiped between an edit and its
delivery. The digest of an unchanged million tasks is 256 numbers; only what differs is read.

A task that the API does not list is gone — unless it was created after the page was read. So only
jobs that have been here for a while are doubted, and each is asked for once more by its own id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduler.apply import Applier
from services.scheduler.source import TaskSource
from services.scheduler.store.jobs import JobStore
from shared.contracts.sync import Bucket
from shared.contracts.tasks import TaskChanged

#: A task that changed this long ago and is still unknown was not missed by an event: our table was
#: lost. Then it begins now.
EVENTS_REACH_US_WITHIN = timedelta(hours=1)
#: Buckets read in one go.
TOGETHER = 16
#: A job younger than this is not doubted.
SETTLED_AFTER = timedelta(seconds=30)

log = logging.getLogger(__name__)


def differing(ours: list[Bucket], theirs: list[Bucket]) -> list[int]:
    """Return the buckets in which the two sides do not have the same tasks and versions."""
    here = {each.bucket: (each.tasks, each.digest) for each in ours}
    there = {each.bucket: (each.tasks, each.digest) for each in theirs}
    return sorted(bucket for bucket in here | there if here.get(bucket) != there.get(bucket))


def id_ranges(buckets: list[int]) -> list[tuple[UUID, UUID]]:
    """Return the first and last ids of *buckets*, neighbours taken together.

    A bucket holds the ids with one first byte. At most `TOGETHER` of them make one range: enough
    for pages to follow each other without a gap, few enough to be kept in memory.
    """
    groups: list[list[int]] = []
    for bucket in sorted(buckets):
        if groups and bucket == groups[-1][-1] + 1 and len(groups[-1]) < TOGETHER:
            groups[-1].append(bucket)
        else:
            groups.append([bucket])
    return [
        (UUID(int=group[0] << 120), UUID(int=(group[-1] << 120) | ((1 << 120) - 1)))
        for group in groups
    ]


class Reconciler:
    """One step: one comparison, and what follows from it."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        source: TaskSource,
        applier: Applier,
        now: Callable[[], datetime],
        interval: timedelta,
    ) -> None:
        self._jobs = jobs
        self._source = source
        self._applier = applier
        self._now = now
        self._interval = interval

    async def step(self) -> timedelta:
        """Compare once; repair every bucket that differs."""
        buckets = differing(await self._jobs.digest(), await self._source.digest())
        repaired = 0
        for first, last in id_ranges(buckets):
            repaired += await self._repair(first, last)
        if repaired:
            log.info("reconciled: %d jobs in %d buckets", repaired, len(buckets))
        return self._interval

    async def _repair(self, first: UUID, last: UUID) -> int:
        ours = await self._jobs.versions(first, last)
        repaired = 0
        listed: set[UUID] = set()
        async for page in self._source.pages(first, last):
            listed.update(task.task_id for task in page)
            news = [
                task
                for task in page
                if task.task_id not in ours or ours[task.task_id][0] < task.version
            ]
            if news:
                repaired += await self._apply(news)
        doubtful = [
            task_id
            for task_id, (_, changed_at) in ours.items()
            if task_id not in listed and changed_at < self._now() - SETTLED_AFTER
        ]
        for task_id in doubtful:
            repaired += await self._remove_if_gone(task_id, ours[task_id][0])
        return repaired

    async def _apply(self, news: list[TaskChanged]) -> int:
        now = self._now()
        recent = [each for each in news if each.changed_at > now - EVENTS_REACH_US_WITHIN]
        older = [each for each in news if each.changed_at <= now - EVENTS_REACH_US_WITHIN]
        return await self._applier.tasks_changed(recent) + await self._applier.tasks_changed(
            older, unknown_since=now
        )

    async def _remove_if_gone(self, task_id: UUID, version: int) -> int:
        if await self._source.task(task_id):
            return 0
        gone = TaskChanged(
            change="deleted",
            task_id=task_id,
            version=version + 1,
            changed_at=self._now(),
            task=None,
        )
        return await self._applier.tasks_changed([gone])
