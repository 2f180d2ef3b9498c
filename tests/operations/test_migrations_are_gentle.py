"""A file that is applied while the previous code runs upsets neither it nor anybody who waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.db.migrate import FOLDER, OUTSIDE
from tests.operations.gentle import objections

#: Older files were applied before there was anybody to upset, and never change.
CLOSED = 32
FILES = sorted(
    path for path in FOLDER.glob("*_pre_*.sql") if int(path.name.partition("_")[0]) > CLOSED
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_upsets_nobody(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")

    assert objections(sql, outside=sql.startswith(OUTSIDE)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE log.runs;",
        "DROP VIEW log.api_runs;",
        "ALTER TABLE log.runs DROP COLUMN result;",
        "ALTER TABLE log.runs\n    RENAME COLUMN result TO outcome;",
        "ALTER TABLE log.runs ALTER COLUMN attempt TYPE bigint;",
        "ALTER TABLE log.runs ALTER attempt SET NOT NULL;",
        "ALTER TABLE log.runs ADD COLUMN more text NOT NULL;",
        "CREATE INDEX more ON log.runs (attempt);",
        "CREATE UNIQUE INDEX more ON log.runs (attempt);",
        "ALTER TABLE log.runs ADD CONSTRAINT more CHECK (attempt > 0);",
        "UPDATE log.runs SET attempt = 1;",
        "DELETE FROM log.runs WHERE final;",
        "LOCK TABLE log.runs;",
        "ALTER TABLE log.runs ADD COLUMN more uuid DEFAULT gen_random_uuid();",
        "-- it is fine\nDROP TABLE log.runs;",
    ],
)
def test_what_upsets_somebody_is_noticed(sql: str) -> None:
    assert objections(sql, outside=False)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE log.runs ADD COLUMN more text;",
        "ALTER TABLE log.runs ADD COLUMN more text NOT NULL DEFAULT '';",
        "ALTER TABLE log.runs ADD CONSTRAINT more CHECK (attempt > 0) NOT VALID;",
        "CREATE TABLE log.more (id int PRIMARY KEY);\nCREATE INDEX m ON log.more (id);",
        "DROP VIEW log.api_runs;\nCREATE VIEW log.api_runs AS SELECT 1;",
        "-- safe: nobody reads it since the release before the last\nDROP TABLE log.runs;",
        "CREATE FUNCTION log.f() RETURNS void AS $$\nBEGIN\n    DELETE FROM log.runs;\nEND $$;",
    ],
)
def test_what_upsets_nobody_passes(sql: str) -> None:
    assert objections(sql, outside=False) == []


def test_outside_of_a_transaction_is_only_what_must_be() -> None:
    assert objections("ALTER TABLE log.runs ADD COLUMN more text;", outside=True)
    assert not objections("CREATE INDEX CONCURRENTLY m ON log.runs (attempt);", outside=True)
