"""Filters and cursors that are no text, wherever a route reads them."""

from __future__ import annotations

import base64

from tests.integration.api.client import BASE, Api
from tests.support.cases import cases


async def test_filters_that_a_dependency_reads_are_judged_too(shared_api: Api) -> None:
    for case in cases(
        ["audit?verb=%00", "audit/export?actor=%00", "accounts?q=%00", "audit?actor=a&actor=b"]
    ):
        with case as query:
            answer = await shared_api.http.get(f"{BASE}/{query}")

            assert answer.json()["code"] == "query.invalid"


async def test_half_a_character_is_no_place_in_a_list(shared_api: Api) -> None:
    cursor = base64.urlsafe_b64encode(rb'["\ud800"]').decode().rstrip("=")

    answer = await shared_api.http.get(f"{BASE}/users", params={"cursor": cursor})

    assert answer.json()["code"] == "cursor.invalid"
