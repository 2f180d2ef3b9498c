"""What a run wrote can be paged in both directions, filtered, counted and taken away as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from services.api.documented import run_lines as documented
from services.api.documented import tasks as documented_tasks
from tests.integration.api.client import BASE, Api, bearer
from tests.integration.api.standing import logged, minute, occurrence
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"
LEVELS = ("info", "warning", "error")


async def wrote(api: Api, run_id: UUID, attempt: int, *texts: str, level: str = "info") -> None:
    """Have a run write lines behind those that it has written."""
    first = await api.pool.fetchval(
        "SELECT count(*) FROM log.lines WHERE run_id = $1 AND attempt = $2", run_id, attempt
    )
    await api.pool.executemany(
        "INSERT INTO log.lines (run_id, attempt, seq, at, level, text)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (run_id, attempt, first + place, minute(place), level, text)
            for place, text in enumerate(texts, start=1)
        ],
    )


async def a_run(api: Api) -> UUID:
    """Have a run that failed once and then succeeded, with ten lines."""
    task = await api.create()
    run_id = await occurrence(api, task["id"], settled=True)
    await logged(api, run_id, task["id"], attempt=2, completed_at=minute(9))
    await wrote(api, run_id, 1, "one", "two 50%", "three_x")
    await wrote(api, run_id, 1, "broken", "Broken again", level="error")
    await wrote(api, run_id, 2, "once more", "it goes", "it goes on", "done")
    await wrote(api, run_id, 2, "mind the gap", level="warning")
    return run_id


async def page(api: Api, run_id: UUID, **params: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.get(f"{RUNS}/{run_id}/lines", params=params)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented_tasks.Lines.model_validate(shown)
    return shown


def texts(shown: dict[str, Any]) -> list[str]:
    return [each["text"] for each in shown["items"]]


async def test_pages_lead_forwards_and_backwards_through_all_lines(api: Api) -> None:
    run_id = await a_run(api)
    forwards: list[str] = []
    after = ""
    while shown := (answer := await page(api, run_id, limit=3, after=after))["items"]:
        forwards += [each["text"] for each in shown]
        after = answer["next"]
    backwards: list[str] = []
    before: str | None = "end"
    while before is not None:
        answer = await page(api, run_id, limit=4, before=before)
        backwards = texts(answer) + backwards
        before = answer["previous"]

    assert len(forwards) == 10
    assert forwards[0] == "one"
    assert backwards == forwards


async def test_lines_are_filtered(api: Api) -> None:
    run_id = await a_run(api)

    assert texts(await page(api, run_id, level="error")) == ["broken", "Broken again"]
    assert len(texts(await page(api, run_id, level="error,warning"))) == 3
    assert texts(await page(api, run_id, search="BROKEN A")) == ["Broken again"]
    assert texts(await page(api, run_id, search="0%")) == ["two 50%"]
    assert texts(await page(api, run_id, search="e_x")) == ["three_x"]
    assert len(texts(await page(api, run_id, attempt=2))) == 5
    assert texts(await page(api, run_id, attempt=2, before="end", limit=1)) == ["mind the gap"]


async def test_lines_are_counted_and_the_first_error_is_found(api: Api) -> None:
    run_id = await a_run(api)

    marks = (await api.http.get(f"{RUNS}/{run_id}/lines/marks")).json()

    documented.LineMarks.model_validate(marks)
    assert marks["total"] == 10
    assert marks["levels"] == {"debug": 0, "info": 7, "warning": 1, "error": 2}
    assert marks["first_error"] == {"attempt": 1, "seq": 4}
    assert [(each["attempt"], each["total"], each["last"]) for each in marks["attempts"]] == [
        (1, 5, 5),
        (2, 5, 5),
    ]
    assert [each["first_error"] for each in marks["attempts"]] == [4, None]


async def test_a_run_that_wrote_nothing_has_no_marks(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"])

    marks = (await api.http.get(f"{RUNS}/{run_id}/lines/marks")).json()

    assert (marks["total"], marks["first_error"], marks["attempts"]) == (0, None, [])


async def test_lines_come_as_a_file(api: Api) -> None:
    run_id = await a_run(api)
    headers = {"Accept": "text/plain"}

    answer = await api.http.get(f"{RUNS}/{run_id}/lines/download", headers=headers)
    errors = await api.http.get(f"{RUNS}/{run_id}/lines/download", params={"level": "error"})

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{run_id}.log"'
    lines = answer.text.splitlines()
    assert len(lines) == 10
    assert lines[3] == "2026-01-01T00:01:00Z #1 ERROR   broken"
    assert len(errors.text.splitlines()) == 2


async def test_a_long_file_is_complete(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"])
    await wrote(api, run_id, 1, *(f"line {number}" for number in range(2_500)))

    answer = await api.http.get(f"{RUNS}/{run_id}/lines/download")

    said = [line.rpartition("line ")[2] for line in answer.text.splitlines()]
    assert said == [str(number) for number in range(2_500)]


async def test_odd_questions_are_refused(shared_api: Api) -> None:
    for case in cases(
        [
            ("level=loud", "/query/level"),
            ("before=1", "/query/after"),
            ("after=1.1&before=2.1", "/query/before"),
            ("attempt=-1", "/query/attempt"),
            ("search=" + "x" * 201, "/query/search"),
            ("search=a%00b", "/query/search"),
            ("limit=1001", "/query/limit"),
        ]
    ):
        with case as (query, pointer):
            answer = await shared_api.http.get(f"{RUNS}/{uuid4()}/lines?{query}")

            assert answer.status_code == 400
            assert pointer in [each["pointer"] for each in answer.json()["errors"]]


async def test_an_unknown_run_has_no_lines(shared_api: Api) -> None:
    for case in cases(["", "/marks", "/download", "/stream"]):
        with case as what:
            answer = await shared_api.http.get(f"{RUNS}/{uuid4()}/lines{what}")

            assert answer.status_code == 404


async def test_each_path_serves_its_own_kind(shared_api: Api) -> None:
    for case in cases(
        [
            ("/lines/stream", "text/event-stream", 404),
            ("/lines/download", "text/plain", 404),
            ("/lines", "text/event-stream", 406),
            ("/lines", "text/plain", 406),
            ("/lines/stream", "text/html", 406),
            ("/lines/download", "text/event-stream", 406),
        ]
    ):
        with case as (path, accept, status):
            answer = await shared_api.http.get(
                f"{RUNS}/{uuid4()}{path}", headers={"Accept": accept}
            )

            assert answer.status_code == status


async def test_only_who_may_reads_them(shared_api: Api) -> None:
    reader = bearer(await shared_api.token("tasks:read"))
    for what in ("", "/marks", "/download", "/stream"):
        answer = await shared_api.http.get(f"{RUNS}/{uuid4()}/lines{what}", headers=reader)
        assert answer.status_code == 403
