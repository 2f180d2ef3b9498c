"""What the API counts, and what it looks up in its tables now and then."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from services.api.store.database import Database
from services.api.store.samples import MOST_COUNTED, look
from shared.runtime.metrics import QUICK_BUCKETS, REGISTRY, Bounded, Counts

REQUESTS = Counter(
    "automation_http_requests_total",
    "Requests that were answered, by method, route and class of status.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "automation_http_request_seconds",
    "How long it took until the answer to a request began, by method and route.",
    ["method", "route"],
    buckets=QUICK_BUCKETS,
    registry=REGISTRY,
)
IN_FLIGHT = Gauge(
    "automation_http_requests_in_flight",
    "Requests that are being answered, live streams included.",
    registry=REGISTRY,
)
OUTBOX = Gauge(
    "automation_outbox_messages",
    f"Messages in the outbox that are still to be published, at most {MOST_COUNTED:,}; alike from"
    " every API.",
    registry=REGISTRY,
)
OUTBOX_OLDEST = Gauge(
    "automation_outbox_oldest_seconds",
    "How long the oldest message waits in the outbox to be published.",
    registry=REGISTRY,
)
OUTBOX_UNHEARD = Gauge(
    "automation_outbox_unheard_messages",
    f"Messages that were published and whose effect is awaited, at most {MOST_COUNTED:,}.",
    registry=REGISTRY,
)
ACCOUNTS = Gauge(
    "automation_accounts",
    "Accounts of the platform, by the state that their runtimes tell.",
    ["state"],
    registry=REGISTRY,
)
RUNTIMES = Gauge(
    "automation_account_runtimes_live",
    "Account runtimes that gave a sign of life within half a minute.",
    registry=REGISTRY,
)
DEAD_RUNS = Gauge(
    "automation_dead_runs_open",
    f"Dead runs that nobody has decided about, at most {MOST_COUNTED:,}.",
    registry=REGISTRY,
)
DEAD_LETTERS = Gauge(
    "automation_dead_letters_open",
    f"Dead letters that nobody has decided about, at most {MOST_COUNTED:,}.",
    registry=REGISTRY,
)
ALERTS = Gauge(
    "automation_alerts_firing",
    "Alerts of the platform's own rules that fire.",
    registry=REGISTRY,
)
PAUSED = Gauge(
    "automation_all_paused",
    "1 if an operator has paused everything.",
    registry=REGISTRY,
)
BACKUP_AT = Gauge(
    "automation_backup_timestamp_seconds",
    "When the newest good backup was made; 0: there is none.",
    registry=REGISTRY,
)

_ACCOUNTS = Counts(ACCOUNTS, Bounded(20))

#: What our page and our clients use; any other word is somebody's own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Of what meets no route.
NO_ROUTE = "none"


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer."""
    method = method if method in _METHODS else "other"
    REQUESTS.labels(method, route, f"{status // 100}xx").inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)


class Samples:
    """Looks up in the API's tables what no counter can tell."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self) -> None:
        """Look once."""
        async with self._database.connection() as connection:
            sample = await look(connection)
        OUTBOX.set(sample.outbox)
        OUTBOX_OLDEST.set(sample.outbox_oldest)
        OUTBOX_UNHEARD.set(sample.unheard)
        RUNTIMES.set(sample.runtimes)
        DEAD_RUNS.set(sample.dead_runs)
        DEAD_LETTERS.set(sample.dead_letters)
        ALERTS.set(sample.alerts)
        PAUSED.set(sample.paused)
        BACKUP_AT.set(sample.backup_at)
        _ACCOUNTS.tell(sample.accounts)
