"""Every page and dialog of getting in is accessible, in both themes and on a phone."""

from __future__ import annotations

import pytest

from tests.web.access.desk import Come
from tests.web.serving import Place
from tests.web.visitor import NARROW, WIDE, Language


@pytest.mark.parametrize(
    ("language", "dark", "size"), [("en", True, WIDE), ("zh-TW", False, NARROW)]
)
async def test_the_door_and_the_dialogs_behind_it_are_accessible(
    place: Place,
    come: Come,
    language: Language,
    dark: bool,  # noqa: FBT001 - a case
    size: tuple[int, int],
) -> None:
    setup = (await place.setup_link()).removeprefix(place.url)
    invited = (await place.hire("kim", "viewer")).removeprefix(place.url)
    boss = await place.session("boss", "admin")
    visitor = await come(language, dark=dark, size=size)

    async def is_fit(name: str) -> None:
        await visitor.settle()
        await visitor.is_accessible(frame=True)
        assert await visitor.overflow() <= 0, name
        await visitor.picture(f"{name}-{size[0]}")

    for path in ("/login", setup, invited):
        await visitor.go(path)
        await is_fit(path.strip("/").partition("#")[0])
    await visitor.enter(boss)
    for path in ("/users?open=new", "/tokens?open=new", "/tokens?whose=every"):
        await visitor.go(path)
        await is_fit(path.strip("/").replace("?", "-"))
    await visitor.turn("/audit")
    await visitor.page.locator("main button[aria-expanded]").first.click()
    await is_fit("audit")
