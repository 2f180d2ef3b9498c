"""Alerts are told in groups: together, once, again when they go on, and when they are over.

What is asked when, and of what nobody hears, is in `tests/property/test_alert_laws.py`.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.notifier.store.alert_groups import Look
from services.notifier.store.judgements import Judgement
from shared.db.pool import Record
from tests.integration.notifier.house import House, Mailbox, Pools, running_house
from tests.support.http_sink import HttpSink

MINUTE = timedelta(minutes=1)
WAITED = timedelta(seconds=31)


class Alerts:
    """Rules and alerts as the API keeps them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._pool = house.pool

    async def rule(self, name: str = "slow queue", target: str | None = "ops") -> UUID:
        rule = uuid4()
        await self._pool.execute(
            "INSERT INTO api.alert_rules (id, name, rule_type, alert_level, threshold_operator,"
            " threshold_value, enabled, notification_method, notification_target, rule_conditions,"
            " query,"
            " window_seconds, interval_seconds, for_seconds, keep_firing_for_seconds, no_data,"
            " on_error, labels, annotations) VALUES ($1, $2, 'queue_age', 'error', '>', 60, true,"
            " 'channels', $3, '{}', 'null', 300, 60, 0, 0, 'ok', 'keep_last', '{}', '{}')",
            rule,
            name,
            target,
        )
        return rule

    async def fire(self, rule: UUID, *, ago: timedelta = WAITED, **labels: str) -> str:
        """Let an alert fire; return its fingerprint."""
        name = await self._pool.fetchval("SELECT name FROM api.alert_rules WHERE id = $1", rule)
        fingerprint = f"{name}/{','.join(labels.values())}"
        await self._pool.execute(
            "INSERT INTO api.alerts (id, rule_id, rule_name, fingerprint, state, level, series,"
            " labels, annotations, value, active_at, met_at, met_samples, unmet_samples, fired_at,"
            " evaluated_at) VALUES (gen_random_uuid(), $1, $2, $3, 'firing', 'error', $4, $5, $6,"
            " 120.5, now(), now(), 1, 0, now() - $7::interval, now())",
            rule,
            name,
            fingerprint,
            json.dumps(labels),
            json.dumps({**labels, "alertname": name, "severity": "error"}),
            json.dumps({"summary": "it waits too long"}),
            ago,
        )
        return fingerprint

    async def resolve(self, fingerprint: str) -> None:
        await self._pool.execute(
            "UPDATE api.alerts SET state = 'resolved', resolved_at = now()"
            " WHERE fingerprint = $1 AND state = 'firing'",
            fingerprint,
        )

    async def silence(self, name: str, value: str) -> None:
        await self._pool.execute(
            "INSERT INTO api.alert_silences (id, matchers, starts_at, ends_at, author, comment)"
            " VALUES (gen_random_uuid(), $1, now(), now() + interval '1 hour', 'ann', 'why')",
            json.dumps([{"name": name, "op": "=", "value": value}]),
        )

    async def settings(self, **fields: Any) -> None:  # noqa: ANN401 - columns
        for name, value in fields.items():
            await self._pool.execute(f"UPDATE api.alert_settings SET {name} = $1", value)  # noqa: S608 - our own tests

    async def look(self) -> None:
        """Look once at all groups, as if their time had come."""
        await self.house.alerts.step()
        await self._pool.execute("UPDATE notify.alert_groups SET flush_at = now()")
        await self.house.alerts.step()

    async def told(self) -> list[tuple[str, str, list[str], list[str]]]:
        """Return event, channel, and what fires and is resolved, of each message."""
        return [
            (
                row["event"],
                row["channel"],
                *(
                    [each["fingerprint"] for each in facts["alerts"] if each["status"] == status]
                    for status in ("firing", "resolved")
                ),
            )
            for row in await self.house.deliveries()
            for facts in [json.loads(row["facts"])]
        ]

    async def groups(self) -> list[Record]:
        return await self._pool.fetch("SELECT * FROM notify.alert_groups ORDER BY channel, id")


@pytest_asyncio.fixture(loop_scope="session")
async def alerts(house: House) -> Alerts:
    return Alerts(house)


async def test_alerts_of_one_rule_are_told_together(alerts: Alerts) -> None:
    rule = await alerts.rule()
    a, b = [await alerts.fire(rule, queue=name) for name in "ab"]
    other = await alerts.fire(await alerts.rule("offline"))
    await alerts.fire(await alerts.rule("nobody", None))

    await alerts.house.alerts.step()

    assert sorted(await alerts.told()) == [
        ("alert.firing", "ops", [other], []),
        ("alert.firing", "ops", [a, b], []),
    ]


async def test_a_new_group_waits_for_others_like_it(alerts: Alerts) -> None:
    await alerts.settings(group_wait_seconds=600)
    rule = await alerts.rule()
    await alerts.fire(rule, ago=timedelta(0), queue="a")

    await alerts.house.alerts.step()
    await alerts.house.alerts.step()
    assert await alerts.told() == []
    (group,) = await alerts.groups()
    wait = group["flush_at"] - group["opened_at"]
    assert 8 * MINUTE < wait <= 10 * MINUTE

    await alerts.fire(
        rule, ago=11 * MINUTE, queue="b"
    )  # this one has waited for long enough, in vain
    await alerts.house.alerts.step()
    await alerts.house.alerts.step()
    ((event, _, firing, _),) = await alerts.told()
    assert (event, len(firing)) == ("alert.firing", 2)


async def test_a_group_tells_what_is_new_and_what_is_over_and_then_is_gone(alerts: Alerts) -> None:
    rule = await alerts.rule()
    a = await alerts.fire(rule, queue="a")
    await alerts.look()
    await alerts.look()
    assert len(await alerts.told()) == 1, "nothing is new"

    b = await alerts.fire(rule, queue="b")
    await alerts.resolve(a)
    await alerts.look()
    await alerts.resolve(b)
    await alerts.look()

    assert await alerts.told() == [
        ("alert.firing", "ops", [a], []),
        ("alert.firing", "ops", [b], [a]),
        ("alert.resolved", "ops", [], [b]),
    ]
    assert await alerts.groups() == []
    assert await alerts.house.pool.fetchval("SELECT count(*) FROM notify.alert_members") == 0

    await alerts.fire(rule, queue="a")
    await alerts.look()
    assert (await alerts.told())[-1] == ("alert.firing", "ops", [a], []), "it came again"


async def test_what_goes_on_is_told_again_after_the_repeat_interval(alerts: Alerts) -> None:
    a = await alerts.fire(await alerts.rule())
    await alerts.look()
    for hours in (3, 5):
        await alerts.house.pool.execute(
            "UPDATE notify.alert_groups SET told_at = now() - $1::interval", timedelta(hours=hours)
        )
        await alerts.look()

    assert await alerts.told() == 2 * [("alert.firing", "ops", [a], [])]


async def test_what_is_silenced_is_held_until_the_silence_ends(alerts: Alerts) -> None:
    rule = await alerts.rule()
    a, b = [await alerts.fire(rule, queue=name) for name in "ab"]
    await alerts.silence("queue", "a")
    await alerts.look()
    assert await alerts.told() == [("alert.firing", "ops", [b], [])]

    await alerts.house.pool.execute("UPDATE api.alert_silences SET ends_at = now()")
    await alerts.look()
    assert (await alerts.told())[1:] == [("alert.firing", "ops", [a, b], [])]


async def test_the_end_of_what_was_told_is_told_though_it_was_silenced(alerts: Alerts) -> None:
    a = await alerts.fire(await alerts.rule(), queue="a")
    await alerts.look()
    await alerts.silence("queue", "a")
    await alerts.resolve(a)
    await alerts.look()
    assert len(await alerts.told()) == 1

    await alerts.house.pool.execute("DELETE FROM api.alert_silences")
    await alerts.house.pool.execute("DELETE FROM api.alerts")  # so long ago that its row is gone
    await alerts.look()

    assert (await alerts.told())[1:] == [("alert.resolved", "ops", [], [a])]
    assert await alerts.groups() == []


async def test_a_source_that_fires_holds_its_targets(alerts: Alerts) -> None:
    wished = {
        "source": [{"name": "alertname", "op": "=", "value": "server down"}],
        "target": [{"name": "alertname", "op": "=", "value": "offline"}],
        "equal": ["server_id"],
    }
    await alerts.settings(inhibitions=json.dumps([wished]))
    down = await alerts.fire(await alerts.rule("server down", None), server_id="s1")
    offline = await alerts.rule("offline")
    held = await alerts.fire(offline, server_id="s1")
    told = await alerts.fire(offline, server_id="s2")
    await alerts.look()
    assert await alerts.told() == [("alert.firing", "ops", [told], [])]

    await alerts.resolve(down)
    await alerts.look()
    assert (await alerts.told())[1:] == [("alert.firing", "ops", [held, told], [])]


async def test_groups_are_made_as_the_settings_say(alerts: Alerts) -> None:
    await alerts.settings(group_by=["queue"])
    for rule in [await alerts.rule(name) for name in ("x", "y")]:
        for queue in "ab":
            await alerts.fire(rule, queue=queue)
    await alerts.look()
    assert sorted(firing for _, _, firing, _ in await alerts.told()) == [
        ["x/a", "y/a"],
        ["x/b", "y/b"],
    ]

    await alerts.settings(group_by=["..."])
    await alerts.look()
    await alerts.look()
    assert sorted(firing for _, _, firing, _ in (await alerts.told())[2:]) == [
        ["x/a"],
        ["x/b"],
        ["y/a"],
        ["y/b"],
    ]


async def test_a_channel_that_a_rule_names_only_now_hears_of_what_fires(alerts: Alerts) -> None:
    a = await alerts.fire(await alerts.rule())
    await alerts.look()
    await alerts.house.pool.execute("UPDATE api.alert_rules SET notification_target = 'ops,chat'")
    await alerts.look()

    assert await alerts.told() == [
        ("alert.firing", channel, [a], []) for channel in ("ops", "chat")
    ]


async def test_a_channel_that_a_rule_names_no_more_hears_nothing_more(alerts: Alerts) -> None:
    rule = await alerts.rule(target="ops, ann@example.com,ops")
    a = await alerts.fire(rule)
    await alerts.look()
    await alerts.house.pool.execute("UPDATE api.alert_rules SET notification_target = 'ops'")
    await alerts.resolve(a)
    await alerts.look()

    assert sorted(await alerts.told()) == [
        ("alert.firing", "ann@example.com", [a], []),
        ("alert.firing", "ops", [a], []),
        ("alert.resolved", "ops", [], [a]),
    ]


async def test_a_rule_that_is_gone_is_told_as_resolved(alerts: Alerts) -> None:
    a = await alerts.fire(await alerts.rule())
    await alerts.look()
    await alerts.house.pool.execute("DELETE FROM api.alert_rules")
    await alerts.resolve(a)
    await alerts.look()

    assert (await alerts.told())[1:] == [("alert.resolved", "ops", [], [a])]


async def test_a_notifier_that_dies_while_it_looks_loses_and_doubles_nothing(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = await alerts.rule()
    steps: list[tuple[type, str]] = [(Look, "due"), (Look, "keep"), (Judgement, "order")]
    for place, (owner, name) in enumerate(steps):
        a = await alerts.fire(rule, queue=name)
        await alerts.house.pool.execute("UPDATE notify.alert_groups SET flush_at = now()")
        done = getattr(owner, name)

        async def die(*args: Any, done: Any = done) -> None:  # noqa: ANN401 - any step
            await done(*args)
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(owner, name, die)
            with pytest.raises(ConnectionError):
                await alerts.house.alerts.step()
        assert len(await alerts.told()) == place

        await asyncio.gather(*(alerts.house.alerts.step() for _ in range(3)))

        told = await alerts.told()
        assert len(told) == place + 1
        assert a in told[-1][2]


async def test_every_kind_of_channel_tells_alerts(alerts: Alerts, sink: HttpSink) -> None:
    await alerts.house.channel(
        "hook", config={"language": "en"}, secret={"url": f"{sink.url}/hook"}
    )
    labels = {"site": "tp"}
    secret = {"url": f"{sink.url}/am"}
    await alerts.house.channel("am", "alertmanager", config={"labels": labels}, secret=secret)
    a = await alerts.fire(await alerts.rule(target="hook,am"), queue="a")
    await alerts.look()
    await alerts.house.send()
    await alerts.resolve(a)
    await alerts.look()
    await alerts.house.send()

    firing, resolved = [call.json() for call in sink.calls("/hook")]
    assert (firing["event"], resolved["event"]) == ("alert.firing", "alert.resolved")
    assert firing["title"] == "[FIRING 1] slow queue"
    assert firing["url"] == "https://tasks.example.com/alerts"
    for part in ("it waits too long", "slow queue [error]", "queue=a", "value 120.5"):
        assert part in firing["text"]
    assert firing["group"]["labels"] == {"alertname": "slow queue"}
    (told,) = firing["alerts"]
    assert (told["fingerprint"], told["status"], told["endsAt"]) == (a, "firing", None)
    assert resolved["alerts"][0]["endsAt"] is not None

    (fires,), (ends,) = [call.json() for call in sink.calls("/am/api/v2/alerts")]
    assert fires["labels"] == ends["labels"]
    assert fires["labels"] == {**told["labels"], **labels}
    assert fires["startsAt"] == ends["startsAt"] == told["startsAt"]
    assert ends["endsAt"] == resolved["alerts"][0]["endsAt"] < fires["endsAt"]
    assert {row["state"] for row in await alerts.house.deliveries()} == {"sent"}


async def test_an_address_is_told_by_mail(pools: Pools, mailbox: Mailbox) -> None:
    async with running_house(pools, smtp_url=mailbox.url) as house:
        alerts = Alerts(house)
        rule = await alerts.rule(target="ann@example.com")
        for number in range(25):
            await alerts.fire(rule, queue=f"q{number}")
        await alerts.look()
        await house.send()

    (mail,) = mailbox.mails
    assert mailbox.recipients == [["ann@example.com"]]
    assert b"X-Automation-Event: alert.firing" in mail
    (row,) = [each for each in mail.decode("latin-1").splitlines() if each.startswith("Subject")]
    assert "=?utf-8?" in row


async def test_messages_of_a_group_are_not_overtaken(alerts: Alerts, sink: HttpSink) -> None:
    await alerts.house.channel("hook", secret={"url": f"{sink.url}/fails/1/hook"})
    a = await alerts.fire(await alerts.rule(target="hook"))
    await alerts.look()
    await alerts.house.send()
    await alerts.resolve(a)
    await alerts.look()

    await alerts.house.send()
    states = [row["state"] for row in await alerts.house.deliveries()]
    assert states == ["failed", "waiting"], "the end waits for the beginning"

    for _ in range(2):
        await alerts.house.bring_forward()
        await alerts.house.send()
    await alerts.house.bring_forward()
    await alerts.house.send()
    told = [call.json()["event"] for call in sink.calls("/fails")]
    assert told[:2] == ["alert.firing", "alert.firing"]
    assert set(told[2:]) == {"alert.resolved"}


async def test_a_channel_is_not_told_more_than_it_takes(alerts: Alerts) -> None:
    config = {"most_messages": 2}
    await alerts.house.channel("ops", config=config, secret={"url": "https://a.example"})
    for number in range(4):
        await alerts.fire(await alerts.rule(f"rule {number}"))
    await alerts.look()
    await alerts.look()

    rows = await alerts.house.deliveries()
    assert sorted((row["event"], row["state"]) for row in rows) == [
        ("alert.firing", "folded"),
        ("alert.firing", "folded"),
        ("alert.firing", "waiting"),
        ("alert.firing", "waiting"),
        ("more", "waiting"),
    ]
