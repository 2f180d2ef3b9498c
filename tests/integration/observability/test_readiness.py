"""/readyz says what is missing in words: which migration, which right, which stream; no secret."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from shared.bus.watch import Drifted
from shared.db.pool import open_pool
from shared.db.schema import Schema
from shared.runtime.trouble import trouble_of
from shared.runtime.web import Check, health_app
from tests.support.roles import pool_as

VIEWS = {
    "api": "api.api_migrations",
    "scheduler": "scheduler.scheduler_migrations",
    "executor": "executor.executor_migrations",
    "log_writer": "log.log_writer_migrations",
    "notifier": "notify.notifier_migrations",
}


async def asked(path: str, **checks: Check) -> httpx.Response:
    transport = httpx.ASGITransport(app=health_app(checks))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.get(path)


@pytest.mark.parametrize("role", VIEWS)
async def test_every_service_can_tell_which_migration_it_misses(role: str, database: str) -> None:
    async with pool_as(role, database) as pool, await open_pool(database, name="owner") as owner:
        schema = Schema(pool, VIEWS[role])
        await owner.execute("DELETE FROM public.schema_migrations WHERE name LIKE '0039%'")

        answer = await asked("/readyz", database=schema.check)

        assert answer.status_code == 503
        (problem,) = answer.json()["problems"]
        assert problem["check"] == "database"
        assert "0039_pre_observability" in problem["message"]
        assert "automation db migrate" in problem["message_zh_tw"]
        await owner.execute(
            "INSERT INTO public.schema_migrations VALUES ('0039_pre_observability', '')"
        )
        assert (await asked("/readyz", database=schema.check)).status_code == 200


async def test_a_database_without_any_schema_is_said_to_lack_migrations(database: str) -> None:
    async with await open_pool(database, name="owner") as owner:
        await owner.execute("DROP VIEW scheduler.scheduler_migrations")

        answer = await asked("/readyz", database=Schema(owner, VIEWS["scheduler"]).check)

        assert "0001_pre_api" in answer.json()["problems"][0]["message"]


async def test_a_missing_right_is_named(database: str) -> None:
    async with pool_as("executor", database) as pool:

        async def check() -> None:
            await pool.fetch("SELECT name FROM api.secrets")

        answer = await asked("/readyz", secrets=check)

    (problem,) = answer.json()["problems"]
    assert "permission denied for" in problem["message"]
    assert "automation db roles" in problem["message"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Drifted("stream RUNS max_age is 1"), "RUNS"),
        (asyncpg.InvalidPasswordError("password authentication failed for geheim"), "log-in"),
        (ConnectionRefusedError(111, "geheim"), "Connection refused"),
        (TimeoutError(), "did not answer"),
        (RuntimeError("geheim"), "RuntimeError"),
        (asyncpg.TooManyConnectionsError("geheim"), "connections"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_error_is_told_in_words_without_what_it_quotes(error: Exception, said: str) -> None:
    told = trouble_of(error)

    assert said in told.words.en
    assert told.words.zh_tw != told.words.en
    assert "geheim" not in told.words.en + told.words.zh_tw


async def test_all_that_is_wrong_is_told_and_what_is_well_is_listed() -> None:
    async def fine() -> None: ...

    async def broken() -> None:
        raise TimeoutError

    answer = await asked("/readyz", a=broken, b=fine, c=broken)
    well = await asked("/readyz", a=fine)

    assert [each["check"] for each in answer.json()["problems"]] == ["a", "c"]
    assert answer.json()["failed"] == {"a": "TimeoutError", "c": "TimeoutError"}
    assert well.json() == {"status": "ok", "checked": ["a"]}


async def test_where_requests_go_is_decided_by_what_answers_them() -> None:
    async def well() -> None:
        pass

    async def broken() -> None:
        raise ConnectionRefusedError

    async def asked_of(checks: dict[str, Check]) -> tuple[int, int]:
        app = health_app(checks, {"database"})
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            whole, part = [await client.get(each) for each in ("/readyz", "/readyz/answering")]
        return whole.status_code, part.status_code

    assert await asked_of({"database": well, "bus": broken}) == (503, 200)
    assert await asked_of({"database": broken, "bus": well}) == (503, 503)
    assert await asked_of({"database": well, "bus": well}) == (200, 200)


async def test_who_names_nothing_needs_all_of_it_to_answer() -> None:
    async def broken() -> None:
        raise ConnectionRefusedError

    assert (await asked("/readyz/answering", bus=broken)).status_code == 503
