"""The asking action on a real bus."""

from __future__ import annotations

import json

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.executor.actions.nats_request import NatsRequest, NatsRequestParams
from shared.contracts.action import ActionFailed, Rights
from tests.support.context import RecordingContext

CLAIM = {"path": "$.free", "op": "ge", "value": 2}


def params(subject: str = "svc.seats", **given: object) -> NatsRequestParams:
    return NatsRequestParams.model_validate({"subject": subject, **given})


async def answering(bus: Client, answer: bytes | None) -> None:
    """Let a service listen on `svc.seats`."""

    async def answer_one(message: Msg) -> None:
        if answer is not None:
            await message.respond(answer)

    await bus.subscribe("svc.seats", cb=answer_one)
    await bus.flush()


async def test_a_service_is_asked_and_its_answer_judged(bus: Client) -> None:
    heard = await bus.subscribe("svc.seats")
    await answering(bus, b'{"free": 3}')
    context = RecordingContext(bus=bus)

    outcome = await NatsRequest().run(
        params(data={"row": "名"}, expect_json=[CLAIM], capture={"free": "$.free"}), context
    )

    assert json.loads((await heard.next_msg(timeout=5)).data) == {"row": "名"}
    assert outcome.data["captured"] == {"free": 3}
    assert outcome.data["failed_expectations"] == []
    assert outcome.summary.startswith("11 bytes from svc.seats in ")


async def test_an_answer_that_is_not_as_expected_fails(bus: Client) -> None:
    await answering(bus, b'{"free": 1}')

    with pytest.raises(ActionFailed, match=r"\$\.free is 1; expected: ge 2") as failed:
        await NatsRequest().run(params(expect_json=[CLAIM]), RecordingContext(bus=bus))

    assert not failed.value.permanent
    assert failed.value.data["excerpt"] == '{"free": 1}'


async def test_an_answer_that_is_no_json_fails_only_if_it_is_looked_into(bus: Client) -> None:
    await answering(bus, b"\xff fine")
    context = RecordingContext(bus=bus)

    outcome = await NatsRequest().run(params(), context)
    with pytest.raises(ActionFailed, match="but no JSON"):
        await NatsRequest().run(params(expect_json=[CLAIM]), context)

    assert outcome.data["excerpt"] == "\ufffd fine"


async def test_nobody_there_is_told_at_once(bus: Client) -> None:
    with pytest.raises(ActionFailed, match=r"nobody listens on svc\.seats"):
        await NatsRequest().run(params(timeout_seconds=60), RecordingContext(bus=bus))


async def test_no_answer_is_a_time_out(bus: Client) -> None:
    await answering(bus, None)

    with pytest.raises(ActionFailed, match=r"no answer on svc\.seats within 0\.1 s"):
        await NatsRequest().run(params(timeout_seconds=0.1), RecordingContext(bus=bus))


async def test_only_what_the_executor_opens_is_asked(bus: Client) -> None:
    cases: list[tuple[str, tuple[str, ...], bool]] = [
        ("svc.seats", ("svc.>",), True),
        ("svc.seats", ("other.>", "svc.*"), True),
        ("svc.seats.x", ("svc.*",), False),
        ("other.seats", ("svc.>",), False),
        ("svc.seats", (), False),
    ]
    for subject, patterns, is_open in cases:
        context = RecordingContext(bus=bus, rights=Rights(nats_requests=patterns))

        with pytest.raises(ActionFailed) as failed:
            await NatsRequest().run(params(subject), context)

        closed = "AUTOMATION_NATS_REQUEST_SUBJECTS" in str(failed.value)
        assert (failed.value.permanent, closed) == (not is_open, not is_open), (subject, patterns)


async def test_a_plan_asks_nobody(bus: Client) -> None:
    outcome = await NatsRequest().run(params(dry_run=True), RecordingContext(bus=bus))

    assert outcome.data == {"plan": [{"do": "ask", "subject": "svc.seats", "bytes": 2}]}
