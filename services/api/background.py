"""What the API does beside answering: its loops, in the order of starting."""

from __future__ import annotations

from services.api.access.audit_sealing import Sealer
from services.api.bus.forget import Forgetter
from services.api.bus.insist import Insister
from services.api.settings import ApiSettings
from services.api.store.database import Database
from services.api.tasks.bulk_worker import BulkWorker
from shared.bus.watch import Watch
from shared.runtime.action_catalog import action_catalog
from shared.runtime.loop import Loop


def loops(settings: ApiSettings, database: Database, watch: Watch, relay: Loop) -> list[Loop]:
    """Return the loops, that of the outbox's *relay* among them."""
    return [
        relay,
        Loop("watch", watch.step),
        Loop("insist", Insister(database, relay.wake).step),
        Loop("bulk", BulkWorker(database, action_catalog(), relay.wake).step),
        Loop("seal", Sealer(database).step),
        Loop("forget", Forgetter(database, audit_days=settings.audit_days).step),
    ]
