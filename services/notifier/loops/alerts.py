"""Put alerts that fire into groups, and tell the groups whose time has come.

Nothing is heard over the bus and nothing is read in order: what is told follows from how the alerts
stand now and from what was told before, so an outage of the notifier loses no alert that still
fires, and no end of one that was told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from services.notifier.allowance import Ordered
from services.notifier.grouping import Group, Outcome, group_of, look
from services.notifier.ordering import order
from services.notifier.store.alert_groups import AlertGroupStore, New

INTERVAL = timedelta(seconds=1)
#: Alerts that are put into groups in one step, ...
ALERTS = 500
#: ... and groups that are looked at.
GROUPS = 20


class AlertTeller:
    """One step: new alerts, then groups."""

    def __init__(self, store: AlertGroupStore, wake_sender: Callable[[], None]) -> None:
        self._store = store
        self._wake_sender = wake_sender

    async def step(self) -> timedelta:
        """Look once."""
        entered = await self._enter()
        looked = await self._look()
        full = entered == ALERTS or looked == GROUPS
        return timedelta(0) if full else INTERVAL

    async def _enter(self) -> int:
        new = await self._store.new(ALERTS)
        if not new:
            return 0
        settings, now = await self._store.settings()
        groups: dict[UUID, Group] = {}
        members: dict[UUID, list[New]] = {}
        for each in new:
            group = group_of(each.channel, each.part, settings, now)
            first = groups.setdefault(group.id, group)
            if group.flush_at < first.flush_at:
                groups[group.id] = group
            members.setdefault(group.id, []).append(each)
        await self._store.enter(groups, members)
        return len(new)

    async def _look(self) -> int:
        async with self._store.looking() as transaction:
            groups = await transaction.due(GROUPS)
            if not groups:
                return 0
            settings, now = await transaction.settings()
            groups = await transaction.filled(groups, now)
            mutes = await transaction.mutes(settings, now)
            outcomes = [look(group, settings, mutes, now) for group in groups]
            for outcome in outcomes:
                await transaction.keep(outcome.group, now)
            messages = [_message(each) for each in outcomes if each.letter]
            if messages:
                await order(transaction.judgement, messages)
        if messages:
            self._wake_sender()
        return len(groups)


def _message(outcome: Outcome) -> Ordered:
    letter = outcome.letter
    assert letter is not None  # noqa: S101 - of the others no message is made
    return Ordered(
        id=uuid4(),
        run_id=None,
        task_id=None,
        event=letter.event,
        channel=outcome.group.channel,
        facts=letter.model_dump_json(),
        group_id=outcome.group.id,
    )
