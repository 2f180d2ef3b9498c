"""What must not happen, whoever gets hold of a service: tried as that service.

Said here in words, and not read from the statement of rights: whoever changes that one, thinks of
these.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest

from shared.db.pool import connected
from tests.support.roles import under

DENIED = asyncpg.InsufficientPrivilegeError

#: Role -> statements that it is refused.
FORBIDDEN = [
    ("executor", "SELECT password_hash FROM api.users"),
    ("executor", "SELECT secret_hash FROM api.tokens"),
    ("executor", "SELECT secret_hash FROM api.sessions"),
    ("executor", "SELECT * FROM api.secrets"),
    ("executor", "SELECT secret FROM api.channels"),
    ("executor", "SELECT * FROM scheduler.occurrences"),
    ("executor", "UPDATE scheduler.occurrences SET outcome = 'fired'"),
    ("executor", "UPDATE scheduler.jobs SET action_config = '{}'"),
    ("executor", "UPDATE scheduler.executor_cancels SET cancel_reason = ''"),
    ("executor", "INSERT INTO log.runs DEFAULT VALUES"),
    ("executor", "SELECT log.record_ends('{}')"),
    ("executor", "SELECT * FROM api.audit"),
    ("scheduler", "UPDATE executor.leases SET outcome = 'success'"),
    ("scheduler", "SELECT executor.store_ends(gen_random_uuid(), '{}')"),
    ("scheduler", "UPDATE executor.scheduler_leases SET outcome = 'success'"),
    ("scheduler", "SELECT report FROM executor.leases"),
    ("scheduler", "SELECT password_hash FROM api.users"),
    ("scheduler", "SELECT sealed FROM api.executor_secrets"),
    ("scheduler", "UPDATE api.tasks SET enabled = false"),
    ("log_writer", "DELETE FROM log.runs"),
    ("log_writer", "DELETE FROM log.lines"),
    ("log_writer", "UPDATE log.lines SET text = ''"),
    ("log_writer", "TRUNCATE log.runs"),
    ("log_writer", "UPDATE executor.leases SET outcome = 'success'"),
    ("log_writer", "SELECT log.record_ends('{}')"),
    ("log_writer", "SELECT * FROM api.users"),
    ("notifier", "SELECT sealed FROM api.executor_secrets"),
    ("notifier", "SELECT sealed FROM api.secrets"),
    ("notifier", "SELECT * FROM api.users"),
    ("notifier", "SELECT text FROM log.lines"),
    ("notifier", "UPDATE api.channels SET config = '{}'"),
    ("api", "UPDATE api.audit SET actor = 'somebody else'"),
    ("api", "DELETE FROM api.audit"),
    ("api", "TRUNCATE api.audit"),
    ("api", "UPDATE api.tokens SET scopes = '{admin}'"),
    ("api", "UPDATE api.tokens SET expires_at = NULL"),
    ("api", "UPDATE log.runs SET status = 'success'"),
    ("api", "UPDATE scheduler.occurrences SET outcome = 'fired'"),
    ("api", "UPDATE executor.leases SET outcome = 'success'"),
    ("api", "DELETE FROM notify.deliveries"),
    ("backup", "UPDATE api.tasks SET enabled = false"),
    ("backup", "DELETE FROM api.audit"),
    ("backup", "INSERT INTO api.users DEFAULT VALUES"),
]


async def test_all_of_it_is_refused(database: str) -> None:
    done = []
    for role in {each for each, _ in FORBIDDEN}:
        async with connected(under(database, role)) as connection:
            for statement in (said for each, said in FORBIDDEN if each == role):
                with suppress(DENIED):
                    await connection.execute(statement)
                    done.append((role, statement))
    assert done == []


async def test_a_final_row_of_the_log_is_final_for_everybody(database: str) -> None:
    run = uuid4()
    async with connected(under(database, "log_writer")) as writer:
        await writer.execute(
            "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt,"
            " scheduled_for, started_at, executor)"
            " VALUES ($1, $1, 'manual', 'running', false, 1, now(), now(), 'e')",
            run,
        )
        await writer.execute(
            "UPDATE log.runs SET status = 'failure', final = true WHERE run_id = $1", run
        )
        with pytest.raises(asyncpg.RestrictViolationError, match="final"):
            await writer.execute("UPDATE log.runs SET status = 'success' WHERE run_id = $1", run)
    async with connected(database) as owner:
        with pytest.raises(asyncpg.RestrictViolationError, match="final"):
            await owner.execute("UPDATE log.runs SET final = false WHERE run_id = $1", run)
        assert await owner.fetchval("SELECT status FROM log.runs") == "failure"


async def test_a_scheduler_keeps_a_lease_as_it_is_and_can_change_nothing_of_it(
    database: str,
) -> None:
    run = uuid4()
    async with connected(database) as owner:
        await owner.execute(
            "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
            " VALUES ($1, $1, 1, $1, now())",
            run,
        )
        async with connected(under(database, "scheduler")) as scheduler, scheduler.transaction():
            await scheduler.fetch("SELECT FROM executor.scheduler_leases l FOR SHARE OF l")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await owner.fetch("SELECT FROM executor.leases FOR UPDATE NOWAIT")
    async with connected(under(database, "scheduler")) as scheduler:
        with pytest.raises(asyncpg.PostgresError, match="cannot update column"):
            await scheduler.execute("UPDATE executor.scheduler_leases SET locked = true")


async def test_backups_read_every_table_and_what_comes_later(database: str) -> None:
    async with connected(database) as owner:
        await owner.execute("CREATE TABLE log.later (id bigint GENERATED ALWAYS AS IDENTITY)")
        rows = await owner.fetch(
            "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'S')"
            " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        )
        await owner.execute("GRANT USAGE ON SCHEMA public TO automation_backup")
    async with connected(under(database, "backup")) as backup:
        for row in rows:
            await backup.fetch(f"SELECT * FROM {row['name']} LIMIT 1")  # noqa: S608 - from the catalog


async def test_summarizing_and_forgetting_are_for_those_who_do_it(database: str) -> None:
    async with connected(under(database, "log_writer")) as writer:
        await writer.execute("SELECT log.summarize_runs()")
        with pytest.raises(DENIED):
            await writer.execute("SELECT api.forget_audit(400, 10)")
    async with connected(under(database, "api")) as api:
        await api.execute("SELECT api.forget_audit(400, 10)")
        with pytest.raises(asyncpg.PostgresError, match="30 days"):
            await api.execute("SELECT api.forget_audit(1, 10)")
        with pytest.raises(DENIED):
            await api.execute("SELECT log.summarize_runs()")
