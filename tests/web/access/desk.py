"""What the tests of getting in share: who comes, and the form of the log-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.web.names import ends
from tests.web.visitor import Visitor

Come = Callable[..., Awaitable[Visitor]]


async def fill_login(visitor: Visitor, name: str | None, password: str) -> None:
    """Fill in the form of the log-in and send it."""
    page = visitor.page
    if name is not None:
        await page.get_by_label(visitor.say("名稱", "Name"), exact=True).fill(name)
    await page.get_by_label(visitor.say("密碼", "Password"), exact=True).fill(password)
    # The spinner that leaves may still be in the name ("loading Log in").
    await page.get_by_role("button", name=ends(visitor.say("登入", "Log in"))).click()
