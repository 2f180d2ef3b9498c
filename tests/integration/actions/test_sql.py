"""The SQL action on a real server."""

from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest

from services.executor.actions.programs import program
from services.executor.actions.sql import client
from services.executor.actions.sql.action import Sql, SqlParams
from shared.contracts.action import ActionFailed, Outcome, Rights
from tests.support.context import RecordingContext

WRITES = Rights(sql_writes=True)


@pytest.fixture(autouse=True)
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client work in this process: to start two for a statement costs more than that."""

    async def here(asked: program.Program, **_: object) -> program.Ended:
        said = await client._answer(json.loads(asked.stdin))  # noqa: SLF001 - all but its pipes
        return program.Ended(code=0, output=json.dumps(said, ensure_ascii=False).encode())

    monkeypatch.setattr(program, "run", here)


@pytest.fixture
def as_programs(at_hand: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - to be undone
    """Let it be the program that it is."""
    monkeypatch.undo()


def context_for(dsn: str, rights: Rights | None = None) -> RecordingContext:
    return RecordingContext(secrets={"db": dsn}, rights=rights or Rights())


async def run(
    dsn: str, statement: str, *parameters: object, rights: Rights | None = None, **more: object
) -> Outcome:
    params = SqlParams.model_validate(
        {"dsn": "db", "statement": statement, "parameters": list(parameters), **more}
    )
    return await Sql().run(params, context_for(dsn, rights))


async def failure(dsn: str, statement: str, *parameters: object, **more: object) -> ActionFailed:
    with pytest.raises(ActionFailed) as failed:
        await run(dsn, statement, *parameters, **more)  # type: ignore[arg-type]  # any of its parameters
    return failed.value


@pytest.mark.usefixtures("as_programs")
async def test_rows_come_back_as_json(module_database: str) -> None:
    outcome = await run(
        module_database,
        "SELECT 1 AS n, 'é' AS t, null AS nothing, 1.50::numeric AS money, true AS b,"
        " '2026-01-02'::date AS d, '2026-01-02 03:04:05+02'::timestamptz AS at,"
        """ '{"a": [1]}'::jsonb AS j, ARRAY[1,2] AS l, '\\x00ff'::bytea AS raw,"""
        " 'NaN'::float8 AS nan, 12345678901234567890::numeric AS big,"
        " '00000000-0000-0000-0000-000000000001'::uuid AS id",
    )

    assert dict(zip(outcome.data["columns"], outcome.data["rows"][0], strict=True)) == {
        "n": 1,
        "t": "é",
        "nothing": None,
        "money": 1.5,
        "b": True,
        "d": "2026-01-02",
        "at": "2026-01-02 01:04:05+00",
        "j": {"a": [1]},
        "l": [1, 2],
        "raw": "\\x00ff",
        "nan": "nan",
        "big": 12345678901234567890,
        "id": "00000000-0000-0000-0000-000000000001",
    }


async def test_parameters_are_bound_and_never_part_of_the_text(module_database: str) -> None:
    hostile = "'; DROP TABLE api.tasks; --"
    outcome = await run(
        module_database,
        "SELECT $1::text, $2::timestamptz < now(), $3::int + 1, $4::numeric, $5::jsonb ->> 'a',"
        " $6::uuid",
        *(hostile, "2026-01-01T00:00:00Z", 41, "1.25", {"a": "b"}),
        "00000000-0000-0000-0000-000000000001",
    )

    (row,) = outcome.data["rows"]
    assert row[:1] + row[2:5] == [hostile, 42, 1.25, "b"]


async def test_nothing_is_written_unless_it_is_allowed(module_database: str) -> None:
    """Not by what begins as a reading statement either."""
    codes = {
        "WITH made AS (DELETE FROM api.tasks RETURNING 1) SELECT 1": "25006",
        "SELECT lo_create(0)": "25006",
        "SELECT set_config('transaction_read_only', 'off', false)": "25001",
        "SELECT 1 INTO public.made": "25006",
        "SELECT 1; DROP TABLE api.tasks": "42601",
    }
    failed = await asyncio.gather(*(failure(module_database, each) for each in codes))

    assert [each.data["sqlstate"] for each in failed] == list(codes.values())
    assert all(each.permanent for each in failed)


async def test_what_the_server_lets_through_does_not_stay(module_database: str) -> None:
    await run(module_database, "EXPLAIN ANALYZE CREATE TABLE public.made AS SELECT 1")

    there = await run(module_database, "SELECT to_regclass('public.made')::text")

    assert there.data["rows"] == [[None]]


async def test_writing_needs_the_executors_word_too(module_database: str) -> None:
    failed = await failure(module_database, "CREATE TABLE public.x ()", write=True)

    assert failed.permanent
    assert "AUTOMATION_SQL_WRITES" in str(failed)


async def test_what_is_written_stays_and_a_repetition_can_be_harmless(module_database: str) -> None:
    statement = "INSERT INTO public.seats VALUES ($1) ON CONFLICT DO NOTHING RETURNING n"
    create = "CREATE TABLE public.seats (n int PRIMARY KEY)"
    await run(module_database, create, rights=WRITES, write=True)

    first = await run(module_database, statement, 7, rights=WRITES, write=True)
    again = await run(module_database, statement, 7, rights=WRITES, write=True)
    there = await run(module_database, "TABLE public.seats")

    assert (first.data["rows"], again.data["rows"], there.data["rows"]) == ([[7]], [], [[7]])
    assert (first.data["tag"], again.data["tag"]) == ("INSERT 0 1", "INSERT 0 0")


async def test_what_is_expected_decides(module_database: str) -> None:
    statement = "SELECT n::numeric FROM generate_series(1, 3) n"
    for good in (
        {"expect_rows": {"min": 3, "max": 3}, "max_rows": 1},
        {"expect_value": {"op": "lt", "value": 2}},
    ):
        outcome = await run(module_database, statement, **good)
        assert outcome.data["row_count"] == 3

    for bad, says in (
        ({"expect_rows": {"max": 2}}, "3 rows in .*; expected: at most 2"),
        ({"expect_rows": {"min": 4}}, "3 rows in .*; expected: at least 4"),
        ({"expect_value": {"op": "gt", "value": 2}}, "the value is 1; expected: gt 2"),
    ):
        with pytest.raises(ActionFailed, match=says) as failed:
            await run(module_database, statement, **bad)
        assert failed.value.data["rows"] == [[1], [2], [3]]


async def test_only_so_much_is_kept(module_database: str) -> None:
    many = "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"
    rows = await run(module_database, many, max_rows=5)
    size = await run(module_database, many, max_rows=1000)

    assert (len(rows.data["rows"]), rows.data["truncated"]) == (5, True)
    assert "more than 5 rows" in rows.summary
    assert 40 <= len(size.data["rows"]) <= 48


async def test_the_server_ends_what_takes_too_long(module_database: str) -> None:
    failed = await failure(module_database, "SELECT pg_sleep(60)", timeout_seconds=0.1)

    assert "statement timeout" in str(failed)
    assert not failed.permanent


async def test_a_lock_is_not_waited_for_for_ever(module_database: str) -> None:
    holder = await asyncpg.connect(module_database)
    try:
        await holder.execute("BEGIN; LOCK TABLE api.tasks IN ACCESS EXCLUSIVE MODE")
        failed = await failure(
            module_database, "SELECT 1 FROM api.tasks", lock_timeout_seconds=0.05
        )
    finally:
        await holder.close()

    assert "lock timeout" in str(failed)


@pytest.mark.usefixtures("as_programs")
async def test_a_run_that_is_stopped_stops_the_server_too(module_database: str) -> None:
    work = asyncio.create_task(run(module_database, "SELECT pg_sleep(61)"))
    looking = await asyncpg.connect(module_database)
    try:
        await eventually(looking, 1)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await eventually(looking, 0)
    finally:
        await looking.close()


async def eventually(connection: asyncpg.Connection[asyncpg.Record], sleepers: int) -> None:
    """Wait until so many sessions sleep on the server."""
    look = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
        " AND query = 'SELECT pg_sleep(61)'"
    )
    async with asyncio.timeout(20):
        while await connection.fetchval(look) != sleepers:  # noqa: ASYNC110 - it says nothing
            await asyncio.sleep(0.02)


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    for dsn, permanent in (
        ("postgresql://ada:hunter2pass@127.0.0.1:1/none", False),
        ("mysql://ada:hunter2pass@127.0.0.1/none", True),
        ("hunter2pass", True),
    ):
        failed = await failure(dsn, "SELECT 1")

        assert failed.permanent is permanent, dsn
        assert "hunter2pass" not in f"{failed}{failed.data}"


async def test_what_is_wrong_with_a_statement_fails_for_good(module_database: str) -> None:
    column, parameter = await asyncio.gather(
        failure(module_database, "SELECT no_such_column"),
        failure(module_database, "SELECT $1::int", "x"),
    )

    assert column.permanent
    assert column.data["sqlstate"] == "42703"
    assert parameter.permanent


async def test_a_plan_executes_nothing() -> None:
    context = RecordingContext()
    params = SqlParams.model_validate({"dsn": "none", "statement": "SELECT 1", "dry_run": True})

    outcome = await Sql().run(params, context)

    assert outcome.data["plan"] == [{"do": "read", "dsn": "none", "statement": "SELECT 1"}]
