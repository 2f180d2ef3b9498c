"""Questions that the scheduler asks the API over the bus, to repair its job table.

The task events keep the job table in step; these catch what they missed. The digest makes an
unchanged million of tasks cheap to compare: per bucket (the first byte of the task id) one number
over all (id, version) pairs. Only buckets that differ are read, page by page.
"""

from __future__ import annotations

from uuid import UUID

from shared.contracts.message import Message, Part
from shared.contracts.tasks import TaskChanged


class Bucket(Part):
    """Tasks whose id starts with this byte: how many, and a sum over their (id, version) hashes."""

    bucket: int
    tasks: int
    digest: int


class DigestRequest(Message):
    """Which tasks are there, in short?"""


class Digest(Message):
    """Every bucket that has tasks."""

    buckets: tuple[Bucket, ...]


class PageRequest(Message):
    """The tasks of one id range, in order of id."""

    first: UUID
    last: UUID
    limit: int


class Page(Message):
    """Tasks as if each had just changed; `next` is where the following page begins."""

    tasks: tuple[TaskChanged, ...]
    next: UUID | None
