"""`automation doctor` finds what is broken on purpose, says how to mend it, and shows no secret."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from typer.testing import CliRunner

from deploy.database import desk
from deploy.doctor.bus import bus as look_at_bus
from deploy.doctor.database import _clock
from deploy.doctor.database import database as look_at_database
from deploy.doctor.finding import Finding, Level
from deploy.doctor.host import keys as look_at_keys
from deploy.doctor.host import port as look_at_port
from deploy.doctor.host import processes as look_at_processes
from deploy.doctor.place import KEYS, Place
from deploy.host_cli import app
from deploy.keys import contents
from deploy.keys.folder import Folder
from deploy.local.nats import Nats
from deploy.local.state import ProcessState, State
from shared.bus.declare import declare
from shared.runtime.secret_box import SecretBox, new_key
from tests.support.servers import Running

NOW = datetime.now(UTC)


def a_place(home: Path, **environment: str) -> Place:
    return Place(home=home, environment=environment, state=None)


def levels(findings: list[Finding]) -> Mapping[str, Level]:
    return {each.check: each.level for each in findings}


def of(findings: list[Finding], check: str) -> Finding:
    (found,) = [each for each in findings if each.check == check]
    return found


async def test_a_new_system_is_well_but_for_its_backups(database: str, tmp_path: Path) -> None:
    contents.init(Folder(tmp_path / "keys"), {}, NOW)
    await desk.set_roles(database, tmp_path / "keys")

    findings = await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database))

    assert levels(findings) == {
        "database": Level.OK,
        "clock": Level.OK,
        "schema": Level.OK,
        "rights": Level.OK,
        "secrets": Level.OK,
        "executors": Level.OK,
        "backups": Level.WARNING,
    }


async def test_a_missing_migration_is_named_with_what_brings_it(
    database: str, tmp_path: Path
) -> None:
    await _execute(database, "DELETE FROM public.schema_migrations WHERE name LIKE '0039%'")

    found = of(
        await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database)), "schema"
    )

    assert found.level is Level.PROBLEM
    assert "0039_pre_observability" in found.says.en
    assert found.fix is not None
    assert "automation db migrate" in found.fix.zh_tw


async def test_a_migration_of_a_newer_version_is_named(database: str, tmp_path: Path) -> None:
    await _execute(database, "INSERT INTO public.schema_migrations VALUES ('9999_pre_x', '')")

    found = of(
        await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database)), "schema"
    )

    assert (found.level, "9999_pre_x" in found.says.en) == (Level.WARNING, True)


async def test_a_right_that_nobody_stated_is_found(database: str, tmp_path: Path) -> None:
    await _execute(database, "GRANT SELECT ON api.secrets TO automation_executor")

    findings = await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database))

    told = [each for each in findings if each.check == "rights" and "api.secrets" in each.says.en]
    assert [each.level for each in told] == [Level.PROBLEM]


async def test_what_the_key_does_not_open_is_named_and_not_shown(
    database: str, tmp_path: Path
) -> None:
    other, ours = SecretBox.parse(new_key()), new_key()
    await _seal(database, "shop", other)
    place = a_place(tmp_path, AUTOMATION_DATABASE_URL=database, AUTOMATION_SECRET_KEY=ours)

    found = of(await look_at_database(place), "secrets")

    assert (found.level, "secret:shop" in found.says.en) == (Level.PROBLEM, True)
    assert ours not in repr(found)


async def test_what_the_key_opens_is_well(database: str, tmp_path: Path) -> None:
    ours = new_key()
    await _seal(database, "shop", SecretBox.parse(ours))
    place = a_place(tmp_path, AUTOMATION_DATABASE_URL=database, AUTOMATION_SECRET_KEY=ours)

    assert of(await look_at_database(place), "secrets").level is Level.OK


async def test_sealed_values_without_a_key_are_a_problem(database: str, tmp_path: Path) -> None:
    await _seal(database, "shop", SecretBox.parse(new_key()))

    findings = await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database))

    assert of(findings, "secrets").level is Level.PROBLEM


async def test_a_queue_that_no_executor_takes_from_is_named(database: str, tmp_path: Path) -> None:
    await _execute(
        database,
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, changed_at)"
        " VALUES (gen_random_uuid(), 1, true, 't', 'noop', '{}', 1, 'gpu', 3, now())",
    )

    findings = await look_at_database(a_place(tmp_path, AUTOMATION_DATABASE_URL=database))

    found = of(findings, "executors")
    assert (found.level, "gpu" in found.says.en) == (Level.PROBLEM, True)


@pytest.mark.parametrize(
    ("differs", "level"), [(0.2, Level.OK), (-3, Level.WARNING), (60, Level.PROBLEM)]
)
def test_clocks_that_differ_are_told(differs: float, level: Level) -> None:
    assert _clock(differs).level is level


async def test_a_process_that_was_started_again_is_named(tmp_path: Path) -> None:
    def place(restarts: int) -> Place:
        processes = (ProcessState(name="nats", pid=1, ready=True, restarts=restarts),)
        return Place(home=tmp_path, environment={}, state=a_state(processes=processes))

    assert levels(await look_at_processes(place(0))) == {"processes": Level.OK}
    (found,) = await look_at_processes(place(2))
    assert (found.level, "nats" in found.says.en) == (Level.WARNING, True)


async def test_a_stream_that_is_gone_is_named(bus: Client, nats_url: str, tmp_path: Path) -> None:
    place = a_place(tmp_path, AUTOMATION_NATS_URL=nats_url)
    await bus.drain()  # and with it the keeper, which would make it again
    whole = await look_at_bus(place)

    await _delete_stream(nats_url, "LOGS")
    broken = await look_at_bus(place)

    assert levels(whole) == {"bus": Level.OK}
    assert {each.level for each in broken} == {Level.PROBLEM}
    assert any("LOGS" in each.says.en for each in broken)


async def test_a_bus_that_lets_us_not_in_says_so(nats_url: str, tmp_path: Path) -> None:
    stranger = urlsplit(nats_url)._replace(
        netloc=f"stranger:wrong@{urlsplit(nats_url).netloc.rpartition('@')[2]}"
    )

    (found,) = await look_at_bus(a_place(tmp_path, AUTOMATION_NATS_URL=stranger.geturl()))

    assert "Authorization Violation" in found.says.en
    assert "wrong" not in found.says.en


@pytest.mark.parametrize(
    ("environment", "port"),
    [({}, "8000"), ({"AUTOMATION_DATABASE_URL": "postgresql://db/a"}, "8080")],
)
def test_the_port_is_that_which_would_be_taken_next(
    environment: dict[str, str], port: str, tmp_path: Path
) -> None:
    (found,) = look_at_port(a_place(tmp_path, **environment))

    assert port in found.says.en


@pytest.mark.parametrize(
    "file",
    ["deploy/doctor/texts.py", "deploy/prometheus/rules.yml", "docs/operations/runbook.md"],
)
def test_what_is_to_be_set_exists(file: str) -> None:
    root = Path(__file__).parents[3]
    text = (root / file).read_text(encoding="utf-8")
    settings = [*root.glob("services/*/settings.py"), *root.glob("shared/**/settings.py")]
    fields = re.findall(
        r"^    ([a-z_]+):", "\n".join(each.read_text("utf-8") for each in settings), re.MULTILINE
    )
    known = {f"AUTOMATION_{each.upper()}" for each in fields} | {KEYS, "AUTOMATION_HOME"}

    named = set(re.findall(r"AUTOMATION_[A-Z_]*[A-Z]", text))
    assert named
    assert named - known == set()


def test_certificates_that_end_soon_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    contents.init(Folder(folder), {}, NOW - timedelta(days=365 * 20))

    findings = look_at_keys(a_place(tmp_path, AUTOMATION_KEYS=str(folder)))

    assert {each.level for each in findings} == {Level.WARNING}
    assert any("nats.crt" in each.says.en for each in findings)


def test_new_keys_are_well(tmp_path: Path) -> None:
    contents.init(Folder(tmp_path / "keys"), {}, NOW)

    assert levels(look_at_keys(a_place(tmp_path))) == {"keys": Level.OK}


@pytest.mark.parametrize("language", ["zh-TW", "en"])
async def test_the_command_says_it_as_json_fails_and_shows_no_password(
    tmp_path: Path, language: str
) -> None:
    env = {
        "AUTOMATION_HOME": str(tmp_path),
        "AUTOMATION_DATABASE_URL": "postgresql://automation:geheim@127.0.0.1:1/automation",
        "AUTOMATION_NATS_URL": "nats://somebody:geheim@127.0.0.1:1",
    }

    words = ["doctor", "-o", "json", "--lang", language]
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=env)

    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    broken = {each["check"] for each in told["findings"] if each["level"] == "problem"}
    assert (told["level"], broken) == ("problem", {"database", "bus"})
    assert all(each["fix"] for each in told["findings"] if each["level"] == "problem")
    assert "geheim" not in done.output


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _seal(dsn: str, name: str, box: SecretBox) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO api.secrets (name, sealed, key_id) VALUES ($1, $2, $3)",
            name,
            box.seal(b"value", owner=f"secret:{name}"),
            box.key_id,
        )
    finally:
        await connection.close()


async def _delete_stream(url: str, name: str) -> None:
    import nats  # noqa: PLC0415

    client = await nats.connect(url)
    try:
        await client.jsm().delete_stream(name)
    finally:
        await client.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
async def test_a_bus_whose_disk_was_full_is_found_until_it_is_started_again(
    tmp_path: Path,
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)  # noqa: ASYNC221, S607
    try:
        server = Nats(disk / "nats")
        async with Running(server, disk) as running:
            await declare(server.url)
            place = a_running_place(disk, server.url)
            assert of(await look_at_bus(place), "bus").level is Level.OK

            client = await nats.connect(server.url, allow_reconnect=False)
            with pytest.raises(nats.errors.Error):
                await publish_for_ever(client.jetstream(timeout=2))
            await client.close()
            found = of(await look_at_bus(place), "bus")
            assert (found.level, "no space left" in found.says.en) == (Level.PROBLEM, True)

            for file in disk.rglob("*.blk"):
                file.unlink()
            assert of(await look_at_bus(place), "bus").level is Level.PROBLEM, "room is not enough"

            await running.kill()
            await running.start()
            await declare(server.url)
            assert of(await look_at_bus(place), "bus").level is Level.OK
    finally:
        subprocess.run(["umount", "-l", disk], check=True)  # noqa: ASYNC221, S607


async def publish_for_ever(js: JetStreamContext) -> None:
    while True:
        await js.publish("event.x.full", bytes(900_000))


def a_running_place(home: Path, nats_url: str) -> Place:
    return Place(home=home, environment={}, state=a_state(nats_url=nats_url))


def a_state(
    *,
    nats_url: str = "",
    processes: tuple[ProcessState, ...] = (
        ProcessState(name="nats", pid=1, ready=True, restarts=0),
    ),
) -> State:
    return State(
        api_url="",
        nats_url=nats_url,
        database_url="",
        supervisor_pid=os.getpid(),
        processes=processes,
    )
