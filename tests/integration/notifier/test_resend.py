"""What people want sent once more goes out once more, once for each wish."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.notifier.channels.parcel import NotDelivered, Witness
from services.notifier.letter import trial_letter
from services.notifier.loops.resender import Resender
from services.notifier.store.deliveries import DeliveryStore
from tests.integration.notifier.house import NOON, House, Mailbox, Pools, an_end, running_house
from tests.support.http_sink import HttpSink

MINUTE = timedelta(minutes=1)
WISH = (
    "INSERT INTO api.notification_resends (id, delivery_id, how, requested_by)"
    " VALUES ($1, $2, $3, 'ann')"
)


async def wished(house: House, delivery: UUID, how: str) -> UUID:
    """Store a wish as the API does; carry it out twice."""
    identity = uuid4()
    woken: list[None] = []
    await house.pool.execute(WISH, identity, delivery, how)
    resender = Resender(DeliveryStore(house.own), lambda: woken.append(None))
    await resender.step()
    await resender.step()
    assert len(woken) == 1
    return identity


async def test_a_message_that_was_told_is_told_again_under_an_id_of_its_own(
    house: House, sink: HttpSink
) -> None:
    await house.channel("ops", secret={"url": f"{sink.url}/ops"})
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])
    await house.hear(an_end(task))
    await house.send()
    (first,) = await house.deliveries()

    again = await wished(house, first["id"], "again")
    await house.send()
    more = await wished(house, again, "again")
    await house.send()

    bodies = [json.loads(call.body) for call in sink.calls("/ops")]
    assert [body["id"] for body in bodies] == [str(first["id"]), str(again), str(more)]
    assert len({body["run"]["id"] for body in bodies}) == 1
    rows = await house.pool.fetch(
        "SELECT run_id, state, resend_of FROM notify.api_deliveries ORDER BY created_at"
    )
    assert [tuple(row) for row in rows] == [
        (first["run_id"], "sent", None),
        (first["run_id"], "sent", first["id"]),
        (first["run_id"], "sent", first["id"]),
    ]


async def test_what_stands_for_many_says_again_for_how_many(house: House, sink: HttpSink) -> None:
    await house.channel("ops", secret={"url": f"{sink.url}/ops"}, config={"most_messages": 1})
    tasks = [await house.task(notify_on_failure=True, notify_recipients=["ops"]) for _ in range(4)]
    await house.hear(*(an_end(task) for task in tasks))
    await house.bring_forward()
    await house.send()
    (more,) = [row for row in await house.deliveries() if row["event"] == "more"]

    await wished(house, more["id"], "again")
    await house.send()

    first, again = [call.json() for call in sink.calls() if call.json()["event"] == "more"]
    assert (again["more"], again["text"]) == (3, first["text"])


async def test_what_waits_for_its_next_try_is_tried_now(house: House, sink: HttpSink) -> None:
    await house.channel("ops", secret={"url": f"{sink.url}/status/500/ops"})
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])
    await house.hear(an_end(task))
    await house.send()
    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["tries"]) == ("failed", 1)

    await wished(house, delivery["id"], "sooner")
    await house.send()

    (delivery,) = await house.deliveries()
    assert (delivery["state"], delivery["tries"]) == ("failed", 2)


async def test_what_is_being_tried_is_not_tried_twice_at_once(house: House, sink: HttpSink) -> None:
    await house.channel("ops", secret={"url": f"{sink.url}/status/500/ops"})
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])
    await house.hear(an_end(task))
    await house.send()
    (delivery,) = await house.deliveries()
    store = DeliveryStore(house.own)
    await house.bring_forward()
    (in_hand,) = await store.claim(1, within=MINUTE, not_of=[])

    await house.pool.execute(WISH, uuid4(), in_hand.id, "sooner")
    await Resender(store, lambda: None).step()
    assert await store.claim(1, within=MINUTE, not_of=[]) == []

    # It failed: the wish is heard now.
    await store.failed(in_hand.id, "500", 10 * MINUTE)
    await Resender(store, lambda: None).step()
    (again,) = await store.claim(1, within=MINUTE, not_of=[])
    assert (again.id, again.tries) == (delivery["id"], 3)


async def test_what_a_tester_is_shown_holds_no_secret(house: House, sink: HttpSink) -> None:
    bearer = "a-token-of-the-alertmanager"
    await house.channel(
        "am", "alertmanager", secret={"url": f"{sink.url}/echo/secret-path", "bearer": bearer}
    )
    witness = Witness()
    letter = trial_letter("am", now=NOON, run_id=uuid4())

    await house.office.send(letter.run_id, letter, "am", witness=witness)

    assert witness.request is not None
    assert witness.request.headers["Authorization"] == "Bearer …"
    shown = f"{witness.request.model_dump_json()}{witness.answer}"
    assert bearer not in shown
    assert "secret-path" not in shown


async def test_a_tester_is_shown_the_mail_and_what_the_server_said(
    pools: Pools, mailbox: Mailbox
) -> None:
    async with running_house(pools, smtp_url=mailbox.url) as house:
        await house.channel("mail", "email", config={"to": ["ann@example.com"], "language": "en"})
        witness = Witness()
        letter = trial_letter("mail", now=NOON, run_id=uuid4())
        await house.office.send(letter.run_id, letter, "mail", witness=witness)
        mailbox.answer = "554 no thanks"
        refused = Witness()
        with pytest.raises(NotDelivered):
            await house.office.send(letter.run_id, letter, "mail", witness=refused)

    assert witness.request is not None
    assert witness.request.headers["To"] == "ann@example.com"
    assert "the channel mail works" in witness.request.body
    assert witness.answer is not None
    assert "kept" in witness.answer.body
    assert refused.answer is not None
    assert (refused.answer.status, refused.answer.body) == (554, "no thanks")
