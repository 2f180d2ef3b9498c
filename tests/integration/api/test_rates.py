"""Who asks too often is told when to come back, and is nobody else's trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from services.api.access.rates import Budget, Rates
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer, client_of, running_api
from tests.integration.api.people import PASSWORD, log_in, serving_people

#: Three at once, then one every two seconds.
SMALL = Budget(30, 3)


@dataclass
class Clock:
    """Time that passes when the test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def limited(database: str, **budgets: Budget) -> AsyncIterator[tuple[Api, Clock]]:
    clock = Clock()
    rates = Rates(clock=clock)
    for name, budget in budgets.items():
        setattr(rates, name, budget)
    async with running_api(database, rates=rates) as api:
        yield api, clock


async def statuses(http: httpx.AsyncClient, count: int, path: str = TASKS) -> list[int]:
    return [(await http.get(path)).status_code for _ in range(count)]


async def test_a_token_has_so_many_requests_and_gets_more_with_time(database: str) -> None:
    async with limited(database, reads=SMALL) as (api, clock):
        answers = [await api.http.get(TASKS) for _ in range(4)]

        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert {each.headers["ratelimit-policy"] for each in answers} == {'"reads";q=3;w=6'}
        assert [each.headers["ratelimit"] for each in answers] == [
            '"reads";r=2;t=0',
            '"reads";r=1;t=0',
            '"reads";r=0;t=2',
            '"reads";r=0;t=2',
        ]
        assert answers[-1].headers["retry-after"] == "2"
        clock.now += 2
        assert await statuses(api.http, 2) == [200, 429]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Too many requests"), ("zh-TW", "請求過於頻繁")]
)
async def test_the_refusal_is_told_in_both_languages(
    database: str, language: str, words: str
) -> None:
    async with limited(database, reads=Budget(60, 1)) as (api, _):
        await api.http.get(TASKS)

        refused = await api.http.get(TASKS, headers={"Accept-Language": language})

        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["content-language"] == language
        said = refused.json()
        assert (said["status"], said["code"]) == (429, "rate.exceeded")
        assert words in said["detail"]
        assert "1" in said["detail"]


async def test_reads_and_writes_and_tokens_are_counted_apart(database: str) -> None:
    async with limited(database, reads=SMALL, writes=SMALL) as (api, _):
        assert await statuses(api.http, 4) == [200, 200, 200, 429]

        writes = [(await api.http.post(TASKS, json=a_task())).status_code for _ in range(4)]
        assert writes == [201, 201, 201, 429]
        async with client_of(api.app, bearer(await api.token("tasks:read"))) as other:
            assert await statuses(other, 4) == [200, 200, 200, 429]


async def test_what_is_forbidden_counts_as_well(database: str) -> None:
    async with (
        limited(database, reads=SMALL) as (api, _),
        client_of(api.app, bearer(await api.token("tasks:read"))) as client,
    ):
        assert await statuses(client, 4, f"{BASE}/audit") == [403, 403, 403, 429]


async def test_sessions_of_one_person_share_a_budget(database: str) -> None:
    async with serving_people(database, rates=Rates(reads=SMALL, clock=Clock())) as people:
        ann = await people.person("ann")
        other = await people.browser()
        assert (await log_in(other, "ann", PASSWORD)).status_code == 200

        assert await statuses(ann.browser, 2) == [200, 200]
        assert await statuses(other, 2) == [200, 429]


async def test_a_stream_counts_once_however_long_it_lasts(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.api.routes import audit  # noqa: PLC0415 - the one name that is changed

    monkeypatch.setattr(audit, "BATCH", 1)
    async with limited(database, reads=SMALL) as (api, _):
        for _ in range(6):
            await api.create()

        whole = await api.http.get(f"{BASE}/audit/export?format=jsonl")

        assert len(whole.text.splitlines()) > 6  # each of them asked again who reads
        assert await statuses(api.http, 3) == [200, 200, 429]


async def test_strangers_of_a_network_are_not_looked_at_any_more(database: str) -> None:
    async with limited(database, strangers=SMALL) as (api, clock):
        good = api.http
        assert await statuses(good, 1) == [200]
        late = bearer(await api.token("tasks:read"))
        async with client_of(api.app, bearer("atm_wrong")) as wrong:
            answers = [await wrong.get(TASKS) for _ in range(5)]

        assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
        assert answers[-1].json()["code"] == "rate.strangers"
        assert answers[-1].headers["retry-after"] == "2"
        assert answers[-1].headers["ratelimit-policy"].startswith('"strangers"')
        # Whoever was let in before stays in; whoever was not waits as well, and not for long.
        assert await statuses(good, 5) == [200] * 5
        async with client_of(api.app, late) as client:
            assert await statuses(client, 1) == [429]
            clock.now += 2
            assert await statuses(client, 5) == [200] * 5


async def test_routes_for_anybody_count_by_network_and_probes_do_not(database: str) -> None:
    async with limited(database, strangers=SMALL) as (api, _), client_of(api.app) as nobody:
        assert await statuses(nobody, 5, "/healthz") == [200] * 5
        assert await statuses(nobody, 4, f"{BASE}/setup") == [200, 200, 200, 429]
        wrong = await nobody.post(f"{BASE}/session", json={"name": "a", "password": "b"})
        assert wrong.status_code == 429
        assert await statuses(nobody, 5, "/healthz") == [200] * 5


async def test_without_budgets_nobody_is_limited(database: str) -> None:
    async with limited(database) as (api, _):
        answers = [await api.http.get(TASKS) for _ in range(20)]
        assert {each.status_code for each in answers} == {200}
        assert "ratelimit" not in answers[0].headers
