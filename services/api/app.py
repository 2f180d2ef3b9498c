"""Composition root of the API: what is opened, in which order, and what makes it ready."""

from __future__ import annotations

from contextlib import AsyncExitStack

from services.api.access.first_start import ensure_admin
from services.api.bus.accounts import RuntimeDesk
from services.api.bus.announce import OUTBOX
from services.api.bus.forget import Forgetter
from services.api.bus.insist import Insister
from services.api.bus.notifier_line import BusNotifier
from services.api.bus.runtime_line import BusRuntimes
from services.api.bus.scheduler_line import BusLine
from services.api.bus.scripts import ScriptDesk
from services.api.bus.sync import answer_scheduler
from services.api.events.finding import EventFinder
from services.api.events.stream import BusEvents
from services.api.parts import ApiParts
from services.api.platform.answering import ActionDesk
from services.api.platform.commands import COMMANDS, by_name
from services.api.readiness import Readiness
from services.api.serving import web_server
from services.api.settings import ApiSettings
from services.api.store.database import Database
from services.api.tasks.bulk_worker import BulkWorker
from shared.bus import topology
from shared.bus.connection import Guard, client_of, close, make_broker
from shared.bus.publisher import Publisher
from shared.bus.watch import Watch
from shared.db.pool import Pool, open_pool
from shared.outbox.relay import Relay
from shared.runtime.action_catalog import action_catalog
from shared.runtime.conditions import Conditions
from shared.runtime.key_file import find_box
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service


async def build(settings: ApiSettings, stack: AsyncExitStack) -> Parts:
    """Open everything and return the service's parts."""
    await ensure_admin(settings.database_url, settings.admin_name, settings.admin_password_file)
    connections = settings.database_connections
    database = Database(await _pool(settings, stack, "api", min_size=2, max_size=connections))

    guard = Guard()
    broker = make_broker(settings.nats_url, name=f"api:{settings.instance}", guard=guard)
    answer_scheduler(broker, database)
    conditions = Conditions()
    stack.push_async_callback(conditions.close)
    finder = EventFinder(conditions)
    commands = {**COMMANDS, **by_name(finder.commands)}
    desks = (ActionDesk(database, commands), RuntimeDesk(database), ScriptDesk(database))
    for desk in desks:
        desk.register(broker)
    await broker.start()
    stack.push_async_callback(lambda: close(broker.stop()))
    stack.callback(lambda: setattr(guard, "stopping", True))
    client = client_of(broker)
    events = finder.stream = BusEvents(client)

    relay_pool = await _pool(settings, stack, "api-relay")
    relay = Loop("relay", Relay(relay_pool, Publisher(client), OUTBOX).step)
    for desk in desks:
        desk.on_written = relay.wake
    watch = Loop("watch", Watch(client, [topology.API_ACCOUNT_STATES], [topology.KV_SCRIPTS]).step)
    forget = Loop("forget", Forgetter(database, audit_days=settings.audit_days).step)
    insist = Loop("insist", Insister(database, relay.wake).step)
    bulk = Loop("bulk", BulkWorker(database, action_catalog(), relay.wake).step)

    checks = Readiness(client, relay)
    parts = ApiParts(
        database=database,
        catalog=action_catalog(),
        wake_relay=relay.wake,
        scheduler=BusLine(client),
        runtimes=BusRuntimes(client),
        notifier=BusNotifier(client),
        origin=settings.origin,
        box=find_box(settings.secret_key.get_secret_value(), settings.home),
        events=events,
        conditions=conditions,
        checks={"postgres": database.ping, "nats": checks.bus, "relay": checks.relay},
    )
    web = web_server(settings, parts)
    return Parts(loops=[relay, watch, insist, bulk, forget], checks=parts.checks, web=web)


async def _pool(
    settings: ApiSettings, stack: AsyncExitStack, name: str, *, min_size: int = 1, max_size: int = 4
) -> Pool:
    pool = await open_pool(
        settings.database_url,
        name=f"{name}:{settings.instance}",
        pooled=settings.database_pooled,
        min_size=min_size,
        max_size=max_size,
    )
    stack.push_async_callback(pool.close)
    return pool


def main() -> None:
    """Run the API until it is told to stop."""
    settings = ApiSettings()
    run_service("api", settings, lambda stack: build(settings, stack))
