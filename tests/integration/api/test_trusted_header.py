"""A header that says who somebody is: believed from the proxies that were named, and no others."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
import pytest_asyncio
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.api.access.outsiders import RoleMap
from services.api.access.trusted_header import PeerKept, TrustedHeader
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer
from tests.integration.api.people import OURS, People, serving_people
from tests.support.cases import cases

PROXY, STRANGER = "10.1.2.3", "192.0.2.9"
TRUSTED = TrustedHeader(
    header="X-Remote-User",
    proxies=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")),
    groups_header="X-Remote-Groups",
    role_map=RoleMap.parse("ops=operator, boss=admin", "viewer"),
    role_if_new="viewer",
)


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database, trusted=TRUSTED) as people:
        await people.person("keeper", "admin")
        yield people


@asynccontextmanager
async def from_address(
    api: Api, peer: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose connection comes from *peer*, served as `serving.py` does it."""
    served: Any = api.app
    app = PeerKept(ProxyHeadersMiddleware(served, trusted_hosts="*"))
    transport = httpx.ASGITransport(app, client=(peer, 1234))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api", headers=dict(headers or {})
    ) as client:
        yield client


def said(name: str = "ann@example.com", groups: str = "ops") -> dict[str, str]:
    return {**OURS, "X-Remote-User": name, "X-Remote-Groups": groups}


async def test_whom_the_proxy_names_is_somebody_here(people: People) -> None:
    async with from_address(people.api, PROXY, said()) as browser:
        session = (await browser.get(f"{BASE}/session")).json()
        again = (await browser.get(f"{BASE}/session")).json()
        assert (await browser.get(TASKS)).status_code == 200
        assert (await browser.post(TASKS, json=a_task())).status_code == 403

    assert (session["kind"], session["via"]) == ("user", "proxy")
    assert (session["user"]["name"], session["user"]["role"]) == ("ann@example.com", "operator")
    assert again["user"]["id"] == session["user"]["id"]
    rows = await people.api.pool.fetch("SELECT issuer, subject FROM api.identities")
    assert [tuple(row) for row in rows] == [("proxy", "ann@example.com")]


async def test_groups_are_judged_with_each_request(people: People) -> None:
    for groups, role in (("ops", "operator"), ("x, boss", "admin"), ("", "viewer")):
        async with from_address(people.api, PROXY, said(groups=groups)) as browser:
            session = (await browser.get(f"{BASE}/session")).json()
        assert session["user"]["role"] == role


@pytest.mark.parametrize("more", [{}, {"X-Forwarded-For": PROXY}])
@pytest.mark.parametrize("header", ["X-Remote-User", "x-remote-groups"])
async def test_from_anybody_else_it_is_refused_loudly(
    people: People, caplog: pytest.LogCaptureFixture, header: str, more: dict[str, str]
) -> None:
    """Whatever else they show, and whoever they say that they come for."""
    TRUSTED.denials._noted.clear()  # noqa: SLF001 - once a minute
    good = bearer(await people.api.token("admin"))
    with caplog.at_level(logging.WARNING):
        async with from_address(people.api, STRANGER, {header: "keeper", **more, **good}) as client:
            answers = [await client.get(TASKS) for _ in range(3)]

    assert {each.status_code for each in answers} == {403}
    assert answers[0].json()["code"] == "auth.untrusted_header"
    assert STRANGER in caplog.text
    rows = await people.api.pool.fetch(
        "SELECT ip, subject_kind FROM api.audit WHERE verb = 'access.denied'"
    )
    assert [tuple(row) for row in rows] == [(STRANGER, "header")]


async def test_the_peer_counts_and_not_what_it_says_of_itself(people: People) -> None:
    async with from_address(people.api, PROXY, {**said(), "X-Forwarded-For": "203.0.113.7"}) as it:
        assert (await it.get(TASKS)).status_code == 200
    ip = await people.api.pool.fetchval(
        "SELECT ip FROM api.audit WHERE verb = 'user.created' ORDER BY id DESC LIMIT 1"
    )
    assert ip == "203.0.113.7"


async def test_another_sites_page_changes_nothing_through_the_proxy(people: People) -> None:
    foreign = {**said(groups="boss"), "Sec-Fetch-Site": "cross-site"}
    async with from_address(people.api, PROXY, foreign) as browser:
        assert (await browser.post(TASKS, json=a_task())).json()["code"] == "auth.csrf"
    async with from_address(people.api, PROXY, said(groups="boss")) as browser:
        assert (await browser.post(TASKS, json=a_task())).status_code == 201


async def test_two_names_are_none(people: People) -> None:
    headers = [("X-Remote-User", "ann"), ("X-Remote-User", "keeper")]
    async with from_address(people.api, PROXY) as browser:
        assert (await browser.get(TASKS, headers=headers)).status_code == 401


async def test_names_and_groups_may_be_of_any_language(database: str) -> None:
    trusted = replace(TRUSTED, role_map=RoleMap.parse("維運=operator", "viewer"))
    headers = {key.encode(): value.encode() for key, value in said("王小安", "維運").items()}
    async with serving_people(database, trusted=trusted) as people:
        await people.person("keeper", "admin")
        async with from_address(people.api, PROXY) as browser:
            session = (await browser.get(f"{BASE}/session", headers=headers)).json()
            odd = {b"X-Remote-User": b"Andr\xe9"}  # Latin-1: could be read as two people
            refused = await browser.get(f"{BASE}/session", headers=odd)
    assert (session["user"]["name"], session["user"]["role"]) == ("王小安", "operator")
    assert (refused.status_code, refused.json()["code"]) == (403, "oidc.subject")


async def test_without_a_kept_peer_nobody_is_believed(people: People) -> None:
    """What `X-Forwarded-For` has made of the address is no peer."""
    transport = httpx.ASGITransport(people.api.app, client=(PROXY, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        assert (await client.get(TASKS, headers=said(groups="boss"))).status_code == 403


async def test_an_empty_name_is_nobody(people: People) -> None:
    async with from_address(people.api, PROXY, {"X-Remote-User": "  "}) as browser:
        assert (await browser.get(TASKS)).status_code == 401


async def test_a_name_that_is_there_already_is_another_person(people: People) -> None:
    async with from_address(people.api, PROXY, said("keeper", "ops")) as browser:
        user = (await browser.get(f"{BASE}/session")).json()["user"]
    assert (user["name"], user["role"]) == ("keeper-2", "operator")


async def test_without_the_mode_the_header_means_nothing(database: str) -> None:
    async with (
        serving_people(database) as plain,
        from_address(plain.api, PROXY, said()) as browser,
    ):
        assert (await browser.get(TASKS)).status_code == 401


def test_settings_that_do_not_fit_are_named() -> None:
    table: list[tuple[str, str, dict[str, Any], str]] = [
        ("X-User", "", {}, "TRUSTED_PROXIES"),
        ("", "10.0.0.0/8", {}, "TRUSTED_HEADER"),
        ("X-User", "0.0.0.0/0", {}, "everybody"),
        ("X-User", "10.0.0.1/8", {}, "10.0.0.1/8"),
        ("X-User", "10.0.0.0/8", {"default_role": ""}, "DEFAULT_ROLE"),
        ("X-User", "10.0.0.0/8", {"default_role": "king"}, "king"),
        ("X-User", "10.0.0.0/8", {"roles": "a=viewer"}, "GROUPS_HEADER"),
    ]
    for case in cases(table):
        with case as (header, proxies, more, named):
            wishes = {"groups_header": "", "roles": "", "default_role": "viewer", **more}
            with pytest.raises(ValueError, match=named):
                TrustedHeader.parse(header, proxies, **wishes)


def test_off_is_off() -> None:
    assert TrustedHeader.parse("", "", groups_header="", roles="", default_role="") is None
