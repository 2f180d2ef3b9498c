"""An exported audit list is verified with nothing but itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.audit_cli import app as audit_app
from services.api.access.audit_copy import verify_copy
from services.api.routes import audit as audit_routes
from services.api.store import audit
from tests.integration.api.audit_desk import AUDIT, ROW, exported, note, seal, sealed, verdict
from tests.integration.api.client import Api


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


async def test_an_export_is_verified_with_nothing_but_itself(api: Api, tmp_path: Path) -> None:
    rows = await sealed(api)
    said = await verdict(api)
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    text = (await api.http.get(f"{AUDIT}/export?format=jsonl")).text
    whole.write_text(text)
    lines = text.splitlines(keepends=True)
    part.write_text("".join(lines[::2]))
    filtered = tmp_path / "filtered.jsonl"
    filtered.write_text((await api.http.get(f"{AUDIT}/export?format=jsonl&verb=x.y")).text)

    def run(*words: object) -> tuple[int, Any]:
        result = CliRunner().invoke(audit_app, [str(word) for word in words])
        return result.exit_code, json.loads(result.stdout) if result.stdout else None

    # `verify` is the only command, so Typer takes no word for it.
    status, told = run(whole, "--head", said["head"], "--anchor", said["anchor"])
    assert (status, told["ok"], told["rows"], told["head"]) == (0, True, 7, said["head"])
    assert (told["whole"], run(whole)[0]) == (True, 0)
    assert run(part)[0] == run(part, "--part")[0] == 1, "its end tells of more rows"
    assert run(filtered)[0] == 1
    assert run(filtered, "--part")[0] == 0
    for cut in (lines[:-1], lines[:-2], lines[1:], []):
        part.write_text("".join(cut))
        status, told = run(part)
        assert (status, told["ok"], told["whole"], told["problems"]) == (1, False, False, [])
    status, told = run(filtered, "--part", "--head", f"3:{'0' * 64}")
    assert (status, told["problems"][0]["what"]) == (1, "head")
    assert run(whole, "--head", "nonsense")[0] == 2
    whole.write_text(text.replace("actor 2", "actor X"))
    status, told = run(whole)
    assert status == 1
    assert told["problems"] == [{"what": "changed", "id": rows[2], "seal": 4}]
