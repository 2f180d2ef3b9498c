"""Users, tokens, one's own profile, the audit log."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import httpx
from playwright.async_api import expect

from tests.web.access.desk import Come
from tests.web.serving import BASE, OURS, PASSWORD, Place


async def test_a_user_is_invited_changed_and_removed(place: Place, come: Come) -> None:
    visitor = await come("zh-TW", session=await place.session("boss", "admin"))
    page = visitor.page
    await visitor.go("/users")
    await page.get_by_role("button", name="新增使用者").click()
    await page.get_by_label("名稱", exact=True).fill("boss")
    await page.get_by_role("radio", name=re.compile("檢視者")).check()
    create = page.get_by_role("button", name="建立並取得連結")
    await create.click()
    taken = page.locator(".ant-form-item-explain-error")
    await expect(taken).to_have_text("這個名稱已有人使用。")
    await page.get_by_label("名稱", exact=True).fill("kim")
    await create.click()
    link = await page.get_by_test_id("link").inner_text()
    await visitor.picture("user-link")
    await page.get_by_role("button", name="我已複製").click()

    kim = await come("zh-TW")
    await kim.page.goto(link)
    fields = kim.page.locator("input[type=password]")
    await fields.nth(0).fill(PASSWORD)
    await fields.nth(1).fill(PASSWORD)
    await kim.page.get_by_role("button", name="儲存並登入").click()
    await expect(kim.page).to_have_url(f"{place.url}/")
    await expect(kim.page.get_by_role("link", name="使用者")).to_have_count(0)

    row = page.get_by_role("row", name=re.compile("kim"))
    await row.get_by_role("button", name="編輯").click()
    await page.get_by_role("radio", name=re.compile("編輯者")).check()
    await page.get_by_role("button", name="儲存", exact=True).click()
    await expect(row).to_contain_text("編輯者")
    await row.get_by_role("button", name="更多動作：kim").click()
    await page.get_by_role("menuitem", name="停用", exact=True).click()
    await expect(row).to_contain_text("已停用")
    await page.get_by_role("button", name="復原").click()
    await expect(row).to_contain_text("可登入")
    await row.get_by_role("button", name="更多動作：kim").click()
    await page.get_by_role("menuitem", name="刪除", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("個個人權杖失效")
    await visitor.picture("user-delete")
    await dialog.get_by_role("button", name="刪除", exact=True).click()

    await expect(row).to_have_count(0)


async def test_a_token_is_made_shown_once_used_and_revoked(place: Place, come: Come) -> None:
    visitor = await come("zh-TW", session=await place.session("ann", "operator"))
    page = visitor.page
    await visitor.go("/tokens")
    await expect(page.get_by_text("您還沒有權杖")).to_be_visible()
    await page.get_by_role("button", name="建立權杖").first.click()
    dialog = page.get_by_role("dialog")
    create = dialog.get_by_role("button", name="建立", exact=True)
    await dialog.get_by_label("名稱", exact=True).fill("cli")
    await create.click()
    need = "請至少選擇一項權限"
    await expect(dialog.get_by_text(need)).to_be_visible()
    await dialog.get_by_role("button", name="執行任務").click()
    assert await dialog.get_by_text("admin").count() == 0, "an operator cannot hand on everything"
    await visitor.picture("token-new")
    await create.click()
    token = await page.get_by_test_id("token").inner_text()
    await page.get_by_role("button", name="我已保存").click()

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as program:
        said = (await program.get(f"{place.url}{BASE}/session")).json()
        assert said["scopes"] == ["runs:read", "tasks:read", "tasks:run"]
        await expect(page.get_by_text(token)).to_have_count(0)
        await page.get_by_role("button", name=re.compile("撤銷權杖")).click()
        await page.get_by_role("dialog").get_by_role("button", name="撤銷").click()
        await expect(page.get_by_text("您還沒有權杖")).to_be_visible()
        assert (await program.get(f"{place.url}{BASE}/session")).status_code == 401


async def test_one_changes_ones_password_ends_other_log_ins_and_sees_no_more_than_is_ones_own(
    place: Place, come: Come
) -> None:
    visitor = await come(session=await place.session("ann", "viewer"))
    page = visitor.page
    async with httpx.AsyncClient(base_url=place.url, headers=OURS) as phone:
        who = {"name": "ann", "password": PASSWORD}
        assert (await phone.post(f"{BASE}/session", json=who)).is_success
        await visitor.go("/profile")
        end = page.get_by_role("button", name=re.compile("End the log-in of"))
        await end.click()
        await expect(end).to_have_count(0)
        assert (await phone.get(f"{BASE}/session")).status_code == 401

    await page.get_by_label("Present password").fill("wrong password")
    await page.get_by_label("New password").fill("quite another sentence")
    again = page.get_by_label("The same password again")
    await again.fill("quite another sentence")
    save = page.get_by_role("button", name="Change the password")
    await save.click()
    wrong = page.locator(".ant-form-item-explain-error")
    await expect(wrong).to_contain_text("not the present password")
    await page.get_by_label("Present password").fill(PASSWORD)
    await save.click()
    await expect(page.get_by_text("password is changed")).to_be_visible()

    await page.get_by_label("Display name").fill("安安")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name="My account")).to_contain_text("安安")
    await visitor.picture("profile", whole=True)

    await visitor.turn("/tokens")
    menu = page.get_by_role("navigation")
    await expect(menu.get_by_role("link", name="Access tokens")).to_be_visible()
    for hidden in ("Users", "Audit log", "Secrets"):
        await expect(menu.get_by_role("link", name=hidden)).to_have_count(0)
    await expect(page.get_by_text("All tokens")).to_have_count(0)
    await visitor.turn("/audit")
    refusal = page.get_by_role("alert").filter(has_text="audit:read")
    await expect(refusal).to_be_visible()  # beside notes of what was done before


async def test_the_audit_log_is_filtered_read_and_exported(
    place: Place, come: Come, tmp_path: Path
) -> None:
    visitor = await come(session=await place.session("boss", "admin"))
    page = visitor.page
    await place.hire("kim", "viewer")
    users = (await place.admin.get(f"{BASE}/users")).json()["items"]
    kim = next(each["id"] for each in users if each["name"] == "kim")
    await place.admin.put(f"{BASE}/users/{kim}", json={"role": "editor"})
    await visitor.go("/audit")

    await page.get_by_role("combobox", name="Did what").click()
    await page.keyboard.type("user.updated")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"verb=user\.updated"))
    rows = page.locator("tbody tr.ant-table-row")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("button", name="Show the change").click()
    change = page.get_by_role("region", name=re.compile("Fields changed"))
    await expect(change.get_by_role("row", name=re.compile("^role"))).to_contain_text("viewer")
    await expect(change.get_by_role("row", name=re.compile("^role"))).to_contain_text("editor")
    await visitor.picture("audit")
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name=re.compile("CSV")).click()
    file = tmp_path / "audit.csv"
    await (await download.value).save_as(file)

    text = file.read_text(encoding="utf-8-sig")
    exported = list(csv.DictReader(io.StringIO(text)))
    assert [row["verb"] for row in exported] == ["user.updated"]
    await page.get_by_role("button", name="All of this thing").click()
    await expect(page).to_have_url(re.compile("subject_kind=user&subject_id=kim"))
    await expect(rows).to_have_count(3)
