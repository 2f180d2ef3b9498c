"""Backups in S3-compatible storage, on a real server and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiobotocore.session import get_session

from deploy import backup_desk as desk
from services.executor.actions.data_backup import DataBackup, s3
from shared.contracts.action import ActionFailed
from tests.integration.actions.backup_place import (
    KEY,
    fill,
    fresh_key,
    in_another_process,
    next_run,
    params,
)
from tests.integration.actions.s3_server import S3Server, running_s3
from tests.support.context import RecordingContext
from tests.support.flaky_proxy import FlakyProxy
from tests.support.nursery import Nursery

CLOSED_PORT = 1


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def server() -> AsyncIterator[S3Server]:
    async with running_s3() as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def one_session() -> Iterator[None]:
    """Let all backups read what botocore knows of S3 once: it costs more than a backup."""
    session = get_session()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aiobotocore.session.get_session", lambda: session)
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def bucket(server: S3Server) -> str:
    return await server.new_bucket()


@pytest_asyncio.fixture(loop_scope="session")
async def context(small_database: str, tmp_path: Path) -> RecordingContext:
    await fill(small_database)
    return a_context(small_database, tmp_path)


def a_context(database_url: str, home: Path) -> RecordingContext:
    return RecordingContext(
        database_url=database_url,
        home=home,
        egress_allow="127.0.0.1",
        secrets={"access": "somebody", "secret": "knows", "key": fresh_key()},
    )


def to(server: S3Server, bucket: str, *, port: int | None = None, **more: object) -> dict[str, Any]:
    store = {
        "bucket": bucket,
        "endpoint_url": f"http://127.0.0.1:{port or server.port}",
        "access_key_secret": "access",
        "secret_key_secret": "secret",
    }
    return {"s3": store, **more}


async def test_it_lies_there_encrypted_and_can_be_restored(
    server: S3Server,
    bucket: str,
    context: RecordingContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = to(server, bucket, **KEY, compression="zstd", verify="restore")
    monkeypatch.setattr(s3, "LEAST_PART", 10_000)  # several parts, the last one small

    outcome = await DataBackup().run(params(**given), context)

    assert outcome.data["verified_by"] == "restore"
    keys = await server.keys(bucket)
    assert sorted(key.rpartition("/")[2] for key in keys) == [
        *("database.dump.zst.age", "manifest.json", "verified.json")
    ]
    assert outcome.data["path"] == f"s3://{bucket}/{keys[0].rpartition('/')[0]}"
    assert await server.uploads(bucket) == []
    left = [each for each in (context.home / "backup-staging").rglob("*") if each.is_file()]
    assert [each.name for each in left] == [".lock"]

    again = await DataBackup().run(params(**given), context.another_attempt())
    assert again.data["noop"] is True

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "knows")
    said: list[str] = []
    where = desk.Where(
        folder=context.home, s3_url=f"s3://{bucket}/automation", endpoint_url=server.url
    )
    async with desk.places(where) as places:
        place, backup = desk.choose(await desk.everything(places), desk.LATEST)
        await desk.verify(place, backup, key=context.secrets["key"], work=None, say=said.append)
    assert said[-1].startswith("good")


async def test_old_ones_go_and_half_ones_do_not_count(
    server: S3Server, bucket: str, context: RecordingContext
) -> None:
    first = await DataBackup().run(params(**to(server, bucket)), context)
    prefix = first.data["path"].removeprefix(f"s3://{bucket}/").rpartition("/")[0]
    half = f"{prefix}/20250101T000000Z-{uuid4()}/database.dump"
    await server.client.put_object(Bucket=bucket, Key=half, Body=b"half")
    await server.client.put_object(Bucket=bucket, Key="automation/notes.txt", Body=b"by hand")

    second = await DataBackup().run(params(**to(server, bucket, keep_last=1)), next_run(context))

    assert second.data["deleted"] == [first.data["path"].rpartition("/")[2]]
    keys = await server.keys(bucket)
    assert half not in keys
    assert "automation/notes.txt" in keys
    assert len(keys) == 3


async def test_a_damaged_finding_of_a_drill_does_not_hide_its_backup(
    server: S3Server, bucket: str, context: RecordingContext
) -> None:
    first = await DataBackup().run(params(**to(server, bucket)), context)
    key = f"{first.data['path'].removeprefix(f's3://{bucket}/')}/verified.json"
    await server.client.put_object(Bucket=bucket, Key=key, Body=b"{")

    second = await DataBackup().run(params(**to(server, bucket, keep_last=1)), next_run(context))

    assert second.data["deleted"] == [first.data["path"].rpartition("/")[2]]


async def test_a_killed_upload_is_aborted_by_the_next_run(
    server: S3Server, bucket: str, context: RecordingContext, nursery: Nursery
) -> None:
    good = await DataBackup().run(params(**to(server, bucket)), context)
    before = await server.keys(bucket)
    doomed = {"DOOM": "uploaded", "PARAMS": json.dumps(to(server, bucket))}
    executor = await nursery.start(**in_another_process(next_run(context), **doomed))
    assert await executor.ended() == -signal.SIGKILL
    assert await server.keys(bucket) == before, "nothing that looks finished"
    assert len(await server.uploads(bucket)) == 1

    await DataBackup().run(params(**to(server, bucket)), next_run(context))

    assert await server.uploads(bucket) == []
    assert set(before) < set(await server.keys(bucket))
    assert good.data["deleted"] == []


Stand = Callable[..., Awaitable[Any]]


def held_up(monkeypatch: pytest.MonkeyPatch, at: str, act: Stand) -> None:
    """Let a call of the store do something else first."""
    made = s3.S3Place.__init__

    def init(self: s3.S3Place, client: Any, *more: Any) -> None:  # noqa: ANN401 - as the original
        real = getattr(client, at)

        if getattr(real, "is_held_up", False):
            return made(self, client, *more)

        async def stand_in(**given: Any) -> Any:  # noqa: ANN401 - as the original
            await act()
            return await real(**given)

        stand_in.is_held_up = True  # type: ignore[attr-defined]  # places share a client
        setattr(client, at, stand_in)
        return made(self, client, *more)

    monkeypatch.setattr(s3.S3Place, "__init__", init)


@pytest.mark.parametrize(
    ("at", "uploads", "keys"),
    [("upload_part", 1, 0), ("get_object", 0, 1), ("put_object", 0, 1)],
    ids=["uploading", "reading-back", "writing-the-manifest"],
)
async def test_cancelling_takes_away_what_was_uploaded(
    server: S3Server,
    bucket: str,
    context: RecordingContext,
    monkeypatch: pytest.MonkeyPatch,
    *,
    at: str,
    uploads: int,
    keys: int,
) -> None:
    reached = asyncio.Event()

    async def stay() -> None:
        reached.set()
        await asyncio.Event().wait()

    held_up(monkeypatch, at, stay)
    running = asyncio.create_task(DataBackup().run(params(**to(server, bucket)), context))
    await reached.wait()
    assert len(await server.uploads(bucket)) == uploads
    assert len(await server.keys(bucket)) == keys
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await server.uploads(bucket) == []
    assert await server.keys(bucket) == []


async def test_a_store_that_goes_away_in_the_middle_is_a_failure_that_may_be_tried_again(
    server: S3Server, bucket: str, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at = [server.port]
    monkeypatch.setattr(s3, "TRIES", 1)
    async with FlakyProxy(lambda: ends_at[0]) as proxy:

        async def go_away() -> None:
            ends_at[0] = CLOSED_PORT
            proxy.cut()

        held_up(monkeypatch, "upload_part", go_away)
        with pytest.raises(ActionFailed, match="the store was not reached") as caught:
            await DataBackup().run(params(**to(server, bucket, port=proxy.port)), context)

    assert not caught.value.permanent
    assert await server.keys(bucket) == []
    monkeypatch.undo()
    await DataBackup().run(params(**to(server, bucket)), context.another_attempt())
    assert await server.uploads(bucket) == []


async def test_a_stored_file_that_is_not_what_was_sent_does_not_become_a_backup(
    server: S3Server, bucket: str, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another_digest(*_: object) -> str:
        return "0" * 64

    monkeypatch.setattr(s3.S3Place, "_checksum", another_digest)
    with pytest.raises(ActionFailed, match="SHA-256 differs"):
        await DataBackup().run(params(**to(server, bucket)), context)

    assert await server.keys(bucket) == []


async def test_what_is_wrong_with_the_store_is_said(
    server: S3Server,
    bucket: str,
    context: RecordingContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3, "TRIES", 1)
    with pytest.raises(ActionFailed, match="NoSuchBucket") as caught:
        await DataBackup().run(params(**to(server, "missing-bucket")), context)
    assert caught.value.permanent

    closed = next_run(context)
    closed.egress_allow = ""
    with pytest.raises(ActionFailed, match="AUTOMATION_EGRESS_ALLOW can open it") as caught:
        await DataBackup().run(params(**to(server, bucket)), closed)
    assert caught.value.permanent
    assert await server.keys(bucket) == []
