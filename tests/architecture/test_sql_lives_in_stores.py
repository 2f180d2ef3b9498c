"""SQL is spelled in stores and migrations, nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.source import ROOT, modules, name, read

STORE = re.compile(
    r"services/\w+/store(/\w+)?\.py|shared/outbox/store\.py|shared/db(/\w+)?/\w+\.py"
)

#: Asks whether the database answers, and nothing of any table.
PROBE = "SELECT 1"

EXCEPTIONS = {
    "services/executor/actions/data_backup/session.py": "asks the database that is backed up, "
    "whichever it is, through psql",
    "deploy/local/postgres.py": "creates the database that the stores then find",
    "deploy/database/desk.py": "makes the roles as which the stores come",
    "deploy/system_backup/making.py": "asks which keys the saved secrets need, of all owners",
    "deploy/system_backup/restoring.py": "asks whether somebody is at work before it mends",
    "deploy/system_backup/mending.py": "tells a database that went back in time, whoever owns what",
}


def test_sql_lives_in_stores() -> None:
    strays = {
        f"{name(path)}:{line}"
        for path in modules("services", "shared", "deploy")
        if not STORE.fullmatch(name(path)) and name(path) not in EXCEPTIONS
        for line, text in read(path).sql
        if text != PROBE
    }

    assert strays == set()


def test_no_exception_is_left_over() -> None:
    assert {path for path in EXCEPTIONS if not any(read(ROOT / path).sql)} == set()


SOURCES: list[tuple[str, list[str | None]]] = [
    ('x = "SELECT id FROM t"', ["SELECT id FROM t"]),
    ('x = f"DELETE FROM {table} WHERE a"', ["DELETE FROM {} WHERE a"]),
    ('x = "INSERT INTO t" " VALUES (1)"', ["INSERT INTO t VALUES (1)"]),
    ('x = """\n-- Why.\nWITH a AS (SELECT 1) SELECT 2"""', [None]),
    ('x = "Select a task"', []),
    ('"""UPDATED: prose."""', []),
]


def test_sql_is_recognised(tmp_path: Path) -> None:
    for number, (source, found) in enumerate(SOURCES):
        module = tmp_path / f"module_{number}.py"
        module.write_text(source)

        texts = [text for _, text in read(module).sql]

        assert len(texts) == len(found), source
        assert all(text == wanted for text, wanted in zip(texts, found, strict=True) if wanted)
