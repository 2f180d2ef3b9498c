"""What the API answers about the lines of runs, as models for the OpenAPI document."""

from __future__ import annotations

from services.api.documented.policy import Shown


class LinePlace(Shown):
    """Where a line stands."""

    attempt: int
    seq: int


class AttemptMarks(Shown):
    """The lines of one attempt."""

    attempt: int
    total: int
    levels: dict[str, int]
    first: int
    last: int
    first_error: int | None


class LineMarks(Shown):
    """How many lines a run wrote, and where the first error stands."""

    total: int
    levels: dict[str, int]
    first_error: LinePlace | None
    attempts: list[AttemptMarks]
