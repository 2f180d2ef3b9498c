"""Composition root of the API: what is opened, in which order, and what makes it ready."""

from __future__ import annotations

from contextlib import AsyncExitStack

from services.api import background, connections
from services.api.access.first_start import ensure_admin
from services.api.access.oidc.provider import Provider
from services.api.bus.accounts import RuntimeDesk
from services.api.bus.announce import OUTBOX
from services.api.bus.notifier_line import BusNotifier
from services.api.bus.runtime_line import BusRuntimes
from services.api.bus.scheduler_line import BusLine
from services.api.bus.scripts import ScriptDesk
from services.api.bus.sync import answer_scheduler
from services.api.events.finding import EventFinder
from services.api.events.stream import BusEvents
from services.api.metrics import Samples
from services.api.parts import ApiParts
from services.api.platform.answering import ActionDesk
from services.api.platform.commands import COMMANDS, by_name
from services.api.readiness import ANSWERING, Readiness
from services.api.serving import web_server
from services.api.settings import ApiSettings
from services.api.store.database import Database
from shared.bus import topology
from shared.bus.connection import client_of
from shared.bus.publisher import Publisher
from shared.bus.watch import Watch
from shared.outbox.relay import Relay
from shared.runtime.action_catalog import action_catalog
from shared.runtime.conditions import Conditions
from shared.runtime.key_file import find_box
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service


async def build(settings: ApiSettings, stack: AsyncExitStack) -> Parts:
    """Open everything and return the service's parts."""
    await ensure_admin(settings.database, settings.admin_name, settings.admin_password_file)
    most = settings.database_connections
    database = Database(await connections.pool(settings, stack, "api", min_size=2, max_size=most))

    conditions = Conditions()
    stack.push_async_callback(conditions.close)
    broker = connections.broker(settings, stack)
    answer_scheduler(broker, database)
    finder = EventFinder(conditions)
    commands = {**COMMANDS, **by_name(finder.commands)}
    desks = (ActionDesk(database, commands), RuntimeDesk(database), ScriptDesk(database))
    for desk in desks:
        desk.register(broker)
    await broker.connect()
    client = client_of(broker)
    watch = Watch(client, [topology.API_ACCOUNT_STATES], [topology.KV_SCRIPTS])
    await watch.settled()  # the subscribers need their consumers
    await broker.start()
    events = finder.stream = BusEvents(client)

    pool, publisher = await connections.pool(settings, stack, "api-relay"), Publisher(client)
    relay = Loop("relay", Relay(pool, publisher, OUTBOX).step)
    for desk in desks:
        desk.on_written = relay.wake
    parts = ApiParts(
        database=database,
        catalog=action_catalog(),
        wake_relay=relay.wake,
        scheduler=BusLine(client),
        runtimes=BusRuntimes(client),
        notifier=BusNotifier(client),
        origin=settings.origin,
        traces=settings.traces,
        rates=settings.rates,
        oidc=await _provider(settings, stack),
        trusted=settings.trusted,
        box=find_box(settings.secret_key.get_secret_value(), settings.home),
        events=events,
        conditions=conditions,
        checks=Readiness(database, client, relay, publisher.storing).checks,
    )
    return Parts(
        loops=background.loops(settings, database, watch, relay),
        checks=parts.checks,
        answering=ANSWERING,
        web=web_server(settings, parts),
        samples={"api": Samples(database).take},
    )


async def _provider(settings: ApiSettings, stack: AsyncExitStack) -> Provider | None:
    config = settings.oidc
    if config is None:
        return None
    provider = Provider(config)
    stack.push_async_callback(provider.close)
    return provider


def main() -> None:
    """Run the API until it is told to stop."""
    settings = ApiSettings()
    run_service("api", settings, lambda stack: build(settings, stack))
