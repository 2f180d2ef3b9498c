"""What a database must be told that went back in time, or lives on another server now.

    generations    runtimes act on the highest generation of an account that they heard of. The
                   database has forgotten some: they go on above all that can have been said
    revisions      are numbers of transactions, of a server that is not this one
    sessions       end: one that was revoked since would be open again. People log in anew
    leases         of executors that are gone run out at once; their runs get their next attempt

Fires between the backup and now are made up by the misfire policy of their tasks, under the ids
that they would have had; what had run and was forgotten runs again under the same id.
"""

from __future__ import annotations

from shared.db.pool import Connection

# The time of the restore in ms: more than any count of changes since, also if the same backup is
# restored a second time.
_ACCOUNTS = """
UPDATE api.accounts SET generation = generation
    + (extract(epoch FROM clock_timestamp()) * 1000)::bigint
"""
_ACCOUNTS_GONE = _ACCOUNTS.replace("api.accounts", "api.accounts_gone")
_JOBS = """
UPDATE scheduler.jobs SET trigger_revision = pg_current_xact_id() WHERE trigger_revision IS NOT NULL
"""
_CHANGES = "UPDATE api.trigger_changes SET revision = pg_current_xact_id()"
_SESSIONS = "UPDATE api.sessions SET ended_at = clock_timestamp() WHERE ended_at IS NULL"
_LEASES = "UPDATE executor.leases SET lease_until = clock_timestamp() WHERE outcome IS NULL"
#: Whoever is listed is gone; those that run list themselves.
_EXECUTORS = "DELETE FROM executor.executors"
_RUNTIMES = "DELETE FROM api.account_runtimes"


async def mend(connection: Connection) -> dict[str, int]:
    """Do all of it in one transaction; return how many rows each concerned."""
    steps = {
        "accounts": _ACCOUNTS,
        "deleted accounts": _ACCOUNTS_GONE,
        "triggers": _JOBS,
        "changes of triggers": _CHANGES,
        "sessions": _SESSIONS,
        "leases": _LEASES,
        "executors": _EXECUTORS,
        "runtimes": _RUNTIMES,
    }
    async with connection.transaction():
        return {
            name: int((await connection.execute(sql)).split()[-1]) for name, sql in steps.items()
        }
