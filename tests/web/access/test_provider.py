"""Log-in at a real OpenID provider, as a person does it: a button, a page elsewhere, and back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from services.api.access.cookies import Origin
from services.api.access.oidc.config import OidcConfig
from services.api.access.oidc.provider import Provider
from services.api.access.outsiders import RoleMap
from services.api.settings import OIDC_CALLBACK
from shared.egress.guard import AllowList
from tests.support.openid import OpenId, free_port
from tests.web.access.desk import Come
from tests.web.serving import Address, Place, serving

PEOPLE = [
    {"sub": "ann", "name": "王小安", "preferred_username": "ann", "groups": ["ops"]},
    {"sub": "bob", "preferred_username": "bob", "groups": []},
]


@pytest_asyncio.fixture(loop_scope="session")
async def place(database: str, address: Address) -> AsyncIterator[Place]:
    """Serve the page, with a provider that is known to it."""
    port = free_port()
    config = OidcConfig(
        issuer=f"http://127.0.0.1:{port}",
        client_id="automation",
        redirect_uri=f"{address.url}{OIDC_CALLBACK}",
        after_log_out=f"{address.url}/login",
        name="Company",
        role_map=RoleMap.parse("ops=operator"),
        allow=AllowList.parse("127.0.0.1"),
    )
    provider = Provider(config)
    openid = OpenId(
        redirect=f"{address.url}{OIDC_CALLBACK}",
        after=f"{address.url}/login",
        people=PEOPLE,
        secret=None,
        port=port,
    )
    async with serving(database, address, oidc=provider, origin=Origin(address.url)) as place:
        await place.session("keeper", "admin")
        await openid.start()
        try:
            yield place
        finally:
            await openid.stop()
            await provider.close()


async def test_a_button_leads_there_and_back(place: Place, come: Come) -> None:
    visitor = await come()
    # The provider's own page wants fonts; and a link that looks like a button, once clicked, makes
    # an empty style element of which Ant Design forgets the nonce.
    visitor.expected = ("net::ERR_NAME_NOT_RESOLVED", "inline style", "style-src-elem inline")
    page = visitor.page
    button = page.get_by_role("link", name="Log in with Company")

    # Somebody whose groups have no role here reads so, kindly.
    await page.goto(f"{place.url}/tasks")
    await button.click()
    await _at_the_provider(page, "bob")
    await expect(page.get_by_role("alert")).to_contain_text("Your groups have no role here")
    await visitor.picture("provider")
    await page.context.clear_cookies()

    # Somebody who may come in is where they wanted to go.
    await page.goto(f"{place.url}/tasks")
    await button.click()
    await _at_the_provider(page, "ann")
    await expect(page).to_have_url(re.compile(f"{re.escape(place.url)}/tasks"))
    await expect(page.get_by_text("王小安")).to_be_visible()


async def _at_the_provider(page: Page, person: str) -> None:
    await page.locator('input[name="login"]').fill(person)
    await page.locator('input[name="password"]').fill("x")
    await page.locator('button[type="submit"]').click()
    await page.locator('button[type="submit"]').click()
