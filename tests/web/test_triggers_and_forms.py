"""Triggers, forms of actions, templates, events and calendars, as people use them."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW, Visitor

ORDER = {"source": "shop", "type": "order.paid", "data": {"total": 120, "by": {"name": "Anna"}}}


async def published(admin: Admin, **event: Any) -> None:  # noqa: ANN401 - fields of an event
    await admin.ask("POST", "/events", json={**ORDER, **event})


async def begin_a_triggered_task(visitor: Visitor) -> Page:
    """Open the form of a new task that events start."""
    page = visitor.page
    await visitor.go("/tasks/new")
    kind = visitor.say("收到符合條件的事件時執行", "When an event matches a condition")
    await page.get_by_text(kind).first.click()
    await page.locator("#trigger-subject").wait_for()
    return page


async def test_a_trigger_is_made_from_an_event_and_rehearsed_on_it(
    visit: Visit, admin: Admin
) -> None:
    source = f"shop-{uuid4().hex[:8]}"
    await published(admin, source=source)
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go(f"/events?source={source}")

    await page.get_by_role("button", name=f"event.{source}.order.paid").first.click()
    await page.get_by_role("button", name="依此事件建立觸發任務").click()

    await expect(page.locator("#trigger-subject")).to_have_value(f"event.{source}.order.paid")
    fired = "若當時已啟用，會觸發 1 次"
    await expect(page.get_by_text(fired)).to_be_visible()

    # A click on a field of the data adds a clause; its actual value is told.
    await page.get_by_role("button", name="將 total 加入").click()
    await expect(page.get_by_text("total >= 120").first).to_be_visible()
    await visitor.picture("trigger")
    await page.get_by_role("spinbutton", name="值").fill("121")
    await page.keyboard.press("Tab")

    never = "若當時已啟用，會觸發 0 次"
    await expect(page.get_by_text(never)).to_be_visible()
    await expect(page.get_by_text("total = 120").first).to_be_visible()
    await visitor.is_accessible()


async def test_an_expression_and_its_clauses_are_two_views_of_one_text(visit: Visit) -> None:
    visitor = await visit("en")
    page = await begin_a_triggered_task(visitor)
    await page.get_by_text("Expression", exact=True).click()
    text = page.locator("#trigger-condition")

    await text.fill('level == "high" && !host.startsWith("test-")')
    await page.get_by_text("Builder", exact=True).click()
    await expect(page.get_by_role("combobox", name="Field")).to_have_count(2)
    await page.get_by_role("button", name="Remove this clause").last.click()
    await page.get_by_text("Expression", exact=True).click()
    await expect(text).to_have_value('level == "high"')

    # What the clauses cannot show stays text, whole.
    await text.fill("size(tags) > 1 ? a : b")
    await expect(page.get_by_role("radio", name="Builder")).to_be_disabled()
    await expect(text).to_have_value("size(tags) > 1 ? a : b")

    await page.locator("#trigger-subject").fill("event.a b")
    await expect(page.get_by_text(re.compile("ubject.* NATS")).first).to_be_visible()


async def test_the_form_of_an_action_and_its_json_are_one_value(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.go("/tasks/new")
    picker = page.get_by_role("searchbox", name="Search actions")
    await picker.fill("http")
    await page.get_by_role("button", name=re.compile("http_request")).first.click()

    url = page.get_by_label("URL", exact=True)
    await url.fill("https://shop.example.com/orders")
    await page.get_by_role("switch", name="Use Authentication", exact=True).click()
    await visitor.picture("action-form")
    await visitor.is_accessible()
    await page.locator("#section-what, body").get_by_text("JSON", exact=True).last.click()

    editor = page.get_by_role("textbox", name="Parameters of the action (JSON)")
    await expect(editor).to_contain_text('"https://shop.example.com/orders"')
    await expect(editor).to_contain_text('"bearer"')


async def test_a_template_shows_its_task_before_it_is_created(visit: Visit, admin: Admin) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    name = f"health-{uuid4().hex[:8]}"
    await visitor.go("/templates")
    await page.get_by_role("searchbox").fill("url-health")
    await (
        page.get_by_role("link", name="網址健康檢查")
        .or_(page.locator("a[href='/templates/url-health-check']"))
        .first.click()
    )

    await page.get_by_role("button", name="填入範例").click()
    await page.locator("#template-name").fill(name)
    shown = page.get_by_role("tabpanel").get_by_text(name)
    await expect(shown).to_be_visible()
    assert (await admin.ask("GET", "/task-list", params={"q": name}))["total"] == 0
    await visitor.is_accessible()
    await visitor.picture("template")
    await page.get_by_role("button", name="建立任務").click()

    await expect(page).to_have_url(re.compile(r"/tasks/[0-9a-f-]{36}$"))
    assert (await admin.ask("GET", "/task-list", params={"q": name}))["total"] == 1


async def test_new_events_appear_by_themselves_and_not_while_it_is_paused(
    visit: Visit, admin: Admin
) -> None:
    await published(admin, source="tail", type="one")
    visitor = await visit("en")
    page = visitor.page
    await visitor.go("/events?source=tail")
    await expect(page.get_by_role("button", name="event.tail.one")).to_be_visible()

    await published(admin, source="tail", type="two")
    await expect(page.get_by_role("button", name="event.tail.two")).to_be_visible()
    await page.get_by_role("button", name="Following").click()
    await published(admin, source="tail", type="three")
    await page.get_by_role("button", name="Paused").click()

    await expect(page.get_by_role("button", name="event.tail.three")).to_be_visible()
    await expect(page.get_by_role("button", name="event.tail.one")).to_have_count(1)


async def test_an_event_is_published_from_the_page(visit: Visit) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/events?source=by-hand")
    await page.get_by_role("button", name="發布測試事件").first.click()
    dialog = page.get_by_role("dialog", name="發布測試事件")
    await dialog.locator("#event-source").fill("by-hand")
    await dialog.locator("#event-type").fill("說明 不行")
    await dialog.get_by_role("button", name="發布", exact=True).click()
    await expect(dialog.locator(".ant-form-item-explain-error").first).to_be_visible()
    await dialog.locator("#event-type").fill("tried")
    await dialog.get_by_role("button", name="發布", exact=True).click()

    await expect(page.get_by_role("button", name="event.by-hand.tried")).to_be_visible()


async def test_a_calendar_is_written_from_a_pasted_list_and_deleted(visit: Visit) -> None:
    visitor = await visit(dark=True)
    page = visitor.page
    name = f"feasts-{uuid4().hex[:6]}"
    await visitor.go("/calendars")
    await page.get_by_role("button", name="New calendar").first.click()
    await page.locator("#calendar-name").fill(name)
    await page.get_by_role("button", name="Paste dates").click()
    await page.get_by_role("textbox", name="Paste a list").fill("2099/10/10 國慶日\n2099-12-25")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text(re.compile("2099.*10.*10|10/10/2099")).last).to_be_visible()
    await visitor.is_accessible()
    await visitor.picture("calendar")
    await page.get_by_role("button", name="Save", exact=True).click()

    await page.get_by_role("button", name=f"{visitor.say('刪除', 'Delete')} {name}").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("heading", name=name)).to_have_count(0)


async def test_a_viewer_sees_and_changes_nothing(visit: Visit, admin: Admin) -> None:
    await admin.ask("PUT", "/calendars/seen", json={"holidays": ["2099-01-01"]})
    visitor = await visit("en", role="viewer")
    page = visitor.page

    await visitor.go("/calendars")
    await expect(page.get_by_role("heading", name="seen")).to_be_visible()
    await expect(page.get_by_role("button", name="New calendar")).to_have_count(0)
    await visitor.turn("/templates/url-health-check")
    await expect(page.get_by_role("button", name="Create the task")).to_be_disabled()
    await visitor.turn("/events")
    await expect(page.get_by_role("button", name="Publish a test event")).to_have_count(0)


async def test_it_all_fits_a_phone(visit: Visit, admin: Admin) -> None:
    await published(admin, source="phone")
    visitor = await visit("zh-TW", size=NARROW)
    page = await begin_a_triggered_task(visitor)
    await page.locator("#trigger-subject").fill("event.phone.>")
    await page.get_by_role("button", name="將 total 加入").click()
    await page.get_by_text("頻率與彙整").click()
    await page.get_by_role("switch", name="啟用批次").click()

    assert await visitor.overflow() <= 0
    await visitor.picture("trigger-phone", whole=True)
