"""What the tests of getting in share: the form of the log-in, and how a page is judged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.web import axe
from tests.web.names import ends
from tests.web.visitor import NARROW, WIDE, Language, Visitor

Come = Callable[..., Awaitable[Visitor]]


async def fill_login(visitor: Visitor, name: str | None, password: str) -> None:
    """Fill in the form of the log-in and send it."""
    page = visitor.page
    if name is not None:
        await page.get_by_label(visitor.say("名稱", "Name"), exact=True).fill(name)
    await page.get_by_label(visitor.say("密碼", "Password"), exact=True).fill(password)
    # The spinner that leaves may still be in the name ("loading Log in").
    await page.get_by_role("button", name=ends(visitor.say("登入", "Log in"))).click()


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
