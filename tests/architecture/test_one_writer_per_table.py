"""Every table has one service that writes it; others read it through a view made for them.

A service's schema bears its name, except that the log writer owns `log`
and the notifier `notify`. The outbox store takes its
schema as a parameter, so its users are checked instead. What is true in several schemas at once is
written by a function of the database (`executor.store_ends`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.db.grants.matrix import stated_functions
from tests.architecture.source import ROOT, SERVICES, modules, name
from tests.architecture.source import read as read_module

#: Know the bus alone.
WITHOUT_SQL = {"account_runtime", "bus_keeper"}

SCHEMAS = {service: service for service in SERVICES if service not in WITHOUT_SQL} | {
    "log_writer": "log",
    "notifier": "notify",
}

#: Not the clauses `FOR UPDATE`, `FOR NO KEY UPDATE`, `ON CONFLICT DO UPDATE`.
_WRITTEN = re.compile(
    r"(?<!FOR )(?<!KEY )(?<!DO )\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE(?: TABLE)?)"
    r"\s+(?:ONLY\s+)?([a-z_{\"][\w.{}\"]*)"
)
_READ = re.compile(r"\b(?:FROM|JOIN)\s+(?:ONLY\s+)?(\w+\.\w+)")


def written(sql: str) -> list[str]:
    """Return the tables that a statement writes."""
    return _WRITTEN.findall(sql)


def read(sql: str) -> list[str]:
    """Return the tables and views with a schema that a statement reads."""
    return _READ.findall(sql)


def statements(service: str) -> Iterator[tuple[str, str]]:
    for path in modules(f"services/{service}"):
        for line, text in read_module(path).sql:
            yield f"{name(path)}:{line}", text


def test_a_service_writes_only_tables_of_its_own_schema() -> None:
    foreign = {
        f"{place} writes {table}"
        for service, schema in SCHEMAS.items()
        for place, text in statements(service)
        for table in written(text)
        if not table.startswith(f"{schema}.")
    }

    assert foreign == set()


def test_a_service_reads_others_through_views_and_functions_made_for_it() -> None:
    foreign = {
        f"{place} reads {table}"
        for service, schema in SCHEMAS.items()
        for place, text in statements(service)
        for table in read(text)
        if table.partition(".")[0] in set(SCHEMAS.values()) - {schema}
        and not table.partition(".")[2].startswith(f"{service}_")
        and stated_functions().get(table) != service
    }

    assert foreign == set()


def test_an_outbox_lies_in_the_schema_of_its_service() -> None:
    used = {
        service: {
            each for path in modules(f"services/{service}") for each in read_module(path).outboxes
        }
        for service in SCHEMAS
    }

    assert used["api"] == {"api"}
    assert all(found <= {SCHEMAS[service]} for service, found in used.items()), used


def test_who_knows_the_bus_alone_spells_no_sql() -> None:
    assert [each for service in sorted(WITHOUT_SQL) for each in statements(service)] == []


def test_every_schema_that_a_migration_makes_has_an_owner() -> None:
    folder = ROOT / "shared/db/migrations"
    made = {
        schema
        for path in folder.glob("*.sql")
        for schema in re.findall(r"CREATE SCHEMA (\w+)", path.read_text(encoding="utf-8"))
    }

    assert made == set(SCHEMAS.values())


def test_written_tables_are_recognised() -> None:
    upsert = "INSERT INTO log.runs (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"
    nested = "WITH a AS (DELETE FROM api.tokens RETURNING 1) UPDATE api.tasks SET x = 1"
    assert written(upsert) == ["log.runs"]
    assert written(nested) == ["api.tokens", "api.tasks"]
    assert written("SELECT 1 FROM api.tasks FOR UPDATE SKIP LOCKED") == []
    assert written("SELECT 1 FROM api.tasks FOR NO KEY UPDATE SKIP LOCKED") == []
    assert written("UPDATE tasks SET x = 1") == ["tasks"]
    assert written("DELETE FROM {} WHERE id = 1") == ["{}"]


def test_statements_are_found_at_all() -> None:
    tables = {table for _, text in statements("log_writer") for table in written(text)}

    assert tables == {
        "log.runs",
        "log.attempts",
        "log.lines",
        "log.run_tallies",
        "log.dead_letters",
        "log.silences",
        "log.watchdog",
    }
