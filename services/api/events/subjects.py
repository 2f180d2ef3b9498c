"""A pattern of subjects in a query."""

from __future__ import annotations

from services.api.wire.problems import Refused
from shared.domain.errors import Problem
from shared.domain.trigger_subject import EVENTS, EVERY_EVENT, pattern_problem


def pattern_in_query(subject: str) -> str:
    """Return the pattern of subjects that a caller means; none is every event.

    Raises:
        Refused: 400, it is none.
    """
    if not subject:
        return EVERY_EVENT
    pattern = subject if subject.startswith(EVENTS) else EVENTS + subject
    if code := pattern_problem(pattern):
        raise Refused(400, "query.invalid", problems=[Problem("/query/subject", code)])
    return pattern
