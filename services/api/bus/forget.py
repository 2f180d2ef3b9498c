"""Forgets what was kept for some days only.

Answers for `Idempotency-Key`, which events were taken, which triggered tasks have changed, account
runtimes that are not heard any more, accounts that were deleted, alerts and silences that have long
been over, sessions and links that ran out, tries to log in, decisions on dead runs and letters that
the log has forgotten; and who changed what, after more than a year.
"""

from __future__ import annotations

from datetime import timedelta

from services.api.store import (
    account_runtimes,
    account_states,
    alert_silences,
    alerts,
    audit,
    dead_letters,
    dead_runs,
    events,
    idempotency,
    login_attempts,
    oidc_logins,
    password_links,
    resends,
    sessions,
    task_bulks,
    trigger_changes,
)
from services.api.store.database import Database

BATCH = 1_000
REST = timedelta(minutes=10)
#: More than a year, so that the same day of last year can be looked up.
AUDIT_DAYS = 400


class Forgetter:
    """One step: a batch; straight on if there is more."""

    def __init__(self, database: Database, *, audit_days: int = AUDIT_DAYS) -> None:
        self._database = database
        self._audit_days = audit_days

    async def step(self) -> timedelta:
        """Remove one batch."""
        async with self._database.connection() as connection:
            kept = (
                *(idempotency, events, trigger_changes, account_runtimes, account_states),
                *(alerts, alert_silences, resends, task_bulks),
                *(sessions, password_links, login_attempts, oidc_logins),
                *(dead_runs, dead_letters),
            )
            removed = [await each.forget(connection, BATCH) for each in kept]
            removed.append(await audit.forget(connection, BATCH, days=self._audit_days))
        return timedelta(0) if BATCH in removed else REST
