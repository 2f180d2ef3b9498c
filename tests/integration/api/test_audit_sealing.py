"""Each row of the audit list is sealed once, whoever seals, dies or commits late."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.api.access.audit_chain import GENESIS, link
from services.api.access.audit_copy import verify_copy
from services.api.access.audit_sealing import Sealer
from services.api.documented import audit as documented
from services.api.store import audit_chain as store
from services.api.store.database import Database, Unavailable
from shared.db.pool import Connection
from tests.integration.api.audit_desk import ROW, exported, note, seal, sealed, verdict
from tests.integration.api.client import Api


async def _all(*work: Any) -> None:  # noqa: ANN401 - awaitables
    await asyncio.gather(*work)


async def test_each_row_is_sealed_behind_the_one_before(api: Api) -> None:
    await api.create(name="有重音 é 𝄞")
    await sealed(api)

    rows = await exported(api)

    previous = GENESIS
    for number, row in enumerate(reversed(rows), start=1):
        documented.AuditEntry.model_validate(row)
        assert (row["seal"], row["previous_hash"]) == (number, previous.hex())
        previous = link(previous, row)
        assert row["hash"] == previous.hex()
    said = await verdict(api)
    assert (said["ok"], said["checked"], said["problems"]) == (True, len(rows), [])
    assert said["head"] == f"{len(rows)}:{previous.hex()}"
    assert (said["waiting"], said["late"], said["next"]) == (0, False, None)


async def test_what_is_not_sealed_yet_is_no_trouble(api: Api) -> None:
    await sealed(api)
    await note(api, "just now")

    said = await verdict(api)
    assert (said["ok"], said["waiting"], said["late"]) == (True, 1, False)
    assert (await exported(api))[0]["seal"] is None

    await api.pool.execute("UPDATE api.audit_unsealed SET at = now() - interval '2 minutes'")
    assert (await verdict(api))["late"]


async def test_a_transaction_that_commits_late_is_sealed_late(api: Api) -> None:
    await sealed(api)
    async with api.pool.acquire() as slow, api.pool.acquire() as undone:
        first, gap = slow.transaction(), undone.transaction()
        await first.start()
        await gap.start()
        await slow.execute(ROW, "slow")
        await undone.execute(ROW, "undone")
        await note(api, "quick")
        await seal(api)
        await gap.rollback()
        await first.commit()
    await seal(api)

    rows = await exported(api)

    assert [row["actor"] for row in rows[:2]] == ["quick", "slow"]
    assert rows[0]["id"] > rows[1]["id"] + 1
    assert rows[0]["seal"] < rows[1]["seal"]
    assert (await verdict(api))["ok"]
    assert verify_copy(rows).troubles == []


async def test_many_sealers_make_one_chain(api: Api) -> None:
    async def write(name: str) -> None:
        for _ in range(20):
            await note(api, name)

    sealers = [Sealer(Database(api.pool)) for _ in range(4)]

    async def work(sealer: Sealer, writers: asyncio.Task[Any]) -> None:
        while not writers.done() or await api.pool.fetchval(
            "SELECT count(*) FROM api.audit_unsealed"
        ):
            await sealer.step()

    writers = asyncio.create_task(_all(*(write(f"writer {number}") for number in range(4))))
    await _all(writers, *(work(each, writers) for each in sealers))

    said = await verdict(api)
    assert (said["ok"], said["waiting"]) == (True, 0)
    assert said["checked"] == await api.count("api.audit") == await api.count("api.audit_seals")


async def test_a_sealer_that_dies_leaves_nothing_half_done(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(api)
    await note(api, "a", "b")
    before = await verdict(api)

    async def dies(connection: Connection, *given: Any) -> None:  # noqa: ANN401 - of `add`
        await add(connection, *given)
        # Its server process, as if the machine had gone: no ROLLBACK is said.
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        await api.pool.fetchval("SELECT pg_terminate_backend($1)", pid)
        await connection.execute("SELECT 1")

    add = store.add
    monkeypatch.setattr(store, "add", dies)
    with pytest.raises(Unavailable):
        await Sealer(Database(api.pool)).step()
    monkeypatch.undo()

    after = await verdict(api)
    assert after == {**before, "waiting": 2}
    await seal(api)
    assert (await verdict(api))["checked"] == before["checked"] + 2
