"""Getting in and staying in: first start, log-in, log-out, a session that ends."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.access.desk import Come, fill_login
from tests.web.serving import PASSWORD, Place
from tests.web.visitor import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_first_administrator_is_made_with_the_link_once(
    place: Place, come: Come, language: Language
) -> None:
    link = await place.setup_link()
    visitor = await come(language)
    page, say = visitor.page, visitor.say
    await page.goto(link)
    await page.get_by_label(say("名稱", "Name"), exact=True).fill("lin")
    assert "#" not in page.url, "the secret stays in no history"
    await page.get_by_label(say("顯示名稱", "Display name")).fill("林志明")
    secret = page.get_by_label(say("密碼", "Password"), exact=True)
    again = page.get_by_label(say("再次輸入密碼", "The same password again"))
    send = page.get_by_role("button", name=say("建立並登入", "Create and log in"))

    await secret.fill("password12")
    await expect(page.get_by_text(say("長度足夠", "Long enough"))).to_be_visible()
    await again.fill("password12")
    await send.click()
    await expect(page.get_by_text(say("太常見", "too common"))).to_be_visible()
    await visitor.picture("setup")
    await secret.fill(PASSWORD)
    await again.fill("something else")
    await send.click()
    await expect(page.get_by_text(say("兩次輸入的密碼不同", "passwords differ"))).to_be_visible()
    await again.fill(PASSWORD)
    await send.click()

    await expect(page).to_have_url(f"{place.url}/")
    await expect(page.get_by_text("林志明")).to_be_visible()
    other = await come(language)
    await other.page.goto(link)
    await expect(other.page.get_by_role("heading", level=1)).to_have_text(
        say("系統已完成設定", "The system is set up already")
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_one_returns_to_where_one_wanted_to_go(
    place: Place, come: Come, language: Language
) -> None:
    await place.session("ann", "admin")
    visitor = await come(language)
    page = visitor.page

    await page.goto(f"{place.url}/audit?verb=user.&span=24h")
    await expect(page).to_have_url(re.compile("/login"))
    await page.get_by_role("heading", level=1).wait_for()
    await visitor.picture("login")
    await fill_login(visitor, "ann", "not her password")
    wrong = visitor.say("名稱或密碼不正確。", "The name or the password is wrong.")
    await expect(page.get_by_role("alert")).to_have_text(re.compile(wrong))
    await fill_login(visitor, "Ann", PASSWORD)

    await expect(page).to_have_url(f"{place.url}/audit?verb=user.&span=24h")


async def test_a_log_in_leads_to_no_other_host(place: Place, come: Come) -> None:
    await place.session("ann", "viewer")
    visitor = await come()

    await visitor.page.goto(f"{place.url}/login?next=//example.com/")
    await fill_login(visitor, "ann", PASSWORD)

    await expect(visitor.page).to_have_url(f"{place.url}/")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_logs_out_is_out_and_leaves_nothing_behind(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("ann", "viewer"))
    page = visitor.page
    await visitor.go("/tokens")

    await page.get_by_role("button", name=visitor.say("我的帳號", "My account")).click()
    await page.get_by_role("menuitem", name=visitor.say("登出", "Log out")).click()

    await expect(page.get_by_label(visitor.say("密碼", "Password"), exact=True)).to_be_visible()
    assert await page.context.cookies() == []
    await page.goto(f"{place.url}/tokens")
    await expect(page).to_have_url(re.compile("/login"))


async def test_password_managers_find_their_fields(come: Come) -> None:
    visitor = await come()
    await visitor.go("/login")

    fields = await visitor.page.locator("input").evaluate_all(
        "all => all.map(each => [each.name, each.type, each.autocomplete])"
    )

    assert fields == [
        ["username", "text", "username"],
        ["password", "password", "current-password"],
    ]


async def test_too_many_tries_are_told_with_the_time_to_wait(place: Place, come: Come) -> None:
    await place.session("ann", "viewer")
    visitor = await come()
    await visitor.go("/login")
    for _ in range(5):
        # Every refusal makes the page ask (GET) who one is; only the answer to the try counts.
        async with visitor.page.expect_response(
            lambda answer: answer.url.endswith("/session") and answer.request.method == "POST"
        ):
            await fill_login(visitor, "ann", "wrong password")
    await place.pool.execute(
        "UPDATE api.login_attempts SET free_at = clock_timestamp() + interval '5 minutes'"
    )

    await fill_login(visitor, "ann", PASSWORD)

    await expect(visitor.page.get_by_role("alert")).to_have_text(re.compile("Too many tries"))
    wait = visitor.page.get_by_role("button", name=re.compile("Try again in"))
    await expect(wait).to_be_disabled()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_session_that_ends_is_renewed_and_what_was_typed_stays(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("ann", "operator"))
    page, say = visitor.page, visitor.say
    await visitor.go("/tokens?open=new")
    name = page.get_by_role("dialog").get_by_label(say("名稱", "Name"), exact=True)
    await name.fill("deploys")
    await page.get_by_role("button", name=say("唯讀", "Read only")).click()

    await place.end_sessions()
    await page.get_by_role("button", name=say("建立", "Create"), exact=True).click()
    again = page.get_by_role("dialog", name=say("登入已過期", "You are logged out"))
    await expect(again).to_be_visible()
    await visitor.picture("log-in-again")
    await again.get_by_label(say("密碼", "Password"), exact=True).fill(PASSWORD)
    await again.get_by_role("button", name=say("登入", "Log in"), exact=True).click()
    await expect(again).to_be_hidden()
    await expect(name).to_have_value("deploys")
    await page.get_by_role("button", name=say("建立", "Create"), exact=True).click()

    await expect(page.get_by_test_id("token")).to_have_text(re.compile("^atm_"))
