"""The audit list as a file, and the words that stand in it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from services.api.access.audit_file import csv_head, csv_lines
from services.api.documented import audit as documented
from services.api.routes import audit as module
from tests.integration.api.client import BASE, Api, a_task, bearer

EXPORT = f"{BASE}/audit/export"


async def test_the_csv_holds_every_row_and_no_formula(api: Api) -> None:
    names = ["=1+1", "+1", "-1", "@x", "a,b", 'with "quotes"', "中文"]
    for name in names:
        await api.create(name=name)

    answer = await api.http.get(EXPORT, params={"format": "csv", "verb": "task.created"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert answer.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [json.loads(row["after"])["name"] for row in rows] == names[::-1]
    assert rows[0]["actor"] == "admin"
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_a_cell_that_looks_like_a_formula_is_text() -> None:
    entry = dict.fromkeys(
        ("id", "at", "verb", "subject_kind", "before", "after", "user_id", "token_id"), None
    )
    entry |= dict.fromkeys(("run_id", "ip", "request_id"), None)
    lines = csv_lines([{**entry, "actor": '=HYPERLINK("x")', "subject_id": "\t=1"}])

    [row] = list(csv.DictReader(io.StringIO(csv_head().removeprefix("\ufeff") + lines, newline="")))
    assert (row["actor"], row["subject_id"]) == ('\'=HYPERLINK("x")', "'\t=1")


async def test_json_lines_are_what_the_list_shows_page_by_page(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    for number in range(5):
        await api.create(name=f"task {number}")

    whole = await api.http.get(EXPORT, params={"format": "jsonl"})

    listed = (await api.http.get(f"{BASE}/audit?limit=500")).json()["items"]
    found = [json.loads(line) for line in whole.text.splitlines()]
    assert found == listed
    assert whole.headers["content-type"] == "application/jsonl"


async def test_other_forms_and_times_are_refused(api: Api) -> None:
    for params in ({"format": "xlsx"}, {"from": "yesterday"}):
        assert (await api.http.get(EXPORT, params=params)).status_code == 400
    reader = bearer(await api.token("tasks:read"))
    assert (await api.http.get(EXPORT, headers=reader)).status_code == 403


async def test_each_word_of_the_list_is_told_once(api: Api) -> None:
    writer = bearer(await api.token("tasks:write"))
    for _ in range(3):
        await api.http.post(f"{BASE}/automation-tasks", json=a_task(), headers=writer)
    await api.http.post(f"{BASE}/pause")

    words = documented.AuditWords.model_validate((await api.http.get(f"{BASE}/audit/words")).json())

    assert words.verbs == sorted(["task.created", "token.created", "everything.paused"])
    assert words.subject_kinds == sorted(["task", "token", "switch"])
    assert len(words.actors) == len(set(words.actors)) == 3


async def test_an_empty_list_has_no_words(api: Api) -> None:
    await api.pool.execute("DELETE FROM api.audit")

    words = (await api.http.get(f"{BASE}/audit/words")).json()
    assert words == {"actors": [], "verbs": [], "subject_kinds": []}
