"""What of a backup is refused when its task is saved, and how a password stays out of sight."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackupParams
from tests.support.cases import table


@table(
    "folder",
    [
        *("", "/etc/cron.d", "..", "../../etc/cron.d/x", "a/../../b", "a/..", "a//b", "a/", "."),
        *(
            "./a",
            "~",
            "~root",
            "C:/x",
            "C:\\x",
            "a\\b",
            "a\0b",
            "a\nb",
            "-rf",
            "a/-b",
            ".partial-x",
        ),
        *("/dev/sda", " a", "a ", "a\u202eb", "x" * 5000, "中" * 100, "a/" * 9 + "a"),
    ],
)
def test_no_folder_leads_out(folder: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DataBackupParams.model_validate({"folder": folder})

    assert caught.value.errors()[0]["type"].startswith("path.")


@table(
    "given",
    [
        *({"keep_last": n} for n in (0, 1001, -1, 1.5, "7")),
        *({"compress": n} for n in (-1, 10, True)),
        *({"exclude_tables": [t]} for t in ("", "a b", "a;b", '"a"', "a.b.c", "-x", "a\n", "a'")),
        {"database_url": "postgresql://evil"},
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DataBackupParams.model_validate(given)


@table(
    ("url", "address", "password"),
    [
        ("postgresql://u:p%40ss@h:5/d", "postgresql://u@h:5/d", "p@ss"),
        ("postgres://u@h/d", "postgresql://u@h/d", None),
        ("postgresql://u:a:b@h1:1,h2:2/d", "postgresql://u@h1:1,h2:2/d", "a:b"),
        ("postgresql:///d?host=/s&password=x%26y", "postgresql:///d?host=%2Fs", "x&y"),
        (
            "postgresql://u:p@[::1]:5/d?sslmode=require",
            "postgresql://u@[::1]:5/d?sslmode=require",
            "p",
        ),
    ],
)
def test_the_password_is_split_off(
    url: str, address: str, password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    source = postgres_tools.source_of(url)

    assert source.address == address
    assert source.env.get("PGPASSWORD") == password


def test_a_server_that_a_secret_names_does_not_get_our_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "of our own server")

    assert "PGPASSWORD" not in postgres_tools.source_of("postgresql://u@h/d", is_ours=False).env
    assert postgres_tools.source_of("postgresql://u@h/d").env["PGPASSWORD"] == "of our own server"


def test_everything_has_a_default() -> None:
    assert DataBackupParams.model_validate({}) == DataBackupParams()


def test_the_form_speaks_both_languages() -> None:
    for shown in DataBackupParams.model_json_schema()["properties"].values():
        assert shown["title"]
        assert shown["x-i18n"]["zh-TW"]["title"]
