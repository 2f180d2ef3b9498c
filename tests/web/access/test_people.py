"""Users, tokens, one's own profile, the audit log."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.web.access.desk import Come, fill_login
from tests.web.serving import BASE, PASSWORD, Place
from tests.web.visitor import LANGUAGES, Language


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
