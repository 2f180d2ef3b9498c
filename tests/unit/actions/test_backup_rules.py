"""What a task may say of its backups, and how it is told what it may not."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.api.runs.ask import params_problems
from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackup, DataBackupParams
from services.executor.actions.data_backup.drill import is_due, with_database
from services.executor.actions.data_backup.packing import unpack
from services.executor.actions.data_backup.places import Backup, Manifest, Verification
from services.executor.actions.data_backup.s3 import LEAST_PART, MOST_PARTS, part_size
from services.executor.actions.data_backup.session import without_excluded
from shared.contracts.action import ActionFailed
from shared.domain.texts.backups import TEXTS
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUN = UUID(int=1)
CATALOG = {"data_backup": DataBackup()}


@table(
    ("config", "pointer", "code"),
    [
        ({"encrypt_to": ["ssh-rsa x"]}, "/encrypt_to", "backup.recipient"),
        ({"smoke_sql": "\\! id"}, "/smoke_sql", "backup.smoke_sql"),
        ({"smoke_sql": "SELECT 1"}, "/smoke_sql", "backup.scratch_needed"),
        ({"restore_every_days": 0}, "/restore_every_days", "field.at_least"),
        ({"format": "plain"}, "/format", "field.choice"),
        ({"s3": {"bucket": "b" * 9}}, "/s3/access_key_secret", "field.required"),
        ({"dsn_secret": "postgresql://u:p@h/d"}, "/dsn_secret", "field.pattern"),
        (
            {"encrypt_to": ["age1" + "q" * 58], "verify": "restore"},
            "/key_secret",
            "backup.key_needed",
        ),
    ],
)
def test_bad_parameters_are_refused_with_the_field_named(
    config: dict[str, object], pointer: str, code: str
) -> None:
    problems = params_problems("data_backup", config, CATALOG, "")

    assert {each.pointer: each.code for each in problems}.get(pointer) == code, problems
    assert not code.startswith("backup.") or code in TEXTS


def test_nothing_has_to_be_said() -> None:
    assert params_problems("data_backup", {}, CATALOG, "") == []


def test_every_field_of_the_form_is_labelled_in_both_languages() -> None:
    schema = DataBackupParams.model_json_schema()
    fields: dict[str, Any] = {**schema["properties"], **schema["$defs"]["S3Params"]["properties"]}
    assert {name for name, each in fields.items() if "zh-TW" not in each.get("x-i18n", {})} == set()


def test_names_of_secrets_are_marked_for_the_form() -> None:
    schema = str(DataBackupParams.model_json_schema())
    assert schema.count("x-secret") == 5


@table(
    ("patterns", "left"),
    [
        ([], {"log.runs", "api.tasks", "public.t"}),
        (["log.*"], {"api.tasks", "public.t"}),
        (["LOG.R*s"], {"api.tasks", "public.t"}),
        (["t*"], {"log.runs"}),
        (["api.task"], {"log.runs", "api.tasks", "public.t"}),
    ],
)
def test_tables_without_rows_are_not_counted(patterns: list[str], left: set[str]) -> None:
    rows = {"log.runs": 1, "api.tasks": 2, "public.t": 3}
    assert set(without_excluded(rows, patterns)) == left


@table("name", ["../out", "/out", "a/b", "..", "link"])
async def test_a_forged_archive_writes_nowhere_else(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    tmp_path = tmp_path_factory.mktemp("forged")
    forged = tmp_path / "database.tar"
    with tarfile.open(forged, "w") as tar:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(member)
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    manifest = a_backup(day=0).manifest.model_copy(
        update={"format": "directory", "file": "database.tar"}
    )

    with pytest.raises(ActionFailed, match="damaged"):
        await unpack(forged, manifest, into, None)

    assert [each.name for each in into.rglob("*")] == ["database.dir"]


@table("file", ["../../x", "/etc/passwd", "database.dump/../x", ""])
def test_a_forged_manifest_names_no_other_file(file: str) -> None:
    told = a_backup(day=0).manifest.model_dump(mode="json") | {"file": file}
    with pytest.raises(ValidationError):
        Manifest.model_validate(told)


@table("size", [1, LEAST_PART * MOST_PARTS, 5 << 40])
def test_a_file_of_any_size_has_parts_that_the_store_takes(size: int) -> None:
    part = part_size(size)
    assert 5 << 20 <= part <= 5 << 30
    assert -(-size // part) <= MOST_PARTS


def test_another_database_on_the_same_server() -> None:
    source = postgres_tools.source_of("postgresql://u:p@/db?host=/run")
    assert with_database(source, "x").address == "postgresql://u@/x?host=%2Frun"


def a_backup(*, day: int, drilled: bool | None = None) -> Backup:
    at = NOON + timedelta(days=day)
    manifest = Manifest(
        id="x",
        run_id=RUN,
        task_id=RUN,
        started_at=at,
        finished_at=at,
        server_version="18",
        tool_version="18",
        file="database.dump",
        sha256="",
        size=1,
        tables=1,
        excluded_tables=[],
    )
    found = None if drilled is None else Verification(ok=drilled, at=at, run_id=RUN)
    return Backup("x", manifest, found)


@table(
    ("given", "before", "due"),
    [
        ({}, [], False),
        ({"verify": "restore"}, [a_backup(day=6, drilled=True)], True),
        ({"restore_every_days": 7}, [], True),
        ({"restore_every_days": 7}, [a_backup(day=1, drilled=True)], False),
        ({"restore_every_days": 7}, [a_backup(day=0, drilled=True)], True),
        ({"restore_every_days": 7}, [a_backup(day=6, drilled=False)], True),
        ({"restore_every_days": 7}, [a_backup(day=6)], True),
    ],
)
def test_drills_take_place_every_so_many_days(
    given: dict[str, object], before: list[Backup], *, due: bool
) -> None:
    params = DataBackupParams.model_validate(given)
    now = NOON + timedelta(days=7)

    assert is_due(params, a_backup(day=7), before, now=now) is due
    assert not is_due(params, a_backup(day=7, drilled=True), before, now=now)


@table(
    ("given", "expected"),
    [
        ({}, "manifest"),
        ({"verify": "restore"}, "restore"),
        ({"verify": "restore", "restore_every_days": 7}, "manifest"),
    ],
)
def test_what_is_restored_now_and_then_counts_in_between(
    given: dict[str, object], expected: str
) -> None:
    assert DataBackupParams.model_validate(given).expects == expected


def test_what_was_not_said_by_older_versions_counts_as_it_did() -> None:
    assert a_backup(day=0).is_verified
    assert not a_backup(day=0, drilled=False).is_verified
