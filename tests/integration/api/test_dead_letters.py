"""Dead letters over HTTP: listed, read, sent again where that does no harm, discarded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import operations as documented
from shared.bus.middleware import DEAD_BYTES
from shared.bus.topology import RUN_REQUEST_API
from shared.contracts.runs import RunRequest, RunsRequested
from tests.integration.api.client import BASE, Api
from tests.support.cases import cases

LETTERS = f"{BASE}/dead-letters"
#: Fixed: names of tests must be the same in every process.
RUN = UUID("5b0f0a52-6d0e-4f7e-9a57-6f4f0f1f6f11")
ASKED_AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
REQUEST = RunsRequested(
    requests=(RunRequest(run_id=RUN, task_id=RUN, requested_at=ASKED_AT),)
).encode()


async def letter(
    api: Api,
    stream: str = "REQUESTS",
    subject: str = RUN_REQUEST_API,
    payload: bytes = REQUEST,
    reason: str = "not handled by scheduler-requests in 5 deliveries",
) -> int:
    number: int = await api.pool.fetchval(
        "INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload)"
        " VALUES ($1, $2, $3, $4, $5) RETURNING id",
        str(uuid4()),
        stream,
        subject,
        reason,
        payload,
    )
    return number


async def listed(api: Api, **params: Any) -> list[int]:  # noqa: ANN401 - query parameters
    answer = (await api.http.get(LETTERS, params=params)).json()
    documented.DeadLetters.model_validate(answer)
    return [each["id"] for each in answer["items"]]


async def test_a_letter_is_read_with_what_is_known_of_it(api: Api) -> None:
    number = await letter(api)

    found = (await api.http.get(f"{LETTERS}/{number}")).json()

    documented.DeadLetter.model_validate(found)
    assert (found["state"], found["deliveries"], found["resendable"]) == ("open", 5, True)
    assert found["payload"] == REQUEST.decode()


async def test_letters_are_found_by_state_stream_and_text(api: Api) -> None:
    request = await letter(api)
    odd = await letter(api, "EVENTS", "event.shop.sold", b"\xff", "No JSON at all")
    await api.http.post(f"{LETTERS}/{odd}/discard")

    assert await listed(api) == [odd, request]
    assert await listed(api, state="open") == [request]
    assert await listed(api, stream="EVENTS") == [odd]
    assert await listed(api, q="no json") == [odd]
    assert (await api.http.get(LETTERS, params={"state": "gone"})).status_code == 400


async def test_a_letter_is_sent_again_once_as_it_was(api: Api) -> None:
    number = await letter(api)

    first, second = await asyncio.gather(
        *(api.http.post(f"{LETTERS}/{number}/resend") for _ in range(2))
    )

    assert {first.status_code, second.status_code} == {200}
    assert sorted(each.json()["already"] for each in (first, second)) == [False, True]
    rows = await api.pool.fetch("SELECT subject, payload FROM api.outbox")
    assert [tuple(row) for row in rows] == [(RUN_REQUEST_API, REQUEST)]
    assert api.woken
    assert (await api.http.get(f"{LETTERS}/{number}")).json()["state"] == "resent"
    assert (await api.http.post(f"{LETTERS}/{number}/discard")).status_code == 409


async def test_what_could_do_harm_or_nothing_is_not_sent_again(api: Api) -> None:
    for case in cases(
        [
            ("TASKS", f"task.updated.{RUN}", b"{}", "dead_letter.kind"),
            ("ACCOUNTS", f"account.state.{RUN}", b"{}", "dead_letter.kind"),
            ("EVENTS", "event.shop.sold", b"{}", "dead_letter.kind"),
            ("DEAD", "dead.RUNS", b"{}", "dead_letter.kind"),
            ("REQUESTS", "task.updated.elsewhere", REQUEST, "dead_letter.kind"),
            ("REQUESTS", RUN_REQUEST_API, b"not a request", "dead_letter.unreadable"),
            ("REQUESTS", RUN_REQUEST_API, b" " * DEAD_BYTES, "dead_letter.cut"),
        ]
    ):
        with case as (stream, subject, payload, code):
            number = await letter(api, stream, subject, payload)

            found = (await api.http.get(f"{LETTERS}/{number}")).json()
            refused = await api.http.post(f"{LETTERS}/{number}/resend")

            assert (found["resendable"], bool(found["not_resendable_because"])) == (False, True)
            assert (refused.status_code, refused.json()["code"]) == (409, code)
            assert await api.count("api.outbox") == 0


async def test_a_discarded_letter_stays_but_is_not_sent_again(api: Api) -> None:
    number = await letter(api)

    first = await api.http.post(f"{LETTERS}/{number}/discard")
    again = await api.http.post(f"{LETTERS}/{number}/discard")
    refused = await api.http.post(f"{LETTERS}/{number}/resend")

    assert (first.json()["already"], again.json()["already"]) == (False, True)
    assert refused.json()["code"] == "dead_letter.discarded"
    assert await listed(api, state="discarded") == [number]
    noted = (await api.http.get(f"{BASE}/audit", params={"verb": "dead_letter."})).json()["items"]
    assert [each["verb"] for each in noted] == ["dead_letter.discarded"]


async def test_there_is_no_such_letter(api: Api) -> None:
    for case in cases(["99", "x", "1" * 30, "-1"]):
        with case as name:
            for answer in (
                await api.http.get(f"{LETTERS}/{name}"),
                await api.http.post(f"{LETTERS}/{name}/discard"),
                await api.http.post(f"{LETTERS}/{name}/resend"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "dead_letter.not_found")
