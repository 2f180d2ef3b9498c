"""From a task's action to a process of the operating system and back: nothing is scripted here."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID

import psutil

from tests.integration.account_runtime.place import Place, ask, demo
from tests.integration.platform.floor import Platform, eventually
from tests.integration.platform.test_account_actions import a_run, fates, live, start, stop
from tests.integration.platform.test_account_states import account, events
from tests.integration.platform.test_accounts_api import ACCOUNTS, create
from tests.support.servers import temporary_folder


async def test_what_an_action_starts_appears_answers_and_disappears(
    platform: Platform, nats_url: str
) -> None:
    async with temporary_folder() as folder:
        place = Place(folder, platform.bus, nats_url, cast("Any", None))
        try:
            async with place.here():
                created = [await create(platform, name, config=demo()) for name in ("a1", "a2")]
                await live(platform)
                started = await start(await a_run(platform))
                assert fates(started.data) == {"a1": "done", "a2": "done"}
                # Targets come in the order in which they began to work.
                pid = {each["id"]: each["after"]["pid"] for each in started.data["targets"]}
                pids = [pid["a1"], pid["a2"]]
                assert all(psutil.pid_exists(pid) for pid in pids)
                assert place.programs(UUID(created[0]["id"])) == {pids[0]}
                detail = (await account(platform))["detail"]
                assert (await ask(int(detail.removeprefix("port "))))["account_id"] == "a1"

                stopped = await stop(await a_run(platform), account_ids=["a1"])
                assert fates(stopped.data) == {"a1": "done"}
                assert not psutil.pid_exists(pids[0])
                assert psutil.pid_exists(pids[1])
                await platform.http.delete(f"{ACCOUNTS}/a2")

                async def is_forgotten() -> bool:
                    left: int = await platform.pool.fetchval(
                        "SELECT count(*) FROM api.accounts_gone"
                    )
                    return left == 0

                await eventually(is_forgotten, "its runtime has stopped the deleted one")
                assert not psutil.pid_exists(pids[1])
        finally:
            await asyncio.to_thread(place.end)
    told = [each["data"]["to"] for each in await events(platform)]
    assert {"starting", "working", "stopped"} <= set(told)
