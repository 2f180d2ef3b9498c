"""The audit list as a file, and the words that stand in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.api.access import known_tokens
from services.api.access.audit_file import csv_head, csv_lines
from services.api.documented import audit as documented
from services.api.routes import audit as module
from services.api.store import audit as store
from services.api.store.audit import ListedRow
from services.api.wire.front_door import FrontDoor
from tests.integration.api.client import BASE, Api, a_task, bearer, client_of
from tests.integration.api.tampering import tamper

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
    *found, end = [json.loads(line) for line in whole.text.splitlines()]
    assert found == listed
    assert end["end"]["rows"] == len(listed)
    assert whole.headers["content-type"] == "application/jsonl"


async def test_other_forms_and_times_are_refused(api: Api) -> None:
    for params in ({"format": "xlsx"}, {"from": "yesterday"}):
        assert (await api.http.get(EXPORT, params=params)).status_code == 400
    reader = bearer(await api.token("tasks:read"))
    assert (await api.http.get(EXPORT, headers=reader)).status_code == 403


async def test_whoever_wants_the_form_by_name_gets_it(api: Api) -> None:
    for form, kind in (("csv", "text/csv"), ("jsonl", "application/jsonl")):
        answer = await api.http.get(EXPORT, params={"format": form}, headers={"Accept": kind})
        assert answer.status_code == 200, answer.text


async def test_readers_of_a_long_file_take_no_room_from_others(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    await api.create()
    door = FrontDoor(api.framework, max_in_flight=1)
    during: list[int] = []

    async def other_looks(*given: Any, **named: Any) -> list[ListedRow]:  # noqa: ANN401 - of `page`
        if not during:
            during.append(0)
            async with client_of(door, headers=api.http.headers) as other:
                during[0] = (await other.get(f"{BASE}/session")).status_code
        return await page(*given, **named)

    page: Callable[..., Awaitable[list[ListedRow]]] = store.page
    monkeypatch.setattr(store, "page", other_looks)
    async with client_of(door, headers=api.http.headers) as http:
        assert (await http.get(EXPORT)).status_code == 200

    assert during == [200]


async def test_a_right_that_is_taken_away_ends_the_file(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(known_tokens, "REMEMBERED", 0)
    for _ in range(3):
        await api.create()
    reader = bearer(await api.token("audit:read"))

    async def taken_away(*given: Any, **named: Any) -> list[ListedRow]:  # noqa: ANN401 - of `page`
        await api.pool.execute("UPDATE api.tokens SET revoked_at = now() WHERE name <> 'admin'")
        return await page(*given, **named)

    page: Callable[..., Awaitable[list[ListedRow]]] = store.page
    monkeypatch.setattr(store, "page", taken_away)
    with pytest.raises(AssertionError):  # the client's: the answer was cut off
        await api.http.get(EXPORT, headers=reader)


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
    await tamper(api, "DELETE FROM api.audit")

    words = (await api.http.get(f"{BASE}/audit/words")).json()
    assert words == {"actors": [], "verbs": [], "subject_kinds": []}
