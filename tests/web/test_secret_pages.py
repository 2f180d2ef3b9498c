"""Secrets on the page: written and replaced, never shown; not deleted from under who names them."""

from __future__ import annotations

from uuid import uuid4

from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW

#: As long as names may be.
LONG = "w" * 63


async def test_a_secret_goes_in_is_replaced_and_never_comes_out(visit: Visit, admin: Admin) -> None:
    visitor = await visit()
    page = visitor.page
    name, value = f"bank-{uuid4().hex[:6]}", f"sesame-{uuid4().hex}"
    await visitor.go("/secrets")
    await page.get_by_role("button", name="New secret").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill(name)
    await dialog.get_by_label("Value", exact=True).fill("short")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    await visitor.is_accessible()
    await dialog.get_by_label("Value", exact=True).fill(value)
    await dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text=name)
    await expect(row).to_be_visible()

    first = await admin.ask("GET", f"/secrets/{name}")
    await row.get_by_role("button", name="Replace value").click()
    replace = page.get_by_role("dialog")
    field = replace.get_by_label("Value", exact=True)
    await expect(field).to_have_value("")
    await field.fill(f"{value}-2")
    await replace.get_by_role("button", name="Save").click()
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
    await expect(row).to_contain_text("1 task or rule")
    await visitor.picture("secrets")
    await row.get_by_role("button", name="Delete").click()
    refused = page.get_by_role("dialog")
    await expect(refused.get_by_role("link", name=rule["name"])).to_be_visible()
    await visitor.picture("secret-in-use")
    await refused.get_by_role("button", name="Close").last.click()
    await admin.ask("DELETE", f"/alert-rules/{rule['id']}")
    await page.reload()
    await row.get_by_role("button", name="Delete").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete")
    await expect(sure).to_be_enabled()
    await sure.click()
    await expect(row).to_be_hidden()

    # Readable on a phone and in the dark, too.
    await admin.ask("PUT", f"/secrets/{LONG}", json={"value": value, "description": "長" * 300})
    await visitor.look(dark=True, size=NARROW)
    await page.reload()
    await expect(page.get_by_text(LONG)).to_be_visible()
    await visitor.is_accessible()
    assert await visitor.overflow() <= 0
    await visitor.picture("phone-secrets")
    await admin.ask("DELETE", f"/secrets/{LONG}")
