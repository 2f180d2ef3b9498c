"""The first administrator: made once, with a link that only the first start has given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.api.access import first_start
from services.api.access.first_start import BadPassword
from services.api.access.schemas import UserCreate, UserUpdate
from services.api.documented import users as documented
from shared.domain.errors import Conflict, InvalidDefinition, NotFound
from tests.integration.api.client import BASE
from tests.integration.api.people import PASSWORD, People, log_in, serving_people

SETUP = f"{BASE}/setup"


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        yield people


async def test_the_link_makes_an_administrator_once(people: People) -> None:
    token = await first_start.setup_secret(people.api.dsn)
    browser = await people.browser()
    body = {"token": token, "name": "boss", "password": PASSWORD, "language": "zh-TW"}
    assert (await browser.get(SETUP)).json() == {"needed": True}

    weak = await browser.post(SETUP, json={**body, "password": "password12"})
    done = await browser.post(SETUP, json=body)
    again = await (await people.browser()).post(SETUP, json={**body, "name": "other"})

    assert weak.json()["errors"][0]["code"] == "password.known"
    assert done.status_code == 201
    said = documented.Session.model_validate(done.json())
    assert said.user is not None
    assert (said.user.role, said.user.language) == ("admin", "zh-TW")
    assert (await browser.get(f"{BASE}/users")).status_code == 200
    assert (again.status_code, again.json()["code"]) == (409, "setup.done")
    assert (await browser.get(SETUP)).json() == {"needed": False}
    assert await first_start.setup_secret(people.api.dsn) is None


async def test_without_the_link_nobody_becomes_administrator(people: People) -> None:
    stale = await first_start.setup_secret(people.api.dsn)
    await first_start.setup_secret(people.api.dsn)
    browser = await people.browser()

    for token in ("x", "A" * 43, stale):
        body = {"token": token, "name": "boss", "password": PASSWORD}
        assert (await browser.post(SETUP, json=body)).status_code == 404
    assert await people.api.count("api.users") == 0


async def test_a_link_for_a_password_makes_no_administrator(people: People) -> None:
    made = await people.create("ann", "viewer")
    token = made["link"].partition("#")[2]
    await people.api.pool.execute("UPDATE api.password_links SET user_id = user_id")

    body = {"token": token, "name": "boss", "password": PASSWORD}
    assert (await (await people.browser()).post(SETUP, json=body)).status_code == 409


async def test_the_link_ends_after_a_day(people: People) -> None:
    token = await first_start.setup_secret(people.api.dsn)
    await people.api.pool.execute(
        "UPDATE api.password_links SET expires_at = expires_at - interval '24 hours'"
    )

    body = {"token": token, "name": "boss", "password": PASSWORD}
    assert (await (await people.browser()).post(SETUP, json=body)).status_code == 404


async def test_of_two_at_once_one_becomes_administrator(people: People) -> None:
    token = await first_start.setup_secret(people.api.dsn)
    browsers = [await people.browser() for _ in range(2)]

    answers = await asyncio.gather(
        *(
            browser.post(SETUP, json={"token": token, "name": name, "password": PASSWORD})
            for name, browser in zip(("one", "two"), browsers, strict=True)
        )
    )

    assert sorted(each.status_code for each in answers) == [201, 409]
    assert await people.api.count("api.users") == 1


async def test_a_password_file_makes_the_administrator_at_start(
    people: People, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    dsn = people.api.dsn

    assert await first_start.ensure_admin(dsn, "root", file)
    assert not await first_start.ensure_admin(dsn, "other", file)
    assert not await first_start.ensure_admin(dsn, "other", None)

    # Its hash costs what it costs everywhere; the test's own is quicker, and reads it all the same.
    answer = await log_in(await people.browser(), "root")
    assert answer.json()["user"]["role"] == "admin"


async def test_a_bad_password_in_the_file_is_told(people: People, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short")

    with pytest.raises(BadPassword, match="at least 10"):
        await first_start.ensure_admin(people.api.dsn, "root", file)
    assert await people.api.count("api.users") == 0


async def test_the_command_line_makes_changes_and_lists(people: People, tmp_path: Path) -> None:
    dsn, file = people.api.dsn, tmp_path / "password"
    file.write_text(PASSWORD)

    none = await first_start.create_user(
        dsn, UserCreate(name="boss", role="admin"), password_file=file
    )
    link = await first_start.create_user(
        dsn, UserCreate(name="Ann", role="viewer"), password_file=None
    )
    await first_start.change_user(dsn, "ANN", UserUpdate(role="editor"))
    await first_start.change_user(dsn, "ann", UserUpdate(disabled=True))

    assert none is None
    assert link
    listed = await first_start.list_users(dsn)
    assert [(each["name"], each["role"], each["disabled"]) for each in listed] == [
        ("Ann", "editor", True),
        ("boss", "admin", False),
    ]
    for wrong, error in (
        (first_start.change_user(dsn, "boss", UserUpdate(role="viewer")), Conflict),
        (first_start.change_user(dsn, "nobody", UserUpdate(role="viewer")), NotFound),
        (first_start.reset_password(dsn, "nobody"), NotFound),
    ):
        with pytest.raises(error):
            await wrong
    assert len(await first_start.reset_password(dsn, "boss")) == 43
    rows = await people.api.pool.fetch("SELECT DISTINCT actor FROM api.audit")
    assert "command line" in {row["actor"] for row in rows}


def test_what_went_wrong_is_told_in_words() -> None:
    assert first_start.told(NotFound("user", "")) == "There is no such user."
    assert "last administrator" in first_start.told(Conflict("user.last_admin"))
    assert first_start.told(InvalidDefinition([])) == ""
