"""Log-in at a real OpenID provider, as a person does it: a button, a page elsewhere, and back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from services.api.access.cookies import Origin
from services.api.access.oidc.config import OidcConfig
from services.api.access.oidc.provider import Provider
from services.api.access.outsiders import RoleMap
from services.api.settings import OIDC_CALLBACK
from shared.egress.guard import AllowList
from tests.support.openid import OpenId, free_port
from tests.web.serving import Place, serving
from tests.web.visitor import LANGUAGES, WIDE, Language, open_visit

PEOPLE = [
    {"sub": "ann", "name": "王小安", "preferred_username": "ann", "groups": ["ops"]},
    {"sub": "bob", "preferred_username": "bob", "groups": []},
]


@asynccontextmanager
async def with_provider(dsn: str) -> AsyncIterator[Place]:
    """Serve the page, with a provider that is known to it."""
    port = free_port()

    def parts(url: str) -> dict[str, object]:
        config = OidcConfig(
            issuer=f"http://127.0.0.1:{port}",
            client_id="automation",
            redirect_uri=f"{url}{OIDC_CALLBACK}",
            after_log_out=f"{url}/login",
            name="Company",
            role_map=RoleMap.parse("ops=operator"),
            allow=AllowList.parse("127.0.0.1"),
        )
        return {"oidc": Provider(config), "origin": Origin(url)}

    async with serving(dsn, parts) as place:
        await place.session("keeper", "admin")
        openid = OpenId(
            redirect=f"{place.url}{OIDC_CALLBACK}",
            after=f"{place.url}/login",
            people=PEOPLE,
            secret=None,
            port=port,
        )
        await openid.start()
        try:
            yield place
        finally:
            await openid.stop()
            assert place.parts.oidc is not None
            await place.parts.oidc.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_button_leads_there_and_back(
    browser: Browser, database: str, language: Language
) -> None:
    async with with_provider(database) as place:
        visitor = await open_visit(
            browser, place.url, language=language, session=None, dark=False, size=WIDE
        )
        page, say = visitor.page, visitor.say
        button = page.get_by_role("link", name=say("以 Company 登入", "Log in with Company"))

        # Somebody whose groups have no role here is told so, kindly.
        await page.goto(f"{place.url}/tasks")
        await button.click()
        await _at_the_provider(page, "bob")
        await expect(page.get_by_role("alert")).to_contain_text(
            say("您的群組在此沒有對應的角色", "Your groups have no role here")
        )
        await visitor.picture("provider")
        await page.context.clear_cookies()

        # Somebody who may come in is where they wanted to go.
        await page.goto(f"{place.url}/tasks")
        await button.click()
        await _at_the_provider(page, "ann")
        await expect(page).to_have_url(re.compile(f"{re.escape(place.url)}/tasks"))
        await expect(page.get_by_text("王小安")).to_be_visible()
        await page.context.close()


async def _at_the_provider(page: Page, person: str) -> None:
    await page.locator('input[name="login"]').fill(person)
    await page.locator('input[name="password"]').fill("x")
    await page.locator('button[type="submit"]').click()
    await page.locator('button[type="submit"]').click()
