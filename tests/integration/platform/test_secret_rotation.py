"""Keys are rotated while services run, and whatever the rotation dies of, it can be begun again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from deploy.host_cli import app as cli
from services.api.secrets import rotation
from services.api.secrets.rotation import CannotRotate, drop_old, rotate
from services.api.store import sealed
from shared.db.pool import Connection
from shared.runtime.key_file import KeyFile, KeyFileIsBusy, find_box
from shared.runtime.secret_box import NAMELESS, SecretBox, fresh_key, key_id_of, new_key
from tests.integration.api.client import BASE, Api
from tests.integration.platform.floor import eventually
from tests.integration.platform.secret_desk import put, running_desk

VALUES = {f"s{number}": f"the value of {number}" for number in range(5)}
HOOK = {"kind": "webhook", "secret": {"url": "https://hooks.example.com/x"}}
MODULES = {rotation.__file__, sys.modules[KeyFile.__module__].__file__}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / "secret-key"
    file.touch(mode=0o600)
    file.write_text(f"{new_key()}\n")
    return tmp_path


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str, home: Path) -> AsyncIterator[Api]:
    """Serve an API that has its keys from a file, with some secrets and a channel."""
    async with running_desk(database, box=find_box("", home)) as api:
        for name, value in VALUES.items():
            await put(api, name, value)
        await api.http.put(f"{BASE}/channels/ops", json=HOOK)
        yield api


async def opened(api: Api, box: SecretBox | None) -> dict[str, str]:
    """Return all that is sealed, as *box* opens it."""
    assert box is not None
    secrets = await api.pool.fetch("SELECT 'secret:' || name AS owner, sealed FROM api.secrets")
    channels = await api.pool.fetch("SELECT 'channel:' || name, secret FROM api.channels")
    return {
        owner: box.open(sealed, owner=owner).decode()
        for owner, sealed in (row.values() for row in (*secrets, *channels))
    }


async def keys_used(api: Api) -> set[str | None]:
    rows = await api.pool.fetch(
        "SELECT sealed FROM api.secrets UNION ALL SELECT secret FROM api.channels"
    )
    return {key_id_of(row["sealed"]) for row in rows}


def keys(home: Path) -> list[str]:
    return [key.id for key in KeyFile(home / "secret-key").read()]


async def test_all_is_sealed_with_the_new_key_and_running_services_go_on(
    api: Api, home: Path
) -> None:
    running = find_box("", home)
    before, (old,) = await opened(api, running), keys(home)

    done = await rotate(api.dsn, home)

    assert (done.is_new, done.resealed, done.unopened) == (True, len(before), ())
    assert keys(home) == [done.key_id, old]
    assert await keys_used(api) == {done.key_id}
    assert await opened(api, running) == before == await opened(api, find_box("", home))
    shown = (await api.http.get(f"{BASE}/secrets/s1")).json()
    assert (shown["key_id"], shown["version"]) == (done.key_id, 1)
    await put(api, "later", "sealed by a running API")
    assert await keys_used(api) == {done.key_id}


async def test_the_old_key_is_dropped_once_nothing_needs_it(api: Api, home: Path) -> None:
    old = SecretBox(KeyFile(home / "secret-key").read())
    done = await rotate(api.dsn, home)
    late = old.seal(b"by a slow one", owner="secret:s1")
    await api.pool.execute("UPDATE api.secrets SET sealed = $1 WHERE name = 's1'", late)

    with pytest.raises(CannotRotate, match="1 values"):
        await drop_old(api.dsn, home)
    again = await rotate(api.dsn, home)
    dropped = await drop_old(api.dsn, home)

    assert (again.is_new, again.resealed) == (False, 1)
    assert (dropped, keys(home)) == ((old.key_id,), [done.key_id])
    assert (await opened(api, find_box("", home)))["secret:s1"] == "by a slow one"
    assert await drop_old(api.dsn, home) == ()


async def test_no_key_is_dropped_while_somebody_seals(api: Api, home: Path) -> None:
    await rotate(api.dsn, home)
    async with api.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE api.secrets IN ROW EXCLUSIVE MODE")  # as `put_secret`
        dropping = asyncio.create_task(drop_old(api.dsn, home))
        await eventually(
            lambda: api.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"),
            "the drop waits",
        )
        assert len(keys(home)) == 2

    assert len(await dropping) == 1


async def test_what_no_key_opens_is_told_and_left(api: Api, home: Path) -> None:
    foreign = SecretBox([fresh_key()]).seal(b"12345678", owner="secret:s2")
    await api.pool.execute("UPDATE api.secrets SET sealed = $1 WHERE name = 's2'", foreign)

    done = await rotate(api.dsn, home)

    assert done.unopened == ("secret:s2",)
    assert await api.pool.fetchval("SELECT sealed FROM api.secrets WHERE name = 's2'") == foreign
    with pytest.raises(CannotRotate):
        await drop_old(api.dsn, home)


async def test_keys_of_the_environment_are_changed_by_people(api: Api, home: Path) -> None:
    before = await opened(api, find_box("", home))
    old = (home / "secret-key").read_text().strip()

    with pytest.raises(CannotRotate, match="AUTOMATION_SECRET_KEY is set"):
        await rotate(api.dsn, home, old)
    with pytest.raises(CannotRotate, match="AUTOMATION_SECRET_KEY is set"):
        await drop_old(api.dsn, home, old)
    new = f"{fresh_key()},{old}"
    done = await rotate(api.dsn, home, new)

    assert await opened(api, SecretBox.parse(new)) == before
    assert await keys_used(api) == {done.key_id}
    assert (home / "secret-key").read_text().strip() == old


def files(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir())


def killer(line: int) -> tuple[Callable[[FrameType, str, Any], Any], list[int]]:
    """Return a tracer that ends the rotation at its *line*-th step, and counts them."""
    seen = [0]

    def step(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        if frame.f_code.co_filename not in MODULES:
            return None
        if event == "line":
            seen[0] += 1
            if seen[0] == line:
                sys.settrace(None)
                raise Killed
        return step

    return step, seen


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
async def test_a_rotation_that_is_killed_at_any_line_is_gone_on_with(
    api: Api, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    before, old = await opened(api, find_box("", home)), (home / "secret-key").read_text()
    rows = await api.pool.fetch("SELECT name, sealed FROM api.secrets")
    hook = await api.pool.fetchval("SELECT secret FROM api.channels")
    line, tracing = 0, sys.gettrace()
    while True:
        line += 7
        await api.pool.executemany(
            "UPDATE api.secrets SET sealed = $2 WHERE name = $1",
            [tuple(row.values()) for row in rows],
        )
        await api.pool.execute("UPDATE api.channels SET secret = $1", hook)
        (home / "secret-key").write_text(old)
        running = find_box("", home)
        step, seen = killer(line)
        sys.settrace(step)
        try:
            await rotate(api.dsn, home)
            if seen[0] < line:
                break
        except Killed:
            pass
        finally:
            sys.settrace(tracing)

        assert await opened(api, running) == before, line
        had, was_done = keys(home), await keys_used(api) == {keys(home)[0]}
        done = await rotate(api.dsn, home)
        assert len(keys(home)) == len(had) if len(had) > 1 and not was_done else len(had) + 1
        assert await keys_used(api) == {done.key_id}, line
        assert await opened(api, running) == before, line
        assert files(home) == ["secret-key"], line
    assert line > 100


async def test_two_do_not_rotate_at_once(
    api: Api, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each would read the file, put a key of its own first, and the one that wrote first would go on
    # sealing with a key that is nowhere any more.
    before = await opened(api, find_box("", home))
    count_others = sealed.count_others
    is_between, may_go_on = asyncio.Event(), asyncio.Event()

    async def held_up(connection: Connection, head: bytes) -> int:
        is_between.set()
        await may_go_on.wait()
        return await count_others(connection, head)

    monkeypatch.setattr(sealed, "count_others", held_up)
    first = asyncio.create_task(rotate(api.dsn, home))
    await is_between.wait()
    for other in (rotate, drop_old):
        with pytest.raises(KeyFileIsBusy):
            await asyncio.wait_for(other(api.dsn, home), 20)
    may_go_on.set()
    done = await first

    assert keys(home)[0] == done.key_id
    assert await opened(api, find_box("", home)) == before


async def test_what_an_older_version_has_sealed_is_rotated_too(api: Api, home: Path) -> None:
    (key,) = KeyFile(home / "secret-key").read()
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as it was

    nonce = bytes(12)
    value = NAMELESS + nonce + AESGCM(key.secret).encrypt(nonce, b"of old", b"secret:s1")
    await api.pool.execute("UPDATE api.secrets SET sealed = $1 WHERE name = 's1'", value)

    done = await rotate(api.dsn, home)

    assert done.is_new
    assert (await opened(api, find_box("", home)))["secret:s1"] == "of old"
    assert await drop_old(api.dsn, home) == (key.id,)


async def test_the_command_line_says_what_it_did(
    api: Api, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", api.dsn)
    monkeypatch.setenv("AUTOMATION_HOME", str(home))
    monkeypatch.delenv("AUTOMATION_SECRET_KEY", raising=False)
    (old,) = keys(home)

    async def command(*words: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(cli, ["secrets", *words]))

    early = await command("rotate", "--drop-old")
    rotated, dropped = await command("rotate"), await command("rotate", "--drop-old")
    made = await command("new-key")

    assert (early.exit_code, early.stdout) == (0, "")
    assert rotated.stdout == f"new key\t{keys(home)[0]}\nresealed\t6\n"
    assert dropped.stdout == f"dropped\t{old}\n"
    assert SecretBox.parse(made.stdout).key_id not in (old, *keys(home))
    monkeypatch.setenv("AUTOMATION_HOME", str(home / "elsewhere"))
    nowhere = await command("rotate")
    assert (nowhere.exit_code, "secret-key" in nowhere.stderr) == (1, True)
