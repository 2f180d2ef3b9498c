"""The audit list is a chain: whoever changes, removes, puts in or moves a row is found out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.audit_cli import app as audit_app
from services.api.access import audit_verifying
from services.api.access.audit_chain import GENESIS, link, verify_copy
from services.api.access.audit_sealing import Sealer
from services.api.documented import audit as documented
from services.api.routes import audit as audit_routes
from services.api.store import audit
from services.api.store import audit_chain as store
from services.api.store.database import Database, Unavailable
from shared.db.pool import Connection
from tests.integration.api.client import BASE, Api, bearer
from tests.integration.api.tampering import tamper

AUDIT = f"{BASE}/audit"
ROW = "INSERT INTO api.audit (actor, verb, subject_kind, subject_id) VALUES ($1, 'x.y', 'x', 'x')"


async def note(api: Api, *actors: str) -> None:
    await api.pool.executemany(ROW, [(actor,) for actor in actors])


async def seal(api: Api) -> None:
    """Seal whatever is committed."""
    sealer = Sealer(Database(api.pool))
    while await api.pool.fetchval("SELECT count(*) FROM api.audit_unsealed"):
        await sealer.step()


async def sealed(api: Api, count: int = 6) -> list[int]:
    """Have *count* more rows in the chain; return their ids."""
    known = await api.pool.fetchval("SELECT coalesce(max(id), 0) FROM api.audit")
    await note(api, *(f"actor {number}" for number in range(count)))
    await seal(api)
    rows = await api.pool.fetch("SELECT id FROM api.audit WHERE id > $1 ORDER BY id", known)
    return [row["id"] for row in rows]


async def verdict(api: Api, **params: int) -> dict[str, Any]:
    answer = await api.http.get(f"{AUDIT}/verify", params=params)
    assert answer.status_code == 200, answer.text
    documented.AuditVerdict.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def exported(api: Api, **params: str) -> list[dict[str, Any]]:
    answer = await api.http.get(f"{AUDIT}/export", params={"format": "jsonl", **params})
    return [json.loads(line) for line in answer.text.splitlines()]


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


async def test_a_file_that_was_written_while_rows_were_sealed_is_no_alarm(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late row is sealed behind rows that stand in the file already, unsealed."""
    await sealed(api, 2)
    async with api.pool.acquire() as slow:
        late = slow.transaction()
        await late.start()
        await slow.execute(ROW, "slow")
        await note(api, "quick", "quicker")

        async def page(*given: Any, **more: Any) -> list[audit.ListedRow]:  # noqa: ANN401 - of `page`
            rows = await read(*given, **more)
            if not more["before"]:  # between the first page and the second
                await seal(api)
                await late.commit()
                await seal(api)
            return rows

        read = audit.page
        monkeypatch.setattr(audit, "page", page)
        monkeypatch.setattr(audit_routes, "BATCH", 2)
        rows = await exported(api)

    assert [row["actor"] for row in rows[:3]] == ["quicker", "quick", "slow"]
    assert [row["seal"] for row in rows[:3]] == [None] * 3
    found = verify_copy(rows)
    assert (found.troubles, found.unsealed) == ([], [row["id"] for row in rows[:3]])
    monkeypatch.undo()
    assert verify_copy(await exported(api)).unsealed == []


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


async def _all(*work: Any) -> None:  # noqa: ANN401 - awaitables
    await asyncio.gather(*work)


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


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE api.audit SET actor = 'x'",
        "DELETE FROM api.audit",
        "TRUNCATE api.audit",
        "UPDATE api.audit_seals SET hash = hash",
        "DELETE FROM api.audit_seals",
        "SELECT api.forget_audit(29, 1000)",
    ],
)
async def test_even_the_owner_does_not_change_it_by_mistake(api: Api, statement: str) -> None:
    await sealed(api)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.pool.execute(statement)

    assert (await verdict(api))["ok"]


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


async def test_an_export_is_verified_with_nothing_but_itself(api: Api, tmp_path: Path) -> None:
    rows = await sealed(api)
    said = await verdict(api)
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    text = (await api.http.get(f"{AUDIT}/export?format=jsonl")).text
    whole.write_text(text)
    lines = text.splitlines(keepends=True)
    part.write_text("".join(lines[::2]))

    def run(*words: object) -> tuple[int, Any]:
        result = CliRunner().invoke(audit_app, [str(word) for word in words])
        return result.exit_code, json.loads(result.stdout) if result.stdout else None

    # `verify` is the only command, so Typer takes no word for it.
    status, told = run(whole, "--head", said["head"], "--anchor", said["anchor"])
    assert (status, told["ok"], told["rows"], told["head"]) == (0, True, 7, said["head"])
    assert run(part)[0] == 1
    assert run(part, "--part")[0] == 0
    status, told = run(part, "--part", "--head", f"3:{'0' * 64}")
    assert (status, told["problems"][0]["what"]) == (1, "head")
    assert run(whole, "--head", "nonsense")[0] == 2
    whole.write_text(text.replace("actor 2", "actor X"))
    status, told = run(whole)
    assert status == 1
    assert told["problems"] == [{"what": "changed", "id": rows[2], "seal": 4}]


async def test_only_who_may_read_the_list_may_verify_it(api: Api) -> None:
    for scope, status in (("audit:read", 200), ("tasks:write", 403)):
        headers = bearer(await api.token(scope))
        assert (await api.http.get(f"{AUDIT}/verify", headers=headers)).status_code == status
