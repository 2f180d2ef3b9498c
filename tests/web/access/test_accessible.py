"""Every page and dialog of getting in is accessible, in both themes and on a phone."""

from __future__ import annotations

import pytest

from tests.web.access.desk import VIEWS, Come, look
from tests.web.serving import Place
from tests.web.visitor import Language


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
