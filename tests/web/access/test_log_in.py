"""Getting in and staying in: first start, log-in, log-out, a session that ends."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.web.access.desk import Come, fill_login
from tests.web.serving import PASSWORD, Place


async def test_the_first_administrator_is_made_with_the_link_once_and_stays(
    place: Place, come: Come
) -> None:
    link = await place.setup_link()
    visitor = await come("zh-TW")
    page = visitor.page
    await page.goto(link)
    await page.get_by_label("名稱", exact=True).fill("lin")
    assert "#" not in page.url, "the secret stays in no history"
    await page.get_by_label("顯示名稱").fill("林志明")
    secret = page.get_by_label("密碼", exact=True)
    again = page.get_by_label("再次輸入密碼")
    send = page.get_by_role("button", name="建立並登入")

    await secret.fill("password12")
    await expect(page.get_by_text("長度足夠")).to_be_visible()
    await again.fill("password12")
    await send.click()
    await expect(page.get_by_text("太常見")).to_be_visible()
    await visitor.picture("setup")
    await secret.fill(PASSWORD)
    await again.fill("something else")
    await send.click()
    await expect(page.get_by_text("兩次輸入的密碼不同")).to_be_visible()
    await again.fill(PASSWORD)
    await send.click()

    await expect(page).to_have_url(f"{place.url}/")
    await expect(page.get_by_text("林志明")).to_be_visible()

    await visitor.turn("/users")
    await page.get_by_role("button", name="更多動作：lin").click()
    await page.get_by_role("menuitem", name="停用", exact=True).click()
    await expect(page.get_by_text("最後一位可登入的管理者")).to_be_visible()
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("系統已完成設定")


async def test_one_returns_to_where_one_wanted_to_go_and_leaves_nothing_behind(
    place: Place, come: Come
) -> None:
    await place.session("ann", "admin")
    visitor = await come()
    page = visitor.page

    await page.goto(f"{place.url}/audit?verb=user.&span=24h")
    await expect(page).to_have_url(re.compile("/login"))
    await page.get_by_role("heading", level=1).wait_for()
    await visitor.picture("login")
    fields = await page.locator("input").evaluate_all(
        "all => all.map(each => [each.name, each.type, each.autocomplete])"
    )
    # Password managers find their fields.
    assert fields == [
        ["username", "text", "username"],
        ["password", "password", "current-password"],
    ]
    await fill_login(visitor, "ann", "not her password")
    wrong = "The name or the password is wrong."
    await expect(page.get_by_role("alert")).to_have_text(re.compile(wrong))
    await fill_login(visitor, "Ann", PASSWORD)
    await expect(page).to_have_url(f"{place.url}/audit?verb=user.&span=24h")

    await page.get_by_role("button", name="My account").click()
    await page.get_by_role("menuitem", name="Log out").click()
    await expect(page.get_by_label("Password", exact=True)).to_be_visible()
    assert await page.context.cookies() == []
    await page.goto(f"{place.url}/tokens")
    await expect(page).to_have_url(re.compile("/login"))

    # And a log-in leads to no other host.
    await page.goto(f"{place.url}/login?next=//example.com/")
    await fill_login(visitor, "ann", PASSWORD)
    await expect(page).to_have_url(f"{place.url}/")


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


async def test_a_session_that_ends_is_renewed_and_what_was_typed_stays(
    place: Place, come: Come
) -> None:
    visitor = await come("zh-TW", session=await place.session("ann", "operator"))
    page = visitor.page
    await visitor.go("/tokens?open=new")
    name = page.get_by_role("dialog").get_by_label("名稱", exact=True)
    await name.fill("deploys")
    await page.get_by_role("button", name="唯讀").click()

    await place.end_sessions()
    await page.get_by_role("button", name="建立", exact=True).click()
    again = page.get_by_role("dialog", name="登入已過期")
    await expect(again).to_be_visible()
    await visitor.picture("log-in-again")
    await again.get_by_label("密碼", exact=True).fill(PASSWORD)
    await again.get_by_role("button", name="登入", exact=True).click()
    await expect(again).to_be_hidden()
    await expect(name).to_have_value("deploys")
    await page.get_by_role("button", name="建立", exact=True).click()

    await expect(page.get_by_test_id("token")).to_have_text(re.compile("^atm_"))
