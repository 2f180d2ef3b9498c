"""Whatever people write into a field stays text: nothing runs, no policy and no page is broken.

Every field that takes text gets a hostile one, over the API, which takes what any name may be. Then
every page is opened, and what the browser says about it is nothing.
"""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from tests.web import hostile
from tests.web.conftest import Visit
from tests.web.people import BASE, Admin
from tests.web.places import PLACES
from tests.web.visitor import NARROW

Found = dict[str, str]


class Writer:
    """Sends documents, each text of them a hostile one."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._texts = cycle(hostile.NAMES)
        self.taken = 0
        self.refused: list[str] = []

    @property
    def text(self) -> str:
        return next(self._texts)

    async def send(self, method: str, path: str, document: dict[str, Any]) -> dict[str, Any] | None:
        """Send a document; None: the API does not take this text, which is as good."""
        answer = await self._admin.client.request(method, BASE + path, json=document)
        assert answer.status_code < 500, answer.text
        if not answer.is_success:
            assert answer.status_code == 422, f"{path}: {answer.text}"
            self.refused.append(f"{path} {json.dumps(document)[:200]} {answer.text[:300]}")
            return None
        self.taken += 1
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(admin: Admin) -> Found:
    """Fill the system; return addresses of single things."""
    writer = Writer(admin)
    addresses: Found = {}
    for index, text in enumerate(hostile.NAMES):
        task = await _task(writer, text, index)
        if task:
            addresses[f"task {index % 3}"] = f"/tasks/{task['id']}"
            addresses["form"] = f"/tasks/{task['id']}/edit"
    await _platform(writer, addresses)
    await _told(writer)
    await _events(writer)
    run = (await admin.ask("GET", "/automation-runs?limit=1"))["items"][0]
    addresses["run"] = f"/runs/{run['run_id']}"
    assert writer.taken > 2 * len(writer.refused), writer.refused[:10]
    return addresses


async def _task(writer: Writer, text: str, index: int) -> dict[str, Any] | None:
    task = await writer.send(
        "POST",
        "/automation-tasks",
        {
            "name": text,
            "description": writer.text,
            "task_type": "triggered" if index % 3 == 1 else "manual",
            "task_action": "noop",
            **({"trigger_config": {"subject": "event.hostile.>"}} if index % 3 == 1 else {}),
            "action_config": {"message": writer.text},
            "locks": [writer.text[:60]],
        },
    )
    if task is None:
        task = await writer.send(
            "POST",
            "/automation-tasks",
            {"name": text, "task_type": "manual", "task_action": "noop"},
        )
    if task and index % 4 == 0:
        await writer.send("POST", f"/automation-tasks/{task['id']}/run", {})
    return task


async def _platform(writer: Writer, addresses: Found) -> None:
    script = "name: x\nsteps:\n  - say: hello\n"
    for index in range(6):
        made = await writer.send(
            "POST",
            "/scripts",
            {
                "script_id": f"hostile-{index}",
                "name": writer.text,
                "description": writer.text,
                "yaml_content": script,
            },
        )
        if made:
            addresses["script"] = f"/scripts/hostile-{index}"
        account = {
            "account_id": f"hostile-{index}",
            "display_name": writer.text,
            "server_id": "server-x",
        }
        if await writer.send("POST", "/accounts", account):
            addresses["account"] = f"/accounts/hostile-{index}"
        await writer.send(
            "POST",
            "/alert-rules",
            {
                "name": writer.text,
                "description": writer.text,
                "rule_type": "error_rate",
                "alert_level": "error",
                "threshold_value": 1,
                "threshold_operator": ">",
            },
        )


async def _told(writer: Writer) -> None:
    for index in range(4):
        name = f"hostile-{index}"
        await writer.send("PUT", f"/queues/{name}", {"description": writer.text})
        await writer.send(
            "PUT", f"/calendars/{name}", {"description": writer.text, "dates": ["2030-01-01"]}
        )
        await writer.send(
            "PUT", f"/secrets/{name}", {"value": "not to be seen", "description": writer.text}
        )
        await writer.send(
            "POST",
            "/saved-views",
            {"name": writer.text[:60], "page": "tasks", "query": "q=a", "shared": True},
        )
        await writer.send("POST", "/tokens", {"name": writer.text[:60], "scopes": ["tasks:read"]})
        await writer.send(
            "POST",
            "/users",
            {"name": f"{name}-user", "display_name": writer.text[:100], "role": "viewer"},
        )
        await writer.send("POST", f"/queues/{name}/pause", {"reason": writer.text})


async def _events(writer: Writer) -> None:
    for text in hostile.NAMES:
        await writer.send(
            "POST",
            "/events",
            {"source": "hostile", "type": "text", "data": {"text": text, text[:100]: [text]}},
        )


async def test_no_text_becomes_anything_but_text(visit: Visit, found: Found) -> None:
    visitor = await visit("zh-TW", size=NARROW)
    too_wide: dict[str, int] = {}
    async with hostile.watched(visitor.page) as seen:
        await visitor.go("/profile")
        for path in (*PLACES, *found.values()):
            await (visitor.turn(path) if path in PLACES else visitor.go(path))
            await visitor.settle()
            assert seen.nothing_ran, (path, seen)
            too_wide[path] = await visitor.overflow()
        await visitor.go("/events?source=hostile")
        await visitor.page.get_by_role("button", name="event.hostile.text").first.click()
        drawer = visitor.page.get_by_role("dialog")
        await expect(drawer.get_by_text(hostile.NAMES[-1]).first).to_be_visible()
        assert seen.nothing_ran, seen

    assert {path: wide for path, wide in too_wide.items() if wide > 0} == {}
