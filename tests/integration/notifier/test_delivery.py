"""Deliveries reach their channel, also one that was down; the log tells what became of each."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.notifier import handlers
from services.notifier.channels.parcel import NotDelivered, Parcel
from services.notifier.letter import trial_letter
from services.notifier.loops import sender
from services.notifier.post_office import PostOffice
from services.notifier.store.deliveries import DeliveryStore
from shared.bus import topology
from shared.bus.connection import Guard, make_broker
from shared.contracts.notifications import (
    ChannelKind,
    ChannelTest,
    ChannelTested,
    WebhookSecret,
)
from shared.contracts.runs import RunStatus
from shared.runtime.clock import utc_now
from tests.integration.notifier.house import (
    SIGNED_AT,
    House,
    Pools,
    an_end,
    running_house,
    state_of,
)
from tests.support.cases import table
from tests.support.http_sink import HttpSink
from tests.support.swept import Swept

KEY = "a key of sixteen characters or more"


async def webhook_task(house: House, url: str, **fields: object) -> UUID:
    await house.channel("hook", config={"language": "en"}, secret={"url": url, **fields})
    return await house.task(notify_on_failure=True, notify_recipients=["hook"])


async def test_a_webhook_is_signed_and_tells_all(house: House, sink: HttpSink) -> None:
    end = an_end(await webhook_task(house, f"{sink.url}/hook", signing_key=KEY))
    await house.hear(end)

    await house.send()

    (call,) = sink.calls("/hook")
    (row,) = await house.deliveries()
    digest = hmac.new(KEY.encode(), f"{SIGNED_AT}.".encode() + call.body, hashlib.sha256)
    assert call.headers["x-automation-signature"] == f"t={SIGNED_AT},v1={digest.hexdigest()}"
    assert call.headers["idempotency-key"] == str(row["id"])
    body = call.json()
    assert (body["v"], body["event"], body["title"]) == (1, "failure", "Nightly report failed")
    assert body["run"]["id"] == str(end.run_id)
    assert body["run"]["error"] == "disk full"
    assert body["incident"]["count"] == 1
    assert (row["state"], row["answer"]) == ("sent", 'HTTP 200 {"ok": true}')


async def test_each_try_carries_the_same_id_until_it_is_given_up(
    house: House, sink: HttpSink
) -> None:
    await house.hear(an_end(await webhook_task(house, f"{sink.url}/status/503/hook")))

    for _ in range(sender.MOST_TRIES + 1):
        await house.bring_forward()
        await house.send()

    calls = sink.calls()
    assert len(calls) == sender.MOST_TRIES
    assert len({call.headers["idempotency-key"] for call in calls}) == 1
    assert (await state_of(house))[:2] == ("given_up", sender.MOST_TRIES)
    assert timedelta(minutes=30) < sum(sender.PAUSES, timedelta(0)) <= timedelta(hours=1)


@table("status", [400, 301])
async def test_a_refusal_is_not_tried_again(
    house: House, sink: HttpSink, kept_database: Swept, status: int
) -> None:
    await kept_database.empty()
    await house.hear(an_end(await webhook_task(house, f"{sink.url}/status/{status}/hook")))

    await house.send()

    assert (await state_of(house))[0] == "given_up"


async def test_an_address_inside_is_not_called(pools: Pools, sink: HttpSink) -> None:
    async with running_house(pools) as house:
        await house.hear(an_end(await webhook_task(house, f"{sink.url}/hook")))
        await house.send()
        state, _, answer = await state_of(house)

    assert state == "given_up"
    assert "not a public address" in answer
    assert sink.calls() == []


async def test_a_recovery_never_overtakes_the_failure(house: House, sink: HttpSink) -> None:
    """The failure's alert would stand for ever if it came after its end."""
    task = await webhook_task(house, f"{sink.url}/hook")
    await house.hear(an_end(task))
    async with sink_down(sink):
        await house.send()

    await house.hear(an_end(task, RunStatus.SUCCESS, minute=1))
    await house.send()
    assert sink.calls() == [], "the failure is tried again later, and the recovery waits for it"
    await house.bring_forward()
    for _ in range(2):
        await house.send()

    events = [call.headers["x-automation-event"] for call in sink.calls()]
    assert events == ["failure", "recovered"]
    assert {row["state"] for row in await house.deliveries()} == {"sent"}


async def test_a_channel_is_told_how_many_more_there_are(house: House, sink: HttpSink) -> None:
    hook = {"config": {"language": "en", "most_messages": 1}, "secret": {"url": f"{sink.url}/hook"}}
    await house.channel("hook", **hook)  # type: ignore[arg-type]  # its two fields
    tasks = [await house.task(notify_on_failure=True, notify_recipients=["hook"]) for _ in range(4)]
    await house.hear(*(an_end(task) for task in tasks))
    await house.send()
    assert len(sink.calls()) == 1, "the others wait for the end of the while"

    await house.bring_forward()
    await house.send()

    more = sink.calls()[-1].json()
    assert (more["event"], more["more"], more["title"]) == ("more", 3, "3 more notifications")
    assert "of 3 tasks" in more["text"]


async def test_every_incident_that_is_over_resolves_its_alert(house: House, sink: HttpSink) -> None:
    await house.channel("alerts", "alertmanager", secret={"url": sink.url})
    task = await house.task(notify_on_failure=True, notify_recipients=["alerts"])
    await house.hear(an_end(task), an_end(task, RunStatus.TIMED_OUT, minute=1))
    await house.hear(an_end(task, RunStatus.SUCCESS, minute=5))

    for _ in range(3):
        await house.send()

    *_, resolved = (call.json() for call in sink.calls("/api/v2/alerts"))
    assert {each["labels"]["class"] for each in resolved} == {"failure", "timed_out"}
    assert {each["endsAt"] for each in resolved} == {"2026-01-01T12:05:00Z"}


async def test_a_failure_that_is_heard_after_its_recovery_is_no_alert_that_stays(
    house: House, sink: HttpSink
) -> None:
    await house.channel("alerts", "alertmanager", secret={"url": sink.url})
    task = await house.task(notify_on_failure=True, notify_recipients=["alerts"])
    await house.hear(an_end(task))
    await house.hear(an_end(task, RunStatus.SUCCESS, minute=5))
    await house.hear(an_end(task, RunStatus.TIMED_OUT, minute=3))

    for _ in range(3):
        await house.send()

    (late,) = (
        alert
        for call in sink.calls("/api/v2/alerts")
        for alert in call.json()
        if alert["labels"]["class"] == "timed_out"
    )
    assert late["endsAt"] == "2026-01-01T12:05:00Z"


async def test_what_was_in_hand_of_a_notifier_that_died_is_sent_by_another(
    house: House, sink: HttpSink
) -> None:
    await house.hear(an_end(await webhook_task(house, f"{sink.url}/hook")))
    (claimed,) = await house.sender._store.claim(4, within=sender.CLAIMED_FOR, not_of=[])  # noqa: SLF001 - and there it dies

    await house.send()
    assert sink.calls() == [], "the other one may still be at it"
    (row,) = await house.deliveries()
    assert row["next_try_at"] - row["created_at"] < 2 * sender.CLAIMED_FOR
    await house.bring_forward()
    await house.send()

    (call,) = sink.calls("/hook")
    assert call.headers["idempotency-key"] == str(claimed.id)
    assert (await state_of(house))[:2] == ("sent", 2)


async def test_a_delivery_survives_that_its_end_cannot_be_noted(
    house: House, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, and then the notifier is cut off: it is sent again under the same id."""
    await house.hear(an_end(await webhook_task(house, f"{sink.url}/hook")))

    async def cut_off(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(house.sender._store, "sent", cut_off)  # noqa: SLF001 - a line that a kill may hit
        await house.send()
    await house.bring_forward()
    await house.send()

    assert len({call.headers["idempotency-key"] for call in sink.calls("/hook")}) == 1
    assert len(sink.calls("/hook")) == 2
    assert (await state_of(house))[0] == "sent"


async def test_no_secret_is_shown_or_logged(
    house: House, sink: HttpSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = "T0PSECRETtoken"  # noqa: S105 - a test's
    await house.hear(
        an_end(await webhook_task(house, f"{sink.url}/status/500/{token}", signing_key=KEY))
    )

    await house.send()
    async with sink_down(sink):
        await house.bring_forward()
        await house.send()

    stored = await house.pool.fetch("SELECT d::text FROM notify.deliveries d")
    sealed: bytes = await house.pool.fetchval("SELECT secret FROM api.channels")
    for text in (caplog.text, str(stored), repr(sealed)):
        assert token not in text
        assert KEY not in text


class Gossip:
    """A way to send that repeats what it was given."""

    def __init__(self, *, delivers: bool) -> None:
        self._delivers = delivers

    async def send(self, parcel: Parcel) -> str:
        """Say every secret, as it is and as a URL spells it."""
        secret = parcel.secret
        assert isinstance(secret, WebhookSecret)
        said = f"POST {secret.url} {quote(secret.url, safe='')} signed {secret.signing_key}"
        said += f" by {secret.url.partition('=')[2]}"
        if self._delivers:
            return said
        raise NotDelivered(said)


@table("delivers", [True, False])
async def test_whatever_the_other_side_repeats_no_secret_is_kept(
    house: House, kept_database: Swept, *, delivers: bool
) -> None:
    await kept_database.empty()
    url = "https://hooks.example.com/services/T0PSECRET?token=V3RYSECRET"
    await house.channel("hook", secret={"url": url, "signing_key": KEY})
    office = PostOffice(
        DeliveryStore(house.own),
        {ChannelKind.WEBHOOK: Gossip(delivers=delivers)},
        box=house.box,
        public_url="",
        language="en",
    )
    letter = trial_letter("hook", now=utc_now(), run_id=uuid4())
    try:
        said = await office.send(letter.run_id, letter, "hook")
    except NotDelivered as error:
        said = error.detail

    for secret in ("T0PSECRET", "V3RYSECRET", KEY):
        assert secret not in said
    assert said.startswith("POST …"), "and that it was said is told"


class sink_down:  # noqa: N801 - read as a phrase
    """For as long as it lasts, nobody listens."""

    def __init__(self, sink: HttpSink) -> None:
        self._sink = sink

    async def __aenter__(self) -> None:
        await self._sink.stop()

    async def __aexit__(self, *_: object) -> None:
        await self._sink.start()


async def test_an_alert_fires_and_the_same_alert_is_resolved(house: House, sink: HttpSink) -> None:
    await house.channel(
        "alerts", "alertmanager", config={"labels": {"team": "ops"}}, secret={"url": sink.url}
    )
    task = await house.task(notify_on_failure=True, notify_recipients=["alerts"])
    for run in (an_end(task), an_end(task, RunStatus.SUCCESS, minute=5)):
        await house.hear(run)
        await house.send()

    firing, resolved = (call.json()[0] for call in sink.calls("/api/v2/alerts"))
    assert firing["labels"] == resolved["labels"]
    assert firing["labels"]["team"] == "ops"
    assert firing["startsAt"] == resolved["startsAt"] == "2026-01-01T12:00:00Z"
    assert resolved["endsAt"] == "2026-01-01T12:05:00Z"
    assert firing["endsAt"] > resolved["endsAt"]


@table(
    ("recipient", "answer"),
    [
        ("nobody", "there is no channel nobody"),
        ("off", "the channel is switched off"),
        ("chat", "AUTOMATION_APPRISE_SCHEMES does not allow this"),
        ("ann@example.com", "AUTOMATION_SMTP_URL is not set"),
    ],
)
async def test_what_cannot_be_told_says_why(
    house: House, kept_database: Swept, recipient: str, answer: str
) -> None:
    await kept_database.empty()
    await house.channel("off", secret={"url": "https://example.com/"}, enabled=False)
    await house.channel("chat", "apprise", secret={"url": "json://127.0.0.1/x"})
    await house.hear(
        an_end(await house.task(notify_on_failure=True, notify_recipients=[recipient]))
    )

    await house.send()

    assert await state_of(house) == ("given_up", 1, answer)


@pytest.mark.filterwarnings("default::DeprecationWarning")  # of Apprise itself
async def test_chat_goes_through_apprise(pools: Pools, sink: HttpSink) -> None:
    secret = {"url": f"json://{sink.url.removeprefix('http://')}/chat"}
    async with running_house(pools, schemes=("json",)) as house:
        await house.channel("chat", "apprise", config={"language": "en"}, secret=secret)
        task = await house.task(notify_on_failure=True, notify_recipients=["chat"])
        await house.hear(an_end(task))

        await house.send()

        assert await state_of(house) == ("sent", 1, "json: accepted")
    (call,) = sink.calls("/chat")
    assert call.json()["title"] == "Nightly report failed"


async def test_a_channel_that_hangs_keeps_no_other_waiting(house: House, sink: HttpSink) -> None:
    await house.channel("slow", secret={"url": f"{sink.url}/delay/5/slow"})
    await house.channel("fast", secret={"url": f"{sink.url}/fast"})
    slow = await house.task(notify_on_failure=True, notify_recipients=["slow"])
    fast = await house.task(notify_on_failure=True, notify_recipients=["fast"])
    policy = '{"notify": [{"on": ["failure"]}]}'
    await house.pool.execute("UPDATE api.tasks SET policy = $1", policy)
    await house.hear(*(an_end(slow, minute=n) for n in range(6)), an_end(fast, minute=9))

    for _ in range(3):
        await house.sender.step()
    await sink.wait_for_calls(1, "/fast", within=timedelta(seconds=4))
    assert len(sink.calls("/delay")) <= sender.PER_CHANNEL
    await house.sender.finish()


@pytest_asyncio.fixture(loop_scope="session")
async def on_the_bus(house: House, bus: Client, nats_url: str) -> AsyncIterator[Client]:
    """Let the notifier hear."""
    guard = Guard()
    guard.stopping = True
    broker = make_broker(nats_url, name=f"notifier-{uuid4().hex}", guard=guard)
    handlers.register(broker, handlers.Room(office=house.office, now=utc_now))
    await broker.start()
    yield bus
    await broker.stop()


async def test_the_test_button_tells_the_truth(
    house: House, on_the_bus: Client, sink: HttpSink
) -> None:
    await house.channel("good", config={"language": "en"}, secret={"url": f"{sink.url}/good"})
    await house.channel("bad", secret={"url": f"{sink.url}/status/403/bad"})

    async def ask(channel: str) -> ChannelTested:
        question = ChannelTest(channel=channel).encode()
        reply = await on_the_bus.request(topology.RPC_NOTIFIER_TEST, question, timeout=10)
        return ChannelTested.decode(reply.data)

    good, bad, none = [await ask(name) for name in ("good", "bad", "none")]

    assert (good.ok, good.detail) == (True, 'HTTP 200 {"ok": true}')
    assert (bad.ok, bad.detail) == (False, 'HTTP 403 {"ok": true}')
    assert (none.ok, none.detail) == (False, "there is no channel none")
    (call,) = sink.calls("/good")
    assert json.loads(call.body)["event"] == "test"
    assert good.request is not None
    assert (good.request.method, good.request.url) == ("POST", f"{sink.url}/…")
    assert good.request.body.encode() == call.body
    assert good.request.headers["X-Automation-Event"] == "test"
    assert good.answer is not None
    assert (good.answer.status, good.answer.body) == (200, '{"ok": true}')
    assert bad.answer is not None
    assert bad.answer.status == 403
    assert (none.request, none.answer) == (None, None)
    assert await house.deliveries() == []
