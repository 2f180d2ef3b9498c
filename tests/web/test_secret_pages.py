"""Secrets on the page: written and replaced, never shown; not deleted from under who names them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import LANGUAGES, NARROW, Language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_secret_goes_in_is_replaced_and_never_comes_out(
    visit: Visit, admin: Admin, language: Language
) -> None:
    visitor = await visit(language)
    page = visitor.page
    name, value = f"bank-{uuid4().hex[:6]}", f"sesame-{uuid4().hex}"
    await visitor.go("/secrets")
    await page.get_by_role("button", name=visitor.say("新增機密", "New secret")).first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(visitor.say("名稱", "Name"), exact=True).fill(name)
    await dialog.get_by_label(visitor.say("內容", "Value"), exact=True).fill("short")
    await dialog.get_by_role("button", name=visitor.say("儲存", "Save")).click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await dialog.get_by_label(visitor.say("內容", "Value"), exact=True).fill(value)
    await dialog.get_by_role("button", name=visitor.say("儲存", "Save")).click()
    row = page.get_by_role("row").filter(has_text=name)
    await expect(row).to_be_visible()

    first = await admin.ask("GET", f"/secrets/{name}")
    await row.get_by_role("button", name=visitor.say("更換內容", "Replace value")).click()
    replace = page.get_by_role("dialog")
    field = replace.get_by_label(visitor.say("內容", "Value"), exact=True)
    await expect(field).to_have_value("")
    await field.fill(f"{value}-2")
    await replace.get_by_role("button", name=visitor.say("儲存", "Save")).click()
    await expect(replace).to_be_hidden()
    second = await admin.ask("GET", f"/secrets/{name}")
    assert second["value_set_at"] > first["value_set_at"]
    assert value not in await page.content()

    rule = await admin.ask(
        "POST",
        "/alert-rules",
        json={
            "name": f"asks with {name}",
            "rule_type": "http",
            "threshold_value": 1,
            "threshold_operator": "<",
            "query": {"url": "https://example.com", "login": {"secret": name}},
        },
    )
    await page.reload()
    await expect(row).to_contain_text(visitor.say("1 個任務或規則", "1 task or rule"))
    await visitor.picture("secrets")
    await row.get_by_role("button", name=visitor.say("刪除", "Delete")).click()
    refused = page.get_by_role("dialog")
    await expect(refused.get_by_role("link", name=rule["name"])).to_be_visible()
    await visitor.picture("secret-in-use")
    await refused.get_by_role("button", name=visitor.say("關閉", "Close")).last.click()
    await admin.ask("DELETE", f"/alert-rules/{rule['id']}")
    await page.reload()
    await row.get_by_role("button", name=visitor.say("刪除", "Delete")).click()
    sure = page.get_by_role("dialog").get_by_role("button", name=visitor.say("刪除", "Delete"))
    await expect(sure).to_be_enabled()
    await sure.click()
    await expect(row).to_be_hidden()


async def test_secrets_are_readable_on_a_phone_and_in_the_dark(visit: Visit, admin: Admin) -> None:
    await admin.ask(
        "PUT", f"/secrets/{'w' * 63}", json={"value": "a value of it", "description": "長" * 300}
    )
    visitor = await visit("zh-TW", dark=True, size=NARROW)
    await visitor.go("/secrets")
    await expect(visitor.page.get_by_text("w" * 63)).to_be_visible()
    violations = await axe.violations(visitor.page)
    assert violations == [], axe.told(violations)
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    await visitor.picture("phone-secrets")
    await admin.ask("DELETE", f"/secrets/{'w' * 63}")
