"""How the page feels: keyboard, input methods, themes, small screens."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.places import PLACES
from tests.web.visitor import FRAME, NARROW, Language

#: What may move while a page loads (web.dev: good is at most 0.1).
MOST_SHIFT = 0.1


@pytest.mark.parametrize(("language", "dark"), [("zh-TW", False), ("en", True)])
async def test_every_page_is_accessible_in_both_languages_and_themes(
    visit: Visit, language: Language, *, dark: bool
) -> None:
    visitor = await visit(language, dark=dark)
    await visitor.go("/profile")
    found: dict[str, list[axe.Violation]] = {}
    headings: dict[str, int] = {}
    for path in PLACES:
        await visitor.turn(path)
        # The frame is the same around all.
        without = FRAME if path != PLACES[0] else ()
        found[path] = await axe.violations(visitor.page, without=without)
        headings[path] = await visitor.page.locator("h1").count()

    told = [f"{path}\n{axe.told(each)}" for path, each in found.items() if each]
    assert told == [], "\n".join(told)
    assert headings == dict.fromkeys(PLACES, 1)


async def test_no_page_scrolls_sideways_on_a_phone(visit: Visit) -> None:
    visitor = await visit("zh-TW", size=NARROW)
    await visitor.go("/profile")
    too_wide: dict[str, int] = {}
    for path in PLACES:
        await visitor.turn(path)
        too_wide[path] = await visitor.overflow()

    assert {path: wide for path, wide in too_wide.items() if wide > 0} == {}


async def test_nothing_jumps_while_a_page_loads(visit: Visit) -> None:
    visitor = await visit()
    await visitor.page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const each of"
        " list.getEntries()) if (!each.hadRecentInput) window.shift += each.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    shifts: dict[str, float] = {}
    for path in ("/", "/tasks", "/runs", "/queues", "/alerts"):
        await visitor.go(path)
        await visitor.settle()
        shifts[path] = await visitor.page.evaluate("window.shift")

    assert {path: shift for path, shift in shifts.items() if shift > MOST_SHIFT} == {}


async def test_the_keyboard_reaches_every_place(visit: Visit) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/")

    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="鍵盤快速鍵")
    await expect(sheet).to_be_visible()
    await visitor.picture("shortcuts")
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page).to_have_url(re.compile("/tasks$"))
    await page.keyboard.press("Control+k")
    search = page.get_by_role("dialog").get_by_role("combobox")
    await search.fill("佇列")
    await visitor.picture("palette")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(re.compile("/queues$"))


async def test_keys_rest_while_an_input_method_composes(visit: Visit) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/queues")
    browser = await page.context.new_cdp_session(page)

    # As Chromium tells keys that the input method has taken: code 229, on the document.
    for key in ("g", "t", "?"):
        await browser.send(
            "Input.dispatchKeyEvent",
            {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229},
        )
    await page.keyboard.press("Control+k")
    search = page.get_by_role("dialog").get_by_role("combobox")
    await search.focus()
    # While 「ㄖㄣˋ」 is being composed, Enter chooses a character; it opens nothing.
    await browser.send(
        "Input.imeSetComposition", {"text": "ㄖㄣˋ", "selectionStart": 3, "selectionEnd": 3}
    )
    await browser.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229},
    )
    await browser.send("Input.insertText", {"text": "任務"})

    await expect(search).to_have_value("任務")
    assert page.url.endswith("/queues")


async def test_theme_and_language_are_kept_and_nothing_flashes(visit: Visit) -> None:
    visitor = await visit("en")
    page = visitor.page
    await visitor.go("/tasks")
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="Dark").click()
    await page.get_by_role("button", name="Language").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("任務")
    # Before any of our scripts but the first has run, the background is dark already.
    visitor.expected = ("net::ERR_FAILED",)
    await page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort())
    await page.reload(wait_until="commit")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    assert await page.evaluate("document.documentElement.lang") == "zh-Hant-TW"
