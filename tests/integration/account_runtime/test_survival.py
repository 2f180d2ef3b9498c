"""A runtime may end in any way, at any moment: no account is lost, none runs twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from services.account_runtime.app import EXIT_TAKEN
from tests.integration.account_runtime.place import Place, ask, demo, eventually, port_of
from tests.integration.account_runtime.wire import Wire


async def test_a_runtime_that_is_killed_anywhere_goes_on_where_it_was(place: Place) -> None:
    platform = place.platform
    accounts: list[UUID] = []
    seen: set[int] = set()
    for where in ("wish", "intent", "started", "working"):
        accounts.append(platform.wish(config=demo()).id)
        runtime = await place.apart(KILLED_AT=where)
        assert await runtime.ended() == -signal.SIGKILL
        if where in ("started", "working"):  # the one before may have come no further
            await eventually(lambda: any(map(place.programs, accounts)), "a program")
        seen |= {pid for account in accounts for pid in place.programs(account)}

    async with place.here():
        states = [await platform.until(account, "working") for account in accounts]
        for state in states:
            assert place.programs(state.id) == {state.pid}
            assert (await ask(port_of(state)))["pid"] == state.pid
            assert state.restarts == 0
        assert seen <= {state.pid for state in states}, "what ran once runs on"
        assert seen

    for where, account in zip(("stop", "asked"), accounts, strict=False):
        platform.wish(account, "stopped")
        assert await (await place.apart(KILLED_AT=where)).ended() == -signal.SIGKILL
    async with place.here():
        for account in accounts[:2]:
            await platform.until(account, "stopped")
            assert place.programs(account) == set()
        assert all(map(place.programs, accounts[2:])), "the others run on"


async def test_a_runtime_that_is_killed_at_any_time_neither_loses_nor_doubles(place: Place) -> None:
    platform = place.platform
    dice = random.Random(4)  # noqa: S311 - the same every time
    accounts = [platform.wish(config=place.sleeper()).id for _ in range(4)]
    for _ in range(4):
        runtime = await place.apart()
        await asyncio.sleep(dice.uniform(0.05, 0.5))  # the fault's own time, nothing is awaited
        await runtime.kill()
        for account in accounts:
            assert len(place.programs(account)) <= 1
            if dice.random() < 0.5:  # a new wish is a new config for some of them
                platform.wish(account, config=place.sleeper(stop_grace_seconds=dice.random()))
    async with place.here():
        for account in accounts:
            state = await platform.until(account, "working")
            assert place.programs(account) == {state.pid}
    assert len(place.everything()) == 2 * len(accounts), "a keeper and a program for each"


async def test_accounts_outlive_a_stop_and_end_with_it_if_that_is_wanted(place: Place) -> None:
    platform = place.platform
    runtime = await place.apart()
    account = await platform.want(config=place.sleeper())
    first = await platform.until(account, "working")
    assert await runtime.kill(signal.SIGTERM) == 0
    assert place.programs(account) == {first.pid}

    async with place.here(runtime_on_stop="stop") as house:
        await eventually(lambda: house.runtime.running, "that it knows its account")
        assert place.programs(account) == {first.pid}
        assert platform.last(account) == first, "nothing has changed, so nothing is said"
    assert place.everything() == []
    last = platform.last(account)
    assert last
    assert last.state == "stopped"

    async with place.here():  # it is still wanted
        assert (await platform.until(account, "working")).pid != first.pid


async def test_a_second_runtime_in_the_same_home_is_refused(place: Place) -> None:
    async with place.here():
        assert await (await place.apart()).ended() == EXIT_TAKEN
    assert "another account runtime uses" in (place.home / "output").read_text()


async def test_a_second_runtime_of_the_same_server_leaves_and_says_why(
    place: Place, tmp_path: Path
) -> None:
    platform = place.platform
    async with place.here(instance="first") as first:
        account = await platform.want(config=place.sleeper())
        state = await platform.until(account, "working")
        second = await place.apart(
            AUTOMATION_HOME=str(tmp_path), AUTOMATION_RUNTIME_LISTEN_SECONDS="60"
        )
        assert await second.ended() == EXIT_TAKEN
        assert place.programs(account) == {state.pid}
        assert first.presence.rival is None
    assert "has a runtime already (first on" in (place.home / "output").read_text()


async def test_accounts_live_on_and_are_watched_while_nats_is_away(place: Place) -> None:
    platform, there = place.platform, urlsplit(place.nats_url).port
    assert there is not None
    async with Wire(there) as wire:
        place.nats_url = place.nats_url.replace(f":{there}", f":{wire.port}")
        async with place.here():
            account = await platform.want(config=place.sleeper())
            first = await platform.until(account, "working")
            await wire.cut()
            assert first.pid is not None
            os.kill(first.pid, signal.SIGKILL)
            await eventually(lambda: place.programs(account) - {first.pid}, "a new process")
        second = place.programs(account)
        async with place.here() as house:  # one that starts while NATS is away takes over, too
            await eventually(lambda: house.runtime.running, "that it knows its account")
            os.kill(next(iter(second)), signal.SIGKILL)
            await eventually(lambda: place.programs(account) - second, "a new process")
            await wire.mend()
            state = await platform.until(account, "working", but=lambda state: state.restarts == 2)
    assert place.programs(account) == {state.pid}
