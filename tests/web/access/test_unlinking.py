"""The link of a user to a log-in service is cut on the page."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from services.api.access import first_start
from tests.web.access.desk import Come
from tests.web.serving import Place
from tests.web.visitor import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_link_is_cut_where_there_is_one(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("boss", "admin"))
    page, say = visitor.page, visitor.say
    await place.hire("kim", "viewer")
    await first_start.link_user(place.dsn, "kim", "https://login.example/realm", "42")
    await visitor.go("/users")
    unlink = say("解除登入服務的連結", "Cut the link to the log-in service")
    entry = page.get_by_role("menuitem", name=unlink)
    row = page.get_by_role("row", name=re.compile("kim"))
    await expect(row).to_contain_text("login.example")
    more = row.get_by_role("button", name=say("更多動作：kim", "More for kim"))
    await more.click()
    await expect(entry).to_be_in_viewport()
    await visitor.picture("user-menu")
    await entry.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("login.example")
    await expect(dialog).to_contain_text(say("對方沒有密碼", "They have no password"))
    await visitor.picture("user-unlink")
    await dialog.get_by_role("button", name=unlink).click()

    await expect(row).not_to_contain_text("login.example")
    await expect(row).to_contain_text(say("尚未設定密碼", "No password yet"))
    await more.click()
    delete = page.get_by_role("menuitem", name=say("刪除", "Delete"), exact=True)
    await expect(delete).to_be_in_viewport()
    await expect(entry).to_have_count(0)
