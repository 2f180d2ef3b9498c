"""The audit list is a chain: whoever changes, removes, puts in or moves a row is found out."""

from __future__ import annotations

import asyncpg
import pytest

from services.api.access.audit_copy import verify_copy
from services.api.access.audit_sealing import Sealer
from services.api.store.database import Database
from tests.integration.api.audit_desk import ROW, exported, note, sealed, verdict
from tests.integration.api.client import Api
from tests.integration.api.tampering import tamper
from tests.support.cases import cases

TAMPERING = {
    "a field": ("UPDATE api.audit SET actor = 'somebody else' WHERE id = $1", ["changed"]),
    "the time": (
        "UPDATE api.audit SET at = at + interval '1 microsecond' WHERE id = $1",
        ["changed"],
    ),
    "what was changed": ("UPDATE api.audit SET after = '{\"a\": 1}' WHERE id = $1", ["changed"]),
    "the row": ("DELETE FROM api.audit WHERE id = $1", ["missing"]),
    "its hash": (
        "UPDATE api.audit_seals SET hash = sha256('x') WHERE audit_id = $1",
        ["changed", "changed"],  # the next one does not follow it
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_the_row_that_was_tampered_with_is_named(api: Api, what: str) -> None:
    rows = await sealed(api)
    statement, expected = TAMPERING[what]

    await tamper(api, statement, rows[2])

    said = await verdict(api)
    assert not said["ok"]
    assert [each["what"] for each in said["problems"]] == expected
    assert said["problems"][0]["id"] == rows[2]


async def test_a_row_that_was_removed_with_its_seal_is_missed(api: Api) -> None:
    rows = await sealed(api)
    number = await api.pool.fetchval(
        "SELECT seal FROM api.audit_seals WHERE audit_id = $1", rows[2]
    )

    await tamper(api, "DELETE FROM api.audit WHERE id = $1", rows[2])
    await tamper(api, "DELETE FROM api.audit_seals WHERE audit_id = $1", rows[2])

    said = await verdict(api)
    assert said["problems"][0] == {"what": "missing", "id": None, "seal": number}
    found = verify_copy(await exported(api))
    assert (found.troubles[0].what.value, found.troubles[0].seal) == ("missing", number)


async def test_a_row_that_was_put_in_is_named(api: Api) -> None:
    await sealed(api)

    await tamper(api, ROW, "nobody")

    row = await api.pool.fetchval("SELECT id FROM api.audit WHERE actor = 'nobody'")
    assert (await verdict(api))["problems"] == [{"what": "unsealed", "id": row, "seal": None}]


async def test_rows_that_changed_places_are_named(api: Api) -> None:
    rows = await sealed(api)

    await tamper(
        api,
        "UPDATE api.audit a SET actor = b.actor, at = b.at FROM api.audit b"
        " WHERE (a.id, b.id) IN (($1, $2), ($2, $1))",
        rows[1],
        rows[3],
    )

    said = await verdict(api)
    assert [(each["what"], each["id"]) for each in said["problems"]] == [
        ("changed", rows[1]),
        ("changed", rows[3]),
    ]
    await tamper(api, "UPDATE api.audit_seals SET audit_id = -audit_id")
    assert len((await verdict(api))["problems"]) >= len(rows)


async def test_an_end_that_was_cut_off_is_missed(api: Api) -> None:
    rows = await sealed(api)
    head = (await verdict(api))["head"]

    for table, column in (("api.audit", "id"), ("api.audit_seals", "audit_id")):
        await tamper(api, f"DELETE FROM {table} WHERE {column} >= $1", rows[4])  # noqa: S608

    assert [each["what"] for each in (await verdict(api))["problems"]] == ["head"]
    # Whoever mends the end of the chain as well is betrayed by a head that was written down.
    await tamper(
        api,
        "UPDATE api.audit_chain SET (head_seal, head_hash) ="
        " (SELECT seal, hash FROM api.audit_seals ORDER BY seal DESC LIMIT 1)",
    )
    assert (await verdict(api))["ok"]
    assert (await verdict(api))["head"] != head


async def test_a_row_that_vanished_before_it_was_sealed_is_named(api: Api) -> None:
    await sealed(api)
    await note(api, "somebody")
    row = await api.pool.fetchval("SELECT max(id) FROM api.audit")

    await tamper(api, "DELETE FROM api.audit WHERE id = $1", row)
    await note(api, "the next one")
    await Sealer(Database(api.pool)).step()

    said = await verdict(api)
    assert said["problems"] == [{"what": "missing", "id": row, "seal": None}]
    assert said["waiting"] == 1  # the one behind it was sealed


async def test_even_the_owner_does_not_change_it_by_mistake(api: Api) -> None:
    for case in cases(
        [
            "UPDATE api.audit SET actor = 'x'",
            "DELETE FROM api.audit",
            "TRUNCATE api.audit",
            "UPDATE api.audit_seals SET hash = hash",
            "DELETE FROM api.audit_seals",
            "SELECT api.forget_audit(29, 1000)",
        ]
    ):
        with case as statement:
            await sealed(api)

            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.pool.execute(statement)

            assert (await verdict(api))["ok"]
