"""Scripts reach an account as they are, or not at all; what it plays is what it says it plays."""

from __future__ import annotations

import hashlib
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus import topology
from shared.contracts.accounts import ScriptPin
from shared.contracts.scripts import ScriptText, ScriptTextRequest
from tests.integration.account_runtime.place import Place, ask, demo, port_of

OLD, NEW = "name: old\nsteps: []\n", "name: 新的\nsteps: []\n"


def pin(text: str) -> ScriptPin:
    return ScriptPin(script_id="greeting", version=hashlib.sha256(text.encode()).hexdigest())


async def put(bus: Client, text: str, *, under: str | None = None) -> None:
    bucket = await bus.jetstream().key_value(topology.SCRIPTS_BUCKET)
    await bucket.put(under or pin(text).version, text.encode())


async def played(place: Place, account: UUID, text: str) -> int | None:
    """Wait until an account says that it plays a text; return its process."""
    state = await place.platform.until(
        account, "working", but=lambda state: state.script == pin(text)
    )
    assert (await ask(port_of(state)))["script_version"] == pin(text).version
    return state.pid


async def test_a_script_is_delivered_and_a_new_one_starts_the_account_again(
    place: Place, bus: Client
) -> None:
    await put(bus, OLD)
    async with place.here():
        account = await place.platform.want(config=demo(), script=pin(OLD))
        first = await played(place, account, OLD)
        await put(bus, NEW)
        await place.platform.want(account, script=pin(NEW))
        assert await played(place, account, NEW) != first
    folder = place.home_of(account)
    assert (folder / "script.yaml").read_text(encoding="utf-8") == NEW
    assert (folder / "script.version").read_text() == f"{pin(NEW).version}\n"


async def test_an_account_that_can_read_it_again_goes_on_running(place: Place, bus: Client) -> None:
    await put(bus, OLD)
    await put(bus, NEW)
    async with place.here():
        account = await place.platform.want(config=demo(reload="signal"), script=pin(OLD))
        first = await played(place, account, OLD)
        await place.platform.want(account, script=pin(NEW))
        assert await played(place, account, NEW) == first


async def test_a_text_that_the_bucket_lacks_is_asked_for(place: Place, bus: Client) -> None:
    async def answer(message: Msg) -> None:
        asked = ScriptTextRequest.decode(message.data)
        await message.respond(
            ScriptText(text=OLD if asked.version == pin(OLD).version else None).encode()
        )

    await bus.subscribe(topology.RPC_SCRIPTS_TEXT, cb=answer)
    await bus.flush()
    async with place.here():
        account = await place.platform.want(config=demo(), script=pin(OLD))
        await played(place, account, OLD)


async def test_a_text_that_does_not_fit_its_version_is_refused(place: Place, bus: Client) -> None:
    await put(bus, "name: forged\n", under=pin(NEW).version)
    await put(bus, OLD)
    async with place.here():
        account = await place.platform.want(config=demo(), script=pin(NEW))
        state = await place.platform.until(account, "failed")
        assert "is another text" in (state.detail or "")
        assert place.everything() == []

        runs = await place.platform.want(config=demo(), script=pin(OLD))
        first = await played(place, runs, OLD)
        await place.platform.want(runs, script=pin(NEW))
        state = await place.platform.until(
            runs, "working", but=lambda state: "is another text" in (state.detail or "")
        )
        assert (state.pid, state.script) == (first, pin(OLD)), "it plays on what it has"
    assert not (place.home_of(account) / "script.yaml").exists()


async def test_a_refusal_that_comes_too_late_holds_nothing_up(place: Place, bus: Client) -> None:
    await put(bus, OLD)
    async with place.here() as house:
        forged = place.platform.wish(config=demo(), script=pin(NEW))

        async def answer(message: Msg) -> None:
            if pin(NEW).version in message.data.decode():
                better = place.platform.wish(forged.id, script=pin(OLD))
                await house.runtime.hear(better)
            await message.respond(ScriptText(text="name: forged\n").encode())

        await bus.subscribe(topology.RPC_SCRIPTS_TEXT, cb=answer)
        await bus.flush()
        await place.platform.send(forged)
        await played(place, forged.id, OLD)


async def test_a_text_that_nobody_has_yet_is_waited_for(place: Place, bus: Client) -> None:
    async with place.here():
        account = await place.platform.want(config=demo(), script=pin(OLD))
        state = await place.platform.until(
            account, "starting", but=lambda state: "nobody has the text" in (state.detail or "")
        )
        assert state.pid is None
        await put(bus, OLD)
        await played(place, account, OLD)


async def test_an_account_that_has_no_script_any_more_plays_none(place: Place, bus: Client) -> None:
    await put(bus, OLD)
    async with place.here():
        account = await place.platform.want(config=demo(), script=pin(OLD))
        await played(place, account, OLD)
        await place.platform.want(account, script=None)
        state = await place.platform.until(
            account, "working", but=lambda state: state.script is None
        )
        assert (await ask(port_of(state)))["script_version"] is None


async def test_whatever_a_program_makes_of_its_script_it_gets_the_next_one_and_ends(
    place: Place, bus: Client
) -> None:
    spoils = place.program(
        "spoils",
        "#!/bin/sh\ncp script.yaml seen\nrm script.*\nmkdir script.yaml\nmkfifo script.version\n"
        "touch script.yaml/in-the-way ready\nexec sleep 600\n",
    )
    await put(bus, OLD)
    await put(bus, NEW)
    config = {"runtime": {"command": [spoils], "ready": {"kind": "file"}}}
    async with place.here(runtime_programs=spoils):
        account = await place.platform.want(config=config, script=pin(OLD))
        await place.platform.until(account, "working")
        await place.platform.want(account, script=pin(NEW))
        await place.platform.until(account, "working", but=lambda state: state.script == pin(NEW))
        assert (place.home_of(account) / "seen").read_text(encoding="utf-8") == NEW
        await place.platform.want(account, "stopped", script=pin(OLD))
        await place.platform.until(account, "stopped")
