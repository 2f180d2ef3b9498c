"""An account is a real process: it appears, answers, disappears."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.account_runtime.output import tail
from shared.bus import topology
from shared.contracts.accounts import AccountOutputAsked, AccountOutputTold, RuntimeSeen
from tests.integration.account_runtime.place import (
    SECONDS,
    Place,
    ask,
    demo,
    eventually,
    port_of,
)


async def test_a_wanted_account_appears_answers_and_disappears(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=demo())
        state = await platform.until(account, "working")
        said = await ask(port_of(state))
        assert (said["pid"], said["account_id"]) == (state.pid, state.account_id)
        assert place.programs(account) == {state.pid}

        await platform.want(account, "stopped")
        stopped = await platform.until(account, "stopped")
        assert stopped.pid is None
        assert place.everything() == []
    assert platform.states(account) == ["starting", "working", "stopping", "stopped"]
    assert "ends" in (place.folder(account) / "output.log").read_text()


async def test_what_is_old_or_said_twice_changes_nothing(place: Place) -> None:
    platform = place.platform
    async with place.here() as house:
        old = platform.wish(config=place.sleeper())
        account = await platform.want(old.id, config=place.sleeper())
        state = await platform.until(account, "working")
        await house.runtime.hear(old.model_copy(update={"desired": "stopped"}))
        await house.runtime.hear(platform.wishes[account])
        await platform.want(account)  # the same once more: a new generation, nothing to do
        again = await platform.until(account, "working")
        assert (again.pid, again.since) == (state.pid, state.since)
    assert platform.states(account) == ["starting", "working"]


async def test_another_config_is_another_process(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=demo())
        first = await platform.until(account, "working")
        await platform.want(account, config={**demo(), "mood": "nobody's business here"})
        same = await platform.until(account, "working")
        assert same.pid == first.pid
        await platform.want(account, config=demo("--drain", "0.01"))
        other = await platform.until(account, "working", but=lambda state: state.pid != first.pid)
        assert place.programs(account) == {other.pid}
        assert other.restarts == 0


async def test_a_deleted_account_is_ended_and_forgotten(place: Place) -> None:
    platform = place.platform
    async with place.here() as house:
        account = await platform.want(config=place.sleeper())
        await platform.until(account, "working")
        await platform.want(account, "absent")
        await platform.until(account, "stopped")
        await eventually(lambda: not place.folder(account).exists(), "the end of its folder")
        assert place.everything() == []

        unknown = await platform.want(desired="absent", config=place.sleeper())
        await platform.until(unknown, "stopped")
        assert not place.folder(unknown).exists()
        del platform.wishes[account], platform.wishes[unknown]

        lost = await platform.want(config=place.sleeper())  # nobody says that it is gone
        await platform.until(lost, "working")
        del platform.wishes[lost]
        for _ in range(2):
            await house.resync.step()
        await eventually(lambda: not place.folder(lost).exists(), "the end of its folder")


async def test_an_account_that_moves_to_another_server_is_ended_without_a_word(
    place: Place,
) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=place.sleeper())
        await platform.until(account, "working")
        last = platform.last(account)
        await platform.want(account, server_id="elsewhere")
        await eventually(lambda: not place.folder(account).exists(), "the end of its folder")
        assert place.everything() == []
        assert platform.last(account) == last, "what is said of it comes from the other server now"


async def test_a_runtime_gives_signs_of_life_and_is_ready_with_the_bus(
    place: Place, bus: Client
) -> None:
    heard: asyncio.Queue[RuntimeSeen] = asyncio.Queue()

    async def seen(message: Msg) -> None:
        heard.put_nowait(RuntimeSeen.decode(message.data))

    await bus.subscribe(topology.ACCOUNT_RUNTIMES_ALL, cb=seen)
    await bus.flush()
    async with place.here(instance="keeper-of-all") as house:
        account = await place.platform.want(config=place.sleeper())
        state = await place.platform.until(account, "working")
        await house.presence.step()  # else in two seconds
        async with asyncio.timeout(SECONDS):
            while not (last := await heard.get()).running:
                pass
        await house.line.check()
    assert (last.instance, last.server_id, last.running) == ("keeper-of-all", "default", 1)
    assert last.runtime_id == state.runtime_id
    async with asyncio.timeout(SECONDS):  # its last word
        while not (await heard.get()).stopping:
            pass


async def test_a_wish_that_comes_twice_at_once_is_one_account(place: Place) -> None:
    async with place.here() as house:
        wish = place.platform.wish(config=place.sleeper())
        await asyncio.gather(*(house.runtime.hear(wish) for _ in range(4)))
        state = await place.platform.until(wish.id, "working")
        assert place.programs(wish.id) == {state.pid}
        await place.platform.want(wish.id, "stopped")
        await place.platform.until(wish.id, "stopped")
        assert place.everything() == []


async def test_those_that_run_at_once_do_not_meet_however_they_get_ready(place: Place) -> None:
    kinds = ("http", "tcp", "process")
    # One counts as ready before it listens, if its start takes that long.
    health = {"kind": "tcp", "interval_seconds": 0.05, "failures": 100}
    async with place.here():
        accounts = [
            await place.platform.want(
                config=demo(ready={"kind": kind, "after_seconds": 0.3}, health=health)
            )
            for kind in kinds
        ]
        states = [
            await place.platform.until(account, "working", but=lambda state: state.healthy)
            for account in accounts
        ]
        said = [await ask(port_of(state)) for state in states]
    assert [each["pid"] for each in said] == [state.pid for state in states]
    assert [each["account_id"] for each in said] == [state.account_id for state in states]


async def test_what_a_program_said_last_is_told_to_whoever_asks(place: Place, bus: Client) -> None:
    platform = place.platform
    async with place.here() as house:
        account = await platform.want(config=demo())
        await platform.until(account, "working")
        asked = AccountOutputAsked(id=account, lines=1)
        answer = await bus.request(
            topology.account_output("default"), asked.encode(), timeout=SECONDS
        )
        told = AccountOutputTold.decode(answer.data)
        assert len(told.lines) == 1
        assert told.cut

        file = place.folder(account) / "output.log"
        file.write_bytes(b"".join(b"line %d\n" % number for number in range(100_000)))
        file.with_name("output.log.1").write_bytes(b"older\n")
        told = tail(place.folder(account), 3)
        assert told.lines == ("line 99997", "line 99998", "line 99999")
        assert len(tail(place.folder(account), 1_000).encode()) < 1_000_000
        file.write_bytes(b"\xff\x1b[31mred\n")
        assert tail(place.folder(account), 5).lines == ("older", "\ufffd\x1b[31mred")
        file.unlink()
        file.symlink_to("/etc/passwd")
        assert tail(place.folder(account), 5).lines == ("older",)
        assert house.line.tell(AccountOutputAsked(id=uuid4())).lines == ()
