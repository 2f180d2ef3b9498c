"""The link of a user to a log-in service is cut on the page."""

from __future__ import annotations

import re

from playwright.async_api import expect

from services.api.access import first_start
from tests.web.access.desk import Come
from tests.web.serving import Place


async def test_the_link_is_cut_where_there_is_one(place: Place, come: Come) -> None:
    visitor = await come(session=await place.session("boss", "admin"))
    page = visitor.page
    await place.hire("kim", "viewer")
    await first_start.link_user(place.dsn, "kim", "https://login.example/realm", "42")
    await visitor.go("/users")
    unlink = "Cut the link to the log-in service"
    entry = page.get_by_role("menuitem", name=unlink)
    row = page.get_by_role("row", name=re.compile("kim"))
    await expect(row).to_contain_text("login.example")
    more = row.get_by_role("button", name="More for kim")
    await more.click()
    await expect(entry).to_be_in_viewport()
    await visitor.picture("user-menu")
    await entry.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("login.example")
    await expect(dialog).to_contain_text("They have no password")
    await visitor.picture("user-unlink")
    await dialog.get_by_role("button", name=unlink).click()

    await expect(row).not_to_contain_text("login.example")
    await expect(row).to_contain_text("No password yet")
    await more.click()
    delete = page.get_by_role("menuitem", name="Delete", exact=True)
    await expect(delete).to_be_in_viewport()
    await expect(entry).to_have_count(0)
