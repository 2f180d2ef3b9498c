"""What is pressed is what is clicked: nothing moves meanwhile, and nothing at all for who asks."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.web.access.desk import Come
from tests.web.serving import PASSWORD, Place

#: Notes how long each movement lasts, in seconds.
WATCH = """() => {
  window.lasts = [];
  addEventListener("animationstart", ({ target }) =>
    window.lasts.push(parseFloat(getComputedStyle(target).animationDuration)), true);
}"""
#: A movement that is shorter than a frame is none.
NONE = 0.001


async def test_a_note_that_goes_takes_no_click_with_it(place: Place, come: Come) -> None:
    await place.session("ann", "viewer")
    visitor = await come()
    page = visitor.page
    await visitor.go("/login")
    await page.get_by_label("Name", exact=True).fill("ann")
    password = page.get_by_label("Password", exact=True)
    await password.fill(PASSWORD)
    await password.dispatch_event("keydown", {"key": "A", "modifierCapsLock": True})
    await expect(page.get_by_text("Caps Lock")).to_be_visible()
    button = page.get_by_role("button", name="Log in")
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 4)

    await page.mouse.down()
    await expect(button).to_be_focused()
    await page.mouse.up()

    await expect(page).to_have_url(f"{place.url}/")


async def test_who_asks_for_less_motion_can_use_menus_dialogs_and_lists(
    place: Place, come: Come
) -> None:
    visitor = await come(session=await place.session("ann", "admin"))
    await place.hire("bob", "viewer")
    page = visitor.page
    await visitor.go("/users")
    await page.evaluate(WATCH)
    assert await longest(page, "New user") <= NONE

    await page.get_by_role("button", name="More for bob").click()
    await page.get_by_role("menuitem", name="Where they are logged in").click()
    await expect(page.get_by_role("dialog", name="Log-ins of bob")).to_be_visible()
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog", name="New user")
    await expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    await dialog.get_by_label("Language").click()
    await page.locator(".ant-select-item-option", has_text="English").click()
    await expect(dialog.locator(".ant-select")).to_have_text("English")


async def test_dialogs_move_until_one_wishes_less_and_what_is_typed_stays(
    place: Place, come: Come
) -> None:
    visitor = await come(session=await place.session("ann", "operator"), moving=True)
    page = visitor.page
    await visitor.go("/tokens")
    await page.evaluate(WATCH)
    assert await longest(page, "New token") > NONE
    await page.get_by_role("button", name="New token").first.click()
    name = page.get_by_role("dialog").get_by_label("Name", exact=True)
    await name.fill("half")

    await wish(page, moving=False)
    await expect(name).to_have_value("half")
    await wish(page, moving=True)
    await expect(name).to_have_value("half")
    await wish(page, moving=False)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await longest(page, "New token") <= NONE
    # Live, as the theme is: nobody has to load the page again.
    await wish(page, moving=True)
    assert await longest(page, "New token") > NONE


async def wish(page: Page, *, moving: bool) -> None:
    """Ask the system for more or less motion, and wait until the page knows."""
    await page.emulate_media(reduced_motion="no-preference" if moving else "reduce")
    button = page.locator("main .ant-btn").first
    await expect(button).to_have_css("--ant-motion-duration-mid", "0.2s" if moving else "0s")


async def longest(page: Page, button: str) -> float:
    """Open a dialog and close it; return how long its longest movement lasts."""
    await page.evaluate("window.lasts.length = 0")
    await page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    return float(await page.evaluate("Math.max(...window.lasts)"))
