"""A long chain is verified stretch by stretch, while retention takes off its beginning."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.access import audit_verifying
from services.api.access.audit_copy import verify_copy
from services.api.store import audit_chain as store
from services.api.store.database import Database
from tests.integration.api.audit_desk import AUDIT, ROW, exported, seal, sealed, verdict
from tests.integration.api.client import Api, bearer
from tests.integration.api.tampering import tamper


async def test_retention_takes_whole_links_off_the_beginning(api: Api) -> None:
    rows = await sealed(api)
    await api.pool.execute("SELECT api.forget_audit(400, 100)")
    assert await api.count("api.audit") == len(rows) + 1  # nothing is old

    # Sealed anew as old rows would be; the third is young, so what lies behind it stays.
    await tamper(
        api, "UPDATE api.audit SET at = now() - interval '401 days' WHERE id <> $1", rows[2]
    )
    await tamper(api, "DELETE FROM api.audit_seals")
    await tamper(api, "UPDATE api.audit_chain SET head_seal = 0, head_hash = anchor_hash")
    await api.pool.execute("INSERT INTO api.audit_unsealed SELECT id FROM api.audit")
    await seal(api)
    head = (await verdict(api))["head"]

    assert await api.pool.fetchval("SELECT api.forget_audit(400, 100)") == 3

    left = await exported(api)
    assert sorted(row["id"] for row in left) == rows[2:]
    said = await verdict(api)
    assert (said["ok"], said["checked"], said["head"]) == (True, 4, head)
    assert said["anchor"].startswith("3:")
    assert left[-1]["previous_hash"] == said["anchor"].partition(":")[2]
    assert verify_copy(left).troubles == []


async def test_retention_in_the_middle_of_verifying_is_no_alarm(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(api, 9)
    monkeypatch.setattr(audit_verifying, "BATCH", 2)
    await tamper(api, "UPDATE api.audit SET at = now() - interval '401 days'")
    await tamper(api, "DELETE FROM api.audit_seals")
    await tamper(api, "UPDATE api.audit_chain SET head_seal = 0, head_hash = anchor_hash")
    await api.pool.execute("INSERT INTO api.audit_unsealed SELECT id FROM api.audit")
    await seal(api)

    async def behind(*given: Any) -> list[store.SealedRow]:  # noqa: ANN401 - of `behind`
        await api.pool.execute("SELECT api.forget_audit(400, 3)")
        return await read(*given)

    read = store.behind
    monkeypatch.setattr(store, "behind", behind)
    found = await audit_verifying.verify(Database(api.pool), 0)

    assert (found.troubles, found.next) == ([], None)


async def test_a_long_chain_is_verified_in_stretches(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await sealed(api, 9)  # and the row of the test's own token
    monkeypatch.setattr(audit_verifying, "BATCH", 2)
    await tamper(api, "UPDATE api.audit SET actor = 'x' WHERE id = $1", rows[5])

    database, checked, troubles = Database(api.pool), 0, []
    place: int | None = 0
    while place is not None:
        found = await audit_verifying.verify(database, place, stretch=4)
        checked += found.checked
        troubles += found.troubles
        place = found.next

    assert checked == 10
    assert [each.row for each in troubles] == [rows[5]]


async def test_a_row_that_was_put_in_is_found_by_the_stretch_around_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not by one statement at the end that reads years of rows, which would be cancelled."""
    monkeypatch.setattr(audit_verifying, "BATCH", 2)
    await sealed(api, 3)
    await tamper(api, ROW, "nobody")
    row = await api.pool.fetchval("SELECT max(id) FROM api.audit")
    await sealed(api, 9)

    database, found = Database(api.pool), []
    place: int | None = 0
    while place is not None:
        said = await audit_verifying.verify(database, place, stretch=6)
        found.append([each.row for each in said.troubles])
        place = said.next

    assert found == [[row], [], []]


async def test_only_who_may_read_the_list_may_verify_it(api: Api) -> None:
    for scope, status in (("audit:read", 200), ("tasks:write", 403)):
        headers = bearer(await api.token(scope))
        assert (await api.http.get(f"{AUDIT}/verify", headers=headers)).status_code == status
