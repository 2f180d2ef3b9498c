"""Alerts on the page: found, taken care of, silenced; rules tried before they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.hostile import MARKUP
from tests.web.people import Admin
from tests.web.visitor import NARROW


@dataclass(frozen=True, slots=True)
class Trouble:
    """A rule with an alert that fires, and the task that checks it."""

    admin: Admin
    rule: dict[str, Any]
    alert: dict[str, Any]
    check: str

    async def now(self) -> dict[str, Any]:
        """Return the alert as it is now."""
        found: dict[str, Any] = await self.admin.ask("GET", f"/alerts/{self.alert['id']}")
        return found


async def checked(admin: Admin, task: str) -> None:
    """Run a checking task and wait for its end."""
    started = await admin.ask("POST", f"/automation-tasks/{task}/run")
    async with asyncio.timeout(60):
        while not (await _ended(admin, started["run_id"])):  # noqa: ASYNC110 - over HTTP there is no event
            await asyncio.sleep(0.2)


async def _ended(admin: Admin, run: str) -> bool:
    answer = await admin.client.get(f"/api/v1/group-ai/automation-runs/{run}")
    return answer.is_success and answer.json()["completed_at"] is not None


@pytest_asyncio.fixture(loop_scope="session")
async def trouble(admin: Admin) -> AsyncIterator[Trouble]:
    """Let an account be away that should work, and an alert tell of it."""
    mark = uuid4().hex[:8]
    await admin.ask("POST", "/accounts", json={"account_id": f"away-{mark}", "display_name": mark})
    await admin.ask("POST", f"/accounts/away-{mark}/start")
    rule = await admin.ask(
        "POST",
        "/alert-rules",
        json={
            "name": f"away {mark}",
            "rule_type": "account_offline",
            "alert_level": "error",
            "threshold_value": 0,
            "rule_conditions": {"account_ids": [f"away-{mark}"]},
            "labels": {"mark": mark},
            "annotations": {"summary": f"{MARKUP[0]} {mark} {{{{ labels.account_id }}}}"},
        },
    )
    task = await admin.ask(
        "POST",
        "/automation-tasks",
        json={
            "name": f"check {mark}",
            "task_type": "manual",
            "task_action": "alert_check",
            "action_config": {"rules": [rule["name"]]},
        },
    )
    await checked(admin, task["id"])
    page = await admin.ask("GET", "/alerts", params={"rule": rule["name"]})
    yield Trouble(admin, rule, page["items"][0], task["id"])
    await admin.ask("DELETE", f"/alert-rules/{rule['id']}")
    await admin.ask("DELETE", f"/accounts/away-{mark}")


async def test_an_alert_is_found_taken_care_of_and_silenced(visit: Visit, trouble: Trouble) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    mark = trouble.rule["labels"]["mark"]
    await visitor.go(f"/alerts?q={mark}")
    row = page.get_by_role("row").filter(has_text=mark)
    await expect(row).to_contain_text(f"{MARKUP[0]} {mark} away-{mark}")
    await visitor.is_accessible()

    await row.get_by_role("button", name="接手").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("on it <b>now</b>")
    await visitor.is_accessible()
    await dialog.get_by_role("button", name="接手").click()
    await expect(row).to_contain_text("on it <b>now</b>")
    await visitor.picture("alerts")

    await row.get_by_role("button", name="靜音").click()
    drawer = page.get_by_role("dialog")
    await expect(drawer).to_contain_text("1 個告警")
    await drawer.get_by_label("原因").fill("maintenance")
    await visitor.is_accessible()
    await visitor.picture("silence-form")
    await drawer.get_by_role("button", name="儲存").click()
    await expect(page.get_by_role("row").filter(has_text="maintenance")).to_be_visible()

    await visitor.go(f"/alerts/{trouble.alert['id']}")
    await expect(page.get_by_text("已靜音").first).to_be_visible()
    await expect(page.get_by_text("已接手").first).to_be_visible()
    await visitor.is_accessible()
    await visitor.picture("alert")
    assert len((await trouble.now())["silenced_by"]) == 1

    # Readable on a phone and in the dark, too.
    await visitor.look(dark=True, size=NARROW)
    for path in (None, "/alerts", "/alert-rules?open=new"):
        if path:
            await visitor.turn(path)
        await visitor.is_accessible()
        assert await visitor.overflow() <= 0, path
    await visitor.picture("phone-alert-rule")


async def test_a_rule_is_tried_before_it_is_stored(visit: Visit, trouble: Trouble) -> None:
    visitor = await visit()
    page = visitor.page
    mark = trouble.rule["labels"]["mark"]
    await visitor.go(f"/alert-rules?open=new&like={trouble.rule['id']}")
    drawer = page.get_by_role("dialog")

    await drawer.get_by_role("button", name="Try it now").click()
    await expect(drawer.get_by_role("alert")).to_contain_text("It would fire: 1 of 1 samples")
    await visitor.is_accessible()
    await visitor.picture("rule-form")
    await drawer.get_by_role("button", name="Save").click()
    await expect(drawer.get_by_text("Please fill this in.")).to_be_visible()
    name = f"a copy {mark}"
    await drawer.get_by_label("Name", exact=True).first.fill(name)
    await drawer.get_by_role("button", name="Save").click()

    row = page.get_by_role("row").filter(has_text=name)
    await expect(row).to_be_visible()
    stored = await trouble.admin.ask("GET", "/alert-rules", params={"name": name})
    (copy,) = stored["items"]
    assert copy["rule_conditions"] == trouble.rule["rule_conditions"]
    assert copy["annotations"] == trouble.rule["annotations"]

    await row.get_by_role("switch").click()
    await page.get_by_role("button", name="Undo").click()
    await expect(row.get_by_role("switch")).to_be_checked()
    await visitor.picture("rules")
    await row.get_by_role("button", name=f"More for {name}").click()
    await page.get_by_role("menuitem", name="Delete").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete")
    await expect(sure).to_be_enabled()
    await sure.click()
    await expect(row).to_be_hidden()


async def test_how_alerts_are_told_is_changed_and_not_over_somebody_elses_change(
    visit: Visit, admin: Admin
) -> None:
    await admin.ask("PUT", "/alert-settings", json={"group_wait_seconds": 30})
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/alert-settings")
    wait = page.get_by_label("新群組等待", exact=True).first
    await wait.fill("45")
    await wait.press("Tab")
    await visitor.is_accessible()
    await page.get_by_role("button", name="儲存").click()
    await expect(page.get_by_text("設定已儲存").first).to_be_visible()
    assert (await admin.ask("GET", "/alert-settings"))["group_wait_seconds"] == 45

    wait = page.get_by_label("新群組等待", exact=True).first
    await wait.fill("50")
    await wait.press("Tab")
    await admin.ask("PUT", "/alert-settings", json={"send_resolved": True, "group_by": ["queue"]})
    await page.get_by_role("button", name="儲存").click()
    # The toast of the first change may still be there; the refusal stands in the form.
    await expect(page.get_by_role("tabpanel").get_by_role("alert")).to_be_visible()
    assert (await admin.ask("GET", "/alert-settings"))["group_wait_seconds"] == 45
    await admin.ask("PUT", "/alert-settings", json={"group_by": ["alertname"]})


async def test_who_may_only_look_is_offered_nothing_else(visit: Visit, trouble: Trouble) -> None:
    visitor = await visit("en", role="viewer")
    page = visitor.page
    await visitor.go(f"/alerts?q={trouble.rule['labels']['mark']}")
    await expect(page.get_by_role("row")).to_have_count(2)
    for name in ("Acknowledge", "Silence"):
        await expect(page.get_by_role("row").get_by_role("button", name=name)).to_have_count(0)
    await visitor.turn("/alert-rules")
    await expect(page.get_by_role("button", name="New rule")).to_have_count(0)
