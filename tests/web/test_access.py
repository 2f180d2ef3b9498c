"""Getting in and staying in: first start, log-in, users, tokens, one's profile, the audit log."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.web import axe
from tests.web.names import ends
from tests.web.serving import BASE, PASSWORD, Place, serving
from tests.web.visitor import LANGUAGES, NARROW, WIDE, Language, Visitor, open_visit

Come = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(loop_scope="session")
async def place(database: str) -> AsyncIterator[Place]:
    """Serve the API and the page on an empty database."""
    async with serving(database) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="session")
async def come(browser: Browser, place: Place) -> AsyncIterator[Come]:
    """Let somebody come: a stranger, or with the session of a user."""
    visitors: list[Visitor] = []

    async def come_(
        language: Language = "en",
        *,
        session: str | None = None,
        dark: bool = False,
        size: tuple[int, int] = WIDE,
    ) -> Visitor:
        visitor = await open_visit(
            browser, place.url, language=language, session=session, dark=dark, size=size
        )
        visitors.append(visitor)
        return visitor

    yield come_
    for visitor in visitors:
        await visitor.page.context.close()
    for visitor in visitors:
        visitor.judge()


async def fill_login(visitor: Visitor, name: str | None, password: str) -> None:
    """Fill in the form of the log-in and send it."""
    page = visitor.page
    if name is not None:
        await page.get_by_label(visitor.say("名稱", "Name"), exact=True).fill(name)
    await page.get_by_label(visitor.say("密碼", "Password"), exact=True).fill(password)
    # The spinner that leaves may still be in the name ("loading Log in").
    await page.get_by_role("button", name=ends(visitor.say("登入", "Log in"))).click()


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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_user_is_invited_changed_and_removed(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("boss", "admin"))
    page, say = visitor.page, visitor.say
    await visitor.go("/users")
    await page.get_by_role("button", name=say("新增使用者", "New user")).click()
    await page.get_by_label(say("名稱", "Name"), exact=True).fill("boss")
    await page.get_by_role("radio", name=re.compile(say("檢視者", "Viewer"))).check()
    create = page.get_by_role("button", name=say("建立並取得連結", "Create and get the link"))
    await create.click()
    taken = page.locator(".ant-form-item-explain-error")
    await expect(taken).to_have_text(say("這個名稱已有人使用。", "This name is taken."))
    await page.get_by_label(say("名稱", "Name"), exact=True).fill("kim")
    await create.click()
    link = await page.get_by_test_id("link").inner_text()
    await visitor.picture("user-link")
    await page.get_by_role("button", name=say("我已複製", "I have copied it")).click()

    kim = await come(language)
    await kim.page.goto(link)
    fields = kim.page.locator("input[type=password]")
    await fields.nth(0).fill(PASSWORD)
    await fields.nth(1).fill(PASSWORD)
    await kim.page.get_by_role("button", name=say("儲存並登入", "Save and log in")).click()
    await expect(kim.page).to_have_url(f"{place.url}/")
    await expect(kim.page.get_by_role("link", name=say("使用者", "Users"))).to_have_count(0)

    row = page.get_by_role("row", name=re.compile("kim"))
    await row.get_by_role("button", name=say("編輯", "Edit")).click()
    await page.get_by_role("radio", name=re.compile(say("編輯者", "Editor"))).check()
    await page.get_by_role("button", name=say("儲存", "Save"), exact=True).click()
    await expect(row).to_contain_text(say("編輯者", "Editor"))
    await row.get_by_role("button", name=say("更多動作：kim", "More for kim")).click()
    await page.get_by_role("menuitem", name=say("停用", "Disable"), exact=True).click()
    await expect(row).to_contain_text(say("已停用", "Disabled"))
    await page.get_by_role("button", name=say("復原", "Undo")).click()
    await expect(row).to_contain_text(say("可登入", "May log in"))
    await row.get_by_role("button", name=say("更多動作：kim", "More for kim")).click()
    await page.get_by_role("menuitem", name=say("刪除", "Delete"), exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(say("個個人權杖失效", "personal tokens end"))
    await visitor.picture("user-delete")
    await dialog.get_by_role("button", name=say("刪除", "Delete"), exact=True).click()

    await expect(row).to_have_count(0)


async def test_the_last_administrator_is_told_why_they_stay(place: Place, come: Come) -> None:
    visitor = await come("zh-TW", session=await place.session("boss", "admin"))
    page = visitor.page
    await visitor.go("/users")

    await page.get_by_role("button", name="更多動作：boss").click()
    await page.get_by_role("menuitem", name="停用", exact=True).click()

    await expect(page.get_by_text("最後一位可登入的管理者")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_token_is_made_shown_once_used_and_revoked(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("ann", "operator"))
    page, say = visitor.page, visitor.say
    await visitor.go("/tokens")
    await expect(page.get_by_text(say("您還沒有權杖", "You have no tokens"))).to_be_visible()
    await page.get_by_role("button", name=say("建立權杖", "New token")).first.click()
    dialog = page.get_by_role("dialog")
    create = dialog.get_by_role("button", name=say("建立", "Create"), exact=True)
    await dialog.get_by_label(say("名稱", "Name"), exact=True).fill("cli")
    await create.click()
    need = say("請至少選擇一項權限", "Choose at least one right")
    await expect(dialog.get_by_text(need)).to_be_visible()
    await dialog.get_by_role("button", name=say("執行任務", "Run tasks")).click()
    assert await dialog.get_by_text("admin").count() == 0, "an operator cannot hand on everything"
    await visitor.picture("token-new")
    await create.click()
    token = await page.get_by_test_id("token").inner_text()
    await page.get_by_role("button", name=say("我已保存", "I have kept it")).click()

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as program:
        said = (await program.get(f"{place.url}{BASE}/session")).json()
        assert said["scopes"] == ["runs:read", "tasks:read", "tasks:run"]
        await expect(page.get_by_text(token)).to_have_count(0)
        await page.get_by_role("button", name=re.compile(say("撤銷權杖", "Revoke the"))).click()
        await page.get_by_role("dialog").get_by_role("button", name=say("撤銷", "Revoke")).click()
        await expect(page.get_by_text(say("您還沒有權杖", "You have no tokens"))).to_be_visible()
        assert (await program.get(f"{place.url}{BASE}/session")).status_code == 401


@pytest.mark.parametrize("language", LANGUAGES)
async def test_one_changes_ones_password_and_ends_other_log_ins(
    place: Place, come: Come, language: Language
) -> None:
    visitor = await come(language, session=await place.session("ann", "viewer"))
    page, say = visitor.page, visitor.say
    phone = await come(language)
    await phone.go("/login")
    await fill_login(phone, "ann", PASSWORD)
    await expect(phone.page).to_have_url(f"{place.url}/")
    await visitor.go("/profile")
    end = page.get_by_role("button", name=re.compile(say("結束登入：", "End the log-in of")))
    await end.click()
    await expect(end).to_have_count(0)

    await page.get_by_label(say("目前的密碼", "Present password")).fill("wrong password")
    await page.get_by_label(say("新密碼", "New password")).fill("quite another sentence")
    again = page.get_by_label(say("再次輸入密碼", "The same password again"))
    await again.fill("quite another sentence")
    save = page.get_by_role("button", name=say("變更密碼", "Change the password"))
    await save.click()
    wrong = page.locator(".ant-form-item-explain-error")
    await expect(wrong).to_contain_text(say("目前的密碼不正確", "not the present password"))
    await page.get_by_label(say("目前的密碼", "Present password")).fill(PASSWORD)
    await save.click()
    await expect(page.get_by_text(say("密碼已變更", "password is changed"))).to_be_visible()

    await page.get_by_label(say("顯示名稱", "Display name")).fill("安安")
    await page.get_by_role("button", name=say("儲存", "Save"), exact=True).click()
    await expect(page.get_by_role("button", name=say("我的帳號", "My account"))).to_contain_text(
        "安安"
    )
    await visitor.picture("profile", whole=True)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_audit_log_is_filtered_read_and_exported(
    place: Place, come: Come, language: Language, tmp_path: Path
) -> None:
    visitor = await come(language, session=await place.session("boss", "admin"))
    page, say = visitor.page, visitor.say
    await place.hire("kim", "viewer")
    users = (await place.admin.get(f"{BASE}/users")).json()["items"]
    kim = next(each["id"] for each in users if each["name"] == "kim")
    await place.admin.put(f"{BASE}/users/{kim}", json={"role": "editor"})
    await visitor.go("/audit")

    await page.get_by_role("combobox", name=say("做了什麼", "Did what")).click()
    await page.keyboard.type("user.updated")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"verb=user\.updated"))
    rows = page.locator("tbody tr.ant-table-row")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button", name=say("顯示變更內容", "Show the change")).click()
    change = page.get_by_role("region", name=re.compile(say("欄位變更", "Fields changed")))
    await expect(change.get_by_role("row", name=re.compile("^role"))).to_contain_text("viewer")
    await expect(change.get_by_role("row", name=re.compile("^role"))).to_contain_text("editor")
    await visitor.picture("audit")
    await page.get_by_role("button", name=say("匯出", "Export")).click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name=re.compile("CSV")).click()
    file = tmp_path / "audit.csv"
    await (await download.value).save_as(file)

    text = file.read_text(encoding="utf-8-sig")
    exported = list(csv.DictReader(io.StringIO(text)))
    assert [row["verb"] for row in exported] == ["user.updated"]
    await page.get_by_role("button", name=say("這個對象的所有紀錄", "All of this thing")).click()
    await expect(page).to_have_url(re.compile("subject_kind=user&subject_id=kim"))
    await expect(rows).to_have_count(3)


async def test_a_viewer_sees_no_more_than_is_theirs(place: Place, come: Come) -> None:
    visitor = await come(session=await place.session("ann", "viewer"))
    page = visitor.page

    await visitor.go("/tokens")

    menu = page.get_by_role("navigation")
    await expect(menu.get_by_role("link", name="Access tokens")).to_be_visible()
    for hidden in ("Users", "Audit log", "Secrets"):
        await expect(menu.get_by_role("link", name=hidden)).to_have_count(0)
    await expect(page.get_by_text("All tokens")).to_have_count(0)
    await visitor.go("/audit")
    await expect(page.get_by_role("alert")).to_contain_text("audit:read")


VIEWS: list[tuple[Language, bool, tuple[int, int]]]
VIEWS = [("zh-TW", False, WIDE), ("en", True, WIDE), ("en", False, NARROW)]


async def look(visitor: Visitor, path: str, size: tuple[int, int]) -> None:
    """Open a page and judge it: accessible, and no wider than the screen."""
    await visitor.go(path)
    await visitor.page.wait_for_load_state("networkidle")
    if path == "/audit":
        await visitor.page.locator("main button[aria-expanded]").first.click()
    found = await axe.violations(visitor.page)
    assert found == [], f"{path}\n{axe.told(found)}"
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    await visitor.picture(f"{path.strip('/').partition('#')[0].replace('?', '-')}-{size[0]}")


@pytest.mark.parametrize(("language", "dark", "size"), VIEWS)
async def test_the_door_is_accessible(
    place: Place,
    come: Come,
    language: Language,
    dark: bool,  # noqa: FBT001 - a case
    size: tuple[int, int],
) -> None:
    stranger = await come(language, dark=dark, size=size)

    await look(stranger, "/login", size)
    await look(stranger, (await place.setup_link()).removeprefix(place.url), size)
    await look(stranger, (await place.hire("kim", "viewer")).removeprefix(place.url), size)


@pytest.mark.parametrize(("language", "dark", "size"), VIEWS)
async def test_the_pages_and_their_dialogs_are_accessible(
    place: Place,
    come: Come,
    language: Language,
    dark: bool,  # noqa: FBT001 - a case
    size: tuple[int, int],
) -> None:
    boss = await come(language, dark=dark, size=size, session=await place.session("boss", "admin"))
    await place.hire("kim", "viewer")

    for path in (
        *("/users", "/users?open=new", "/tokens?whose=every", "/tokens?open=new"),
        *("/audit", "/profile"),
    ):
        await look(boss, path, size)
