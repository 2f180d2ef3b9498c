"""From terms of the query language to SQL over a task `t`, its statistics `s`, its job `j`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from services.api.tasks.query.reading import Meaning, Pattern, Span, Term
from shared.contracts.policy import DEFAULT_PRIORITY, DEFAULT_QUEUE

#: When a task is due next by the scheduler's own plan.
NEXT = "CASE WHEN t.enabled THEN j.next_due_at END"

_LAST = (
    "coalesce((SELECT r.status FROM log.api_runs r WHERE r.task_id = t.id"
    " ORDER BY r.started_at DESC, r.run_id LIMIT 1), 'never')"
)
#: Of tasks that never failed nothing needs to be looked up.
FAILING = (
    "(s.failure_count > 0 AND (SELECT r.status FROM log.api_runs r"
    " WHERE r.task_id = t.id AND r.final ORDER BY r.started_at DESC LIMIT 1)"
    " IN ('failure', 'timed_out', 'needs_operator'))"
)
_OPEN = (
    "EXISTS (SELECT FROM scheduler.api_occurrences o WHERE o.task_id = t.id AND NOT o.settled"
    " AND o.outcome = 'fired' AND {})"
)
_LATE = _OPEN.format(
    "o.due_at < clock_timestamp() - interval '1 minute' AND NOT EXISTS"
    " (SELECT FROM executor.api_leases l WHERE l.run_id = o.run_id)"
)

_FLAGS: Mapping[str, str] = {
    "enabled": "t.enabled",
    "failing": FAILING,
    "running": _OPEN.format("NOT o.held"),
    "waiting": _OPEN.format("o.held"),
    "late": _LATE,
}
_HAS: Mapping[str, str] = {
    "dependents": "EXISTS (SELECT FROM api.edges e WHERE e.upstream = t.id)",
    "dependencies": "EXISTS (SELECT FROM api.edges e WHERE e.downstream = t.id)",
    "description": "coalesce(t.description, '') <> ''",
    "schedule": "t.schedule_config IS NOT NULL AND t.task_type = 'scheduled'",
    "trigger": "t.trigger_config IS NOT NULL AND t.task_type = 'triggered'",
    "retry": "t.policy::jsonb ? 'retry'",
    "blackout": "t.policy::jsonb ? 'blackout'",
    "recipients": "cardinality(t.notify_recipients) > 0",
    "runs": "s.run_count > 0",
}
_WORDS: Mapping[str, str] = {
    "type": "t.task_type",
    "action": "t.task_action",
    "queue": f"coalesce(t.policy ->> 'queue', '{DEFAULT_QUEUE}')",
    "timezone": "coalesce(t.schedule_config ->> 'timezone', 'UTC')",
    "last": _LAST,
}
_TEXTS: Mapping[str, str] = {
    "name": "t.name",
    "description": "t.description",
    "id": "t.id::text",
    "by": "t.created_by",
}
_TIMES: Mapping[str, str] = {
    "next": NEXT,
    "last_run": "s.last_run_at",
    "created": "t.created_at",
    "updated": "t.updated_at",
}
_NUMBERS: Mapping[str, str] = {
    "priority": f"coalesce((t.policy ->> 'priority')::integer, {DEFAULT_PRIORITY})",
    "failures": "coalesce(s.failure_count, 0)",
    "runs": "coalesce(s.run_count, 0)",
}
_LINKS: Mapping[str, str] = {
    "upstream": "EXISTS (SELECT FROM api.edges e WHERE e.downstream = t.id AND e.upstream = {})",
    "downstream": "EXISTS (SELECT FROM api.edges e WHERE e.upstream = t.id AND e.downstream = {})",
}
_COMPARISONS = frozenset({"<", "<=", ">", ">="})

Place = Callable[[object], str]
"""Keeps a value and returns the parameter that stands for it."""


def conditions(terms: Sequence[Term], place: Place) -> list[str]:
    """Return a condition per term; what is compared with them goes through *place*."""
    return [_condition(term, place) for term in terms]


def _condition(term: Term, place: Place) -> str:
    any_of = " OR ".join(_one(term, meaning, place) for meaning in term.values)
    return f"NOT coalesce(({any_of}), false)" if term.negated else f"({any_of})"


def _one(term: Term, meaning: Meaning, place: Place) -> str:
    field = term.field
    if isinstance(meaning, Pattern):
        like = place(_like(meaning, part=field != "id"))
        columns = ("t.name", "t.description", "t.id::text") if field == "text" else (_TEXTS[field],)
        return " OR ".join(f"{column} ILIKE {like}" for column in columns)
    if field in _TIMES:
        return _of_time(_TIMES[field], term.operator, meaning, place)
    if field == "has":
        return f"({_HAS[str(meaning)]})"
    if field in _FLAGS:
        return f"{_FLAGS[field]} = {place(meaning)}::boolean"
    if field in _NUMBERS:
        sign = term.operator if term.operator in _COMPARISONS else "="
        return f"{_NUMBERS[field]} {sign} {place(meaning)}::bigint"
    return _of_word(field, meaning, place)


def _of_word(field: str, meaning: Meaning, place: Place) -> str:
    if field == "id":
        return f"t.id = {place(meaning)}::uuid"
    if field in _LINKS:
        return _LINKS[field].format(f"{place(meaning)}::uuid")
    return f"{_WORDS[field]} = {place(meaning)}::text"


def _of_time(column: str, operator: str, meaning: Meaning, place: Place) -> str:
    if meaning is None:
        return f"{column} IS NULL"
    if isinstance(meaning, Span):
        start, end = place(meaning.start), place(meaning.end)
        return f"{column} >= {start}::timestamptz AND {column} < {end}::timestamptz"
    assert isinstance(meaning, datetime)  # noqa: S101 - the reader makes nothing else of a time
    return f"{column} {operator} {place(meaning)}::timestamptz"


def _like(pattern: Pattern, *, part: bool) -> str:
    escaped = pattern.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if pattern.exact:
        return escaped
    if "*" in pattern.text:
        return escaped.replace("*", "%")
    return f"%{escaped}%" if part else f"{escaped}%"
