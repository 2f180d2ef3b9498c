"""How the page feels: keyboard, input methods, themes, small screens, an API that restarts."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.system import System
from tests.web import axe
from tests.web.conftest import Visit
from tests.web.places import PLACES
from tests.web.visitor import LANGUAGES, NARROW, Language

#: What may move while a page loads (web.dev: good is at most 0.1).
MOST_SHIFT = 0.1


@pytest.mark.parametrize("path", PLACES)
async def test_every_page_is_accessible_in_both_languages_and_themes(
    visit: Visit, path: str
) -> None:
    for language, dark in (("zh-TW", False), ("en", True)):
        visitor = await visit(language, dark=dark)
        await visitor.go(path)
        await visitor.page.wait_for_load_state("networkidle")

        violations = await axe.violations(visitor.page)

        assert violations == [], axe.told(violations)
        assert await visitor.page.locator("h1").count() == 1


@pytest.mark.parametrize("path", PLACES)
async def test_no_page_scrolls_sideways_on_a_phone(visit: Visit, path: str) -> None:
    visitor = await visit("zh-TW", size=NARROW)
    await visitor.go(path)
    await visitor.page.wait_for_load_state("networkidle")

    width = await visitor.page.evaluate("document.documentElement.scrollWidth")

    assert width <= NARROW[0]


@pytest.mark.parametrize("path", ["/", "/tasks", "/runs", "/queues", "/alerts"])
async def test_nothing_jumps_while_a_page_loads(visit: Visit, path: str) -> None:
    visitor = await visit("en")
    await visitor.page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const each of"
        " list.getEntries()) if (!each.hadRecentInput) window.shift += each.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    await visitor.go(path)
    await visitor.page.wait_for_load_state("networkidle")

    assert await visitor.page.evaluate("window.shift") <= MOST_SHIFT


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_keyboard_reaches_every_place(visit: Visit, language: Language) -> None:
    visitor = await visit(language)
    page = visitor.page
    await visitor.go("/")

    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name=visitor.say("鍵盤快速鍵", "Keyboard shortcuts"))
    await expect(sheet).to_be_visible()
    await visitor.picture("shortcuts")
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await expect(page).to_have_url(re.compile("/tasks$"))
    await page.keyboard.press("Control+k")
    search = page.get_by_role("dialog").get_by_role("combobox")
    await search.fill(visitor.say("佇列", "queues"))
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
    await page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort())
    await page.reload(wait_until="commit")
    await page.wait_for_function("document.documentElement.dataset.theme === 'dark'")

    assert await page.evaluate("document.documentElement.lang") == "zh-Hant-TW"
    visitor.complaints.clear()  # of the scripts that were kept from it


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_survives_a_restart_of_the_api(
    visit: Visit, system: System, language: Language
) -> None:
    visitor = await visit(language)
    page = visitor.page
    await visitor.go("/queues")
    await expect(page.get_by_text("default", exact=True).first).to_be_visible()
    old = system.kill("api")
    away = page.get_by_text(visitor.say("暫時連不上伺服器", "The server does not answer"))
    await expect(away).to_be_visible()
    await expect(page.get_by_text("default", exact=True).first).to_be_visible()
    await visitor.picture("away")
    await system.wait_restarted("api", old)

    await expect(away).to_be_hidden()

    # The browser itself tells of each connection that was refused.
    visitor.complaints[:] = [each for each in visitor.complaints if "net::ERR" not in each]
