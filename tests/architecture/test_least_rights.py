"""Rights are the least: each that is stated is used by a statement of its service, and none lacks.

What statements need is read from the sources. It is a rough reading: a table's rights, not those of
its columns; the tests of the services, which run under these roles, are the fine one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from shared.db.grants import matrix
from tests.architecture.source import modules, read

_TABLE = r"((?:api|scheduler|executor|log|notify)\.[a-z_]+)"
_VERBS = {
    "INSERT": re.compile(rf"INSERT\s+INTO\s+{_TABLE}"),
    "UPDATE": re.compile(rf"(?<!FOR )(?<!DO )UPDATE\s+{_TABLE}"),
    "DELETE": re.compile(rf"DELETE\s+FROM\s+{_TABLE}"),
    "SELECT": re.compile(rf"(?<!DELETE )(?:FROM|JOIN|USING)\s+{_TABLE}"),
}

#: Rights that no statement in the sources shows, each with what needs it.
NEEDED_ALL_THE_SAME = {
    ("api", "api.trigger_changes"): {"INSERT", "UPDATE"},  # the trigger on api.tasks
    ("scheduler", "scheduler.admission"): {"UPDATE"},  # to lock its row
    ("scheduler", "scheduler.runless_ends"): {"UPDATE"},  # to lock rows that it takes
    ("scheduler", "executor.scheduler_leases"): {"UPDATE"},  # to lock a lease, see 0033
}
#: Rights that only the version before needs, which runs beside this one for a while.
NEEDED_BEFORE = {
    ("scheduler", "scheduler.runless_ends"): {"INSERT"},
    ("executor", "executor.attempt_ends"): {"SELECT", "INSERT", "DELETE"},
    ("executor", "executor.confirmed"): {"SELECT", "UPDATE"},
    ("executor", "executor.leases"): {"INSERT", "DELETE"},
    ("log_writer", "log.dead_runs"): {"SELECT", "INSERT"},
    ("log_writer", "log.run_tallies"): {"INSERT", "UPDATE"},
    ("log_writer", "log.task_health"): {"SELECT", "INSERT", "UPDATE"},
    ("log_writer", "log.task_statistics"): {"SELECT", "INSERT", "UPDATE"},
}


@cache
def needed(service: str) -> dict[str, set[str]]:
    """Return the rights that a service's statements need, by table or view."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in modules(f"services/{service}"):
        for _, text in read(path).texts:
            for table, right in _read(text):
                found[table].add(right)
    for rights in found.values():  # which rows, is read
        if rights & {"UPDATE", "DELETE"}:
            rights.add("SELECT")
    return found


def _read(text: str) -> Iterator[tuple[str, str]]:
    for verb, pattern in _VERBS.items():
        for table in pattern.findall(text):
            yield table, verb
    for table in _VERBS["INSERT"].findall(text):
        if "ON CONFLICT" in text and "DO UPDATE" in text:
            yield table, "UPDATE"
        if "RETURNING" in text or "ON CONFLICT (" in text:
            yield table, "SELECT"
    if re.search(r"FOR (NO KEY )?UPDATE|FOR (KEY )?SHARE", text):
        for table in _VERBS["SELECT"].findall(text):
            yield table, "locks"


@cache
def stated(service: str) -> dict[str, set[str]]:
    """Return the rights that are stated of a service, by table; without views, by their names."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, rights in matrix.stated_tables().items():
        for right in rights:
            if right.role == service:
                found[table].add(right.privilege)
    return found


def test_no_right_is_stated_that_nothing_needs() -> None:
    idle = {
        (service, table): more
        for service in matrix.SERVICES
        for table, rights in stated(service).items()
        if (
            more := rights
            - needed(service).get(table, set())
            - NEEDED_ALL_THE_SAME.get((service, table), set())
            - NEEDED_BEFORE.get((service, table), set())
        )
        # Who locks a row must be allowed to update it.
        and not (more == {"UPDATE"} and "locks" in needed(service).get(table, set()))
    }
    assert idle == {}


def test_no_right_is_missing() -> None:
    lacking = {
        (service, table): more
        for service in matrix.SERVICES
        for table, rights in needed(service).items()
        if matrix.reader_of(table) != service
        and matrix.stated_functions().get(table) != service
        and (more := rights - stated(service).get(table, set()) - {"locks"})
    }
    assert lacking == {}


def test_the_reading_finds_something() -> None:
    assert [service for service in matrix.SERVICES if len(needed(service)) <= 5] == []
