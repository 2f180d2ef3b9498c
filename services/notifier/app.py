"""The composition root of the notifier: settings and connections in, a running notifier out."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from services.notifier import handlers
from services.notifier.channels.alertmanager import Alertmanager
from services.notifier.channels.chat import Chat
from services.notifier.channels.email import Email
from services.notifier.channels.http_post import HttpPost
from services.notifier.channels.webhook import Webhook
from services.notifier.judge import Judge
from services.notifier.loops.alerts import AlertTeller
from services.notifier.loops.pruner import Pruner
from services.notifier.loops.readers import (
    LateReader,
    RunReader,
    occurrence_reader,
    silence_reader,
)
from services.notifier.loops.resender import Resender
from services.notifier.loops.sender import Sender
from services.notifier.metrics import Samples
from services.notifier.post_office import PostOffice
from services.notifier.settings import NotifierSettings
from services.notifier.store.alert_groups import AlertGroupStore
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore
from services.notifier.store.sources import SourceStore
from shared.bus.access import access_of
from shared.bus.connection import Guard, client_of, close, make_broker
from shared.contracts.notifications import ChannelKind
from shared.db.clocks import Clocks
from shared.db.pool import open_pool
from shared.db.schema import Schema
from shared.egress.guard import AllowList
from shared.runtime.clock import utc_now
from shared.runtime.key_file import find_box
from shared.runtime.loop import Loop
from shared.runtime.paced import Paced
from shared.runtime.process import Parts, run_service


def main() -> None:
    """Run one notifier until it is told to stop."""
    settings = NotifierSettings()
    run_service("notifier", settings, lambda stack: build(settings, stack))


async def build(settings: NotifierSettings, stack: AsyncExitStack) -> Parts:
    """Connect to the servers and return what runs on them."""
    name = f"notifier:{settings.instance}"
    pool = await open_pool(
        settings.database, name=name, max_size=6, pooled=settings.database_pooled
    )
    stack.push_async_callback(pool.close)
    deliveries, judgements = DeliveryStore(pool), JudgementStore(pool)
    keep = timedelta(days=settings.retention_notice_days)
    sources = SourceStore(pool)
    office = _office(settings, stack, deliveries)
    sender = Sender(deliveries, office, slots=settings.sender_slots)
    stack.push_async_callback(sender.finish)  # before what it sends through is closed

    guard = Guard()
    access = access_of("notifier", settings)
    broker = make_broker(settings.nats_url, name=name, guard=guard, access=access)
    await broker.connect()
    stack.push_async_callback(lambda: close(broker.stop()))
    stack.callback(lambda: setattr(guard, "stopping", True))
    sending = Loop("sender", sender.step)
    judge = Judge(sources, judgements, sending.wake)
    reading = Paced("runs", RunReader(sources, judge).step, rests=9)
    handlers.register(broker, handlers.Room(office=office, now=utc_now))
    await broker.start()
    client = client_of(broker)
    await handlers.take_hints(client, reading.hint)
    return Parts(
        loops=(
            sending,
            Loop("resender", Resender(deliveries, sending.wake).step),
            Loop("pruner", Pruner(judgements, deliveries, keep, Clocks(pool, utc_now)).step),
            reading.loop,
            Loop("occurrences", occurrence_reader(sources, judge).step),
            Loop("silences", silence_reader(sources, judge).step),
            Loop("late", LateReader(sources, judge).step),
            Loop("alerts", AlertTeller(AlertGroupStore(pool), sending.wake).step),
        ),
        checks={
            "database": Schema(pool, "notify.notifier_migrations").check,
            "bus": partial(client.flush, 2),
        },
        samples={"deliveries": Samples(pool).take},
    )


def _office(
    settings: NotifierSettings, stack: AsyncExitStack, deliveries: DeliveryStore
) -> PostOffice:
    http = HttpPost(AllowList.parse(settings.egress_allow))
    stack.push_async_callback(http.close)
    schemes = [each.strip() for each in settings.apprise_schemes.split(",")]
    return PostOffice(
        deliveries,
        {
            ChannelKind.EMAIL: Email(settings.smtp, settings.smtp_from),
            ChannelKind.WEBHOOK: Webhook(http, time.time),
            ChannelKind.ALERTMANAGER: Alertmanager(http),
            ChannelKind.APPRISE: Chat(schemes),
        },
        box=find_box(settings.secret_key.get_secret_value(), settings.home),
        public_url=settings.public_url,
        language=settings.notify_language,
    )
