"""An installation in which everything is there once, put back whenever a test wants it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx

from deploy.local.postgres import Postgres
from services.executor.actions.data_backup import DataBackup
from services.executor.actions.script_publish import ScriptPublish
from shared.contracts.runs import RunsRequested
from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api import standing
from tests.integration.api.client import BASE, TASKS, Api, Greet, a_task, running_api
from tests.integration.api.ledger import add_lease, add_run
from tests.integration.api.standing import logged, occurrence
from tests.integration.api.test_dead_runs import died
from tests.support.swept import Swept

HOURLY = {"task_type": "scheduled", "schedule_config": {"cron": "0 * * * *"}}
CALENDAR = {"dates": [{"from": "2030-01-01", "to": "2030-01-02"}]}
MAIL = {"kind": "email", "config": {"to": ["ann@example.com"]}}
SILENCE = {
    "matchers": [{"name": "alertname", "value": "a rule"}],
    "starts_at": "2030-01-01T00:00:00Z",
    "ends_at": "2030-01-02T00:00:00Z",
    "comment": "maintenance",
}
BACKUP, FAILED_BACKUP = UUID(int=1), UUID(int=2)
IDLE, DRAINED = UUID(int=5), UUID(int=6)
RULE, ALERT = UUID(int=3), UUID(int=4)
DELIVERY = UUID(int=5)
VIEW, OPEN_BULK, DONE_BULK = UUID(int=7), UUID(int=8), UUID(int=9)
#: A person, who can log in.
USER = UUID(int=25)
#: A run that ended.
ENDED = UUID(int=29)
A_RULE = {"name": "another", "rule_type": "queue_age", "threshold_value": 60}
BOX = SecretBox.parse(new_key())


@dataclass(frozen=True, slots=True)
class World:
    """An installation in which everything is there once."""

    api: Api
    task: str
    dead: str
    token: str
    silence: str

    def request(self, name: str) -> tuple[str, str, Any]:
        """Return a request that changes something, by the name of its route."""
        runs = {"runs": [{"task_id": self.task, "count": 2}]}
        alert = {"alerts": [{"status": "firing", "fingerprint": "c4a7b2"}]}
        event = {"id": "1", "source": "shop", "type": "metric", "data": {}}
        back = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T05:00:00Z"}
        return {
            "create_task": ("POST", TASKS, a_task(**HOURLY)),
            "update_task": ("PUT", f"{TASKS}/{self.task}", {"name": "another"}),
            "delete_task": ("DELETE", f"{TASKS}/{self.task}", None),
            "create_runs": ("POST", f"{BASE}/automation-runs", runs),
            "create_backfill": ("POST", f"{TASKS}/{self.task}/backfills", back),
            "create_token": ("POST", f"{BASE}/tokens", {"name": "x", "scopes": ["tasks:read"]}),
            "revoke_token": ("DELETE", f"{BASE}/tokens/{self.token}", None),
            "create_user": ("POST", f"{BASE}/users", {"name": "bob", "role": "viewer"}),
            "update_user": ("PUT", f"{BASE}/users/{USER}", {"role": "editor"}),
            "delete_user": ("DELETE", f"{BASE}/users/{USER}", None),
            "unlink_user": ("DELETE", f"{BASE}/users/{USER}/identities", None),
            "create_user_link": ("POST", f"{BASE}/users/{USER}/reset-link", None),
            "put_calendar": ("PUT", f"{BASE}/calendars/other", CALENDAR),
            "delete_calendar": ("DELETE", f"{BASE}/calendars/days", None),
            "put_channel": ("PUT", f"{BASE}/channels/other", MAIL),
            "delete_channel": ("DELETE", f"{BASE}/channels/mail", None),
            "put_queue": ("PUT", f"{BASE}/queues/slow", {"concurrency": 7}),
            "delete_queue": ("DELETE", f"{BASE}/queues/slow", None),
            "pause_queue": ("POST", f"{BASE}/queues/slow/pause", None),
            "resume_queue": ("POST", f"{BASE}/queues/slow/resume", None),
            "put_queue_override": (
                "PUT",
                f"{BASE}/queues/slow/override",
                {"concurrency": 9, "until": "2999-01-01T00:00:00Z"},
            ),
            "delete_queue_override": ("DELETE", f"{BASE}/queues/slow/override", None),
            "drain_executor": ("PUT", f"{BASE}/executors/{IDLE}/drain", {"reason": "disk"}),
            "resume_executor": ("PUT", f"{BASE}/executors/{DRAINED}/resume", None),
            "resend_dead_letter": ("POST", f"{BASE}/dead-letters/1/resend", None),
            "discard_dead_letter": ("POST", f"{BASE}/dead-letters/2/discard", None),
            "create_task_from_template": (
                "POST",
                f"{BASE}/task-templates/backup-nightly/tasks",
                {"parameters": {}},
            ),
            "start_task_bulk": ("POST", f"{BASE}/task-bulk", {"action": "run", "q": ""}),
            "cancel_task_bulk": ("POST", f"{BASE}/task-bulk/{OPEN_BULK}/cancel", None),
            "undo_task_bulk": ("POST", f"{BASE}/task-bulk/{DONE_BULK}/undo", None),
            "create_saved_view": (
                "POST",
                f"{BASE}/saved-views",
                {"name": "late", "page": "tasks", "query": "q=late%3Atrue"},
            ),
            "update_saved_view": ("PUT", f"{BASE}/saved-views/{VIEW}", {"shared": True}),
            "delete_saved_view": ("DELETE", f"{BASE}/saved-views/{VIEW}", None),
            "put_secret": ("PUT", f"{BASE}/secrets/other", {"value": "sesame, open"}),
            "delete_secret": ("DELETE", f"{BASE}/secrets/bank", None),
            "pause_all": ("POST", f"{BASE}/pause", None),
            "resume_all": ("POST", f"{BASE}/resume", None),
            "requeue_dead_run": ("POST", f"{BASE}/dead-runs/{self.dead}/requeue", {}),
            "retry_run": ("POST", f"{BASE}/automation-runs/{ENDED}/retry", {}),
            "requeue_dead_runs": ("POST", f"{BASE}/dead-runs/requeue", {"run_ids": [self.dead]}),
            "discard_dead_runs": ("POST", f"{BASE}/dead-runs/discard", {"run_ids": [self.dead]}),
            "post_events": ("POST", f"{BASE}/events", event),
            "receive_alerts": ("POST", f"{BASE}/alertmanager", alert),
            "create_alert_rule": ("POST", f"{BASE}/alert-rules", A_RULE),
            "update_alert_rule": ("PUT", f"{BASE}/alert-rules/{RULE}", {"enabled": False}),
            "delete_alert_rule": ("DELETE", f"{BASE}/alert-rules/{RULE}", None),
            "acknowledge_alert": ("POST", f"{BASE}/alerts/{ALERT}/acknowledge", None),
            "create_alert_silence": ("POST", f"{BASE}/alert-silences", SILENCE),
            "update_alert_silence": (
                "PUT",
                f"{BASE}/alert-silences/{self.silence}",
                {"comment": "longer"},
            ),
            "expire_alert_silence": (
                "POST",
                f"{BASE}/alert-silences/{self.silence}/expire",
                None,
            ),
            "delete_alert_silence": ("DELETE", f"{BASE}/alert-silences/{self.silence}", None),
            "resend_notification": ("POST", f"{BASE}/notifications/{DELIVERY}/resend", None),
            "delete_backup": ("DELETE", f"{BASE}/backups/{FAILED_BACKUP}", None),
            "verify_backup": ("POST", f"{BASE}/backups/{BACKUP}/verify", None),
            "create_account": ("POST", f"{BASE}/accounts", an_account("new")),
            "update_account": ("PUT", f"{BASE}/accounts/idle", {"tags": ["vip"]}),
            "delete_account": ("DELETE", f"{BASE}/accounts/idle", None),
            "hold_account": ("PUT", f"{BASE}/accounts/idle/hold", {"state": "running"}),
            "release_account": ("DELETE", f"{BASE}/accounts/held/hold", None),
            "start_account": ("POST", f"{BASE}/accounts/idle/start", None),
            "stop_account": ("POST", f"{BASE}/accounts/up/stop", {}),
            "change_accounts": ("POST", f"{BASE}/account-bulk", {"action": "start", "filter": {}}),
            "publish_script": ("POST", f"{BASE}/scripts/approved/publish", {"params": {}}),
            "create_script": ("POST", f"{BASE}/scripts", a_script("new")),
            "update_script": ("PUT", f"{BASE}/scripts/draft", {"name": "another"}),
            "delete_script": ("DELETE", f"{BASE}/scripts/draft", None),
            "submit_script": ("POST", f"{BASE}/scripts/draft/submit", None),
            "approve_script": ("POST", f"{BASE}/scripts/reviewing/approve", {}),
            "reject_script": ("POST", f"{BASE}/scripts/reviewing/reject", {"comment": "no"}),
            "disable_script": ("POST", f"{BASE}/scripts/draft/disable", None),
            "update_alert_settings": ("PUT", f"{BASE}/alert-settings", {"group_by": []}),
        }[name]

    async def send(self, name: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - of httpx
        method, path, body = self.request(name)
        return await self.api.http.request(method, path, json=body, **more)

    async def digest(self) -> dict[str, str]:
        """Return what is in every table there is."""
        names = await self.api.pool.fetch(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = await self.api.pool.fetch(
            " UNION ALL ".join(
                f"SELECT '{name}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608, E501 - names of the catalogue
                f" AS digest FROM {name} t"
                for (name,) in names
            )
        )
        return {row["name"]: row["digest"] for row in rows}


@dataclass(frozen=True, slots=True)
class Worlds:
    """The same world as often as it is wanted."""

    swept: Swept
    first: World

    @asynccontextmanager
    async def one(self) -> AsyncIterator[World]:
        """Serve the world as it was made, whatever was done to the one before."""
        async with serving(await self.swept.sweep()) as api:
            await api.http.get(f"{BASE}/pause")  # when its token was used first is noted
            yield replace(self.first, api=api)


@asynccontextmanager
async def making_worlds(server: Postgres) -> AsyncIterator[Worlds]:
    """Make one of each thing."""
    async with Swept(server) as swept:
        async with serving(await swept.sweep()) as api:
            first = await furnished(api)
        await swept.remember()
        yield Worlds(swept, first)


@asynccontextmanager
async def serving(dsn: str) -> AsyncIterator[Api]:
    catalog = {
        "greet": Greet(),
        "data_backup": DataBackup(),
        "script_publish": ScriptPublish(),
    }
    async with running_api(dsn, catalog=catalog, box=BOX) as api:
        yield api


async def furnished(api: Api) -> World:
    task = (await api.create(**HOURLY, queue="slow"))["id"]
    await add_lease(api, await add_run(api, task, queue="slow"), task)
    await add_run(api, task, queue="slow", held=True, waits_for="overlap")
    await api.http.put(f"{BASE}/queues/slow", json={"concurrency": 2})
    await api.http.post(f"{BASE}/queues/slow/pause")
    await add_operations(api)
    await api.http.put(f"{BASE}/calendars/days", json=CALENDAR)
    await api.http.put(f"{BASE}/channels/mail", json=MAIL)
    await api.http.put(f"{BASE}/secrets/bank", json={"value": "sesame, open"})
    for name in ("idle", "held", "up"):
        await api.http.post(f"{BASE}/accounts", json=an_account(name))
    await api.http.put(f"{BASE}/accounts/held/hold", json={"state": "running"})
    await api.http.post(f"{BASE}/accounts/up/start")
    for name in ("draft", "reviewing", "approved"):
        await api.http.post(f"{BASE}/scripts", json=a_script(name))
    for verb in ("submit", "approve"):
        await api.http.post(f"{BASE}/scripts/approved/{verb}")
    await api.http.post(f"{BASE}/scripts/reviewing/submit")
    publishes = {"action_config": {"script_id": "approved"}, "task_action": "script_publish"}
    await api.create(name="publishing", **publishes)
    token = await api.http.post(f"{BASE}/tokens", json={"name": "t", "scopes": ["tasks:read"]})
    silence = await api.http.post(f"{BASE}/alert-silences", json=SILENCE)
    await add_user(api)
    await add_backups(api)
    await add_alert(api)
    await add_delivery(api)
    await add_pages(api, task)
    await occurrence(api, task, run_id=ENDED, settled=True)
    await logged(api, ENDED, task)
    return World(api, task, await died(api, task), token.json()["id"], silence.json()["id"])


async def add_operations(api: Api) -> None:
    """Add two executors, one of them drained, and two dead letters."""
    for identity in (IDLE, DRAINED):
        await standing.executor(api, executor_id=identity)
    await api.http.put(f"{BASE}/executors/{DRAINED}/drain")
    for name in ("one", "two"):
        await api.pool.execute(
            "INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload)"
            " VALUES ($1, 'REQUESTS', 'run.request.api', 'unreadable', $2)",
            name,
            RunsRequested(requests=()).encode(),
        )


async def add_user(api: Api) -> None:
    """Add somebody who comes through a provider, and has chosen no password yet."""
    made = await api.http.post(f"{BASE}/users", json={"name": "ann", "role": "viewer"})
    await api.pool.execute("DELETE FROM api.password_links")
    identity = UUID(made.json()["user"]["id"])
    await api.pool.execute("UPDATE api.users SET id = $1 WHERE id = $2", USER, identity)
    await api.pool.execute(
        "INSERT INTO api.identities (issuer, subject, user_id) VALUES ($1, 'ann', $2)",
        "https://login.example",
        USER,
    )


async def add_backups(api: Api) -> None:
    """Add a stored backup, and one that failed."""
    task = UUID((await api.create(name="backups", task_action="data_backup"))["id"])
    for identity, state in ((BACKUP, "verified"), (FAILED_BACKUP, "failed")):
        await api.pool.execute(
            "INSERT INTO api.backups"
            " (id, run_id, task_id, source, method, storage, location, state)"
            " VALUES ($1, $1, $2, 'db', 'pg_dump_custom', 'folder', 'system', $3)",
            identity,
            task,
            state,
        )


async def add_alert(api: Api) -> None:
    """Add an alert rule, and an alert of it that fires."""
    made = await api.http.post(f"{BASE}/alert-rules", json={**A_RULE, "name": "a rule"})
    await api.pool.execute(
        "UPDATE api.alert_rules SET id = $1 WHERE id = $2", RULE, UUID(made.json()["id"])
    )
    await api.pool.execute(
        "INSERT INTO api.alerts (id, rule_id, rule_name, fingerprint, state, level, series, labels,"
        "  annotations, active_at, met_at, met_samples, unmet_samples, fired_at, evaluated_at)"
        " VALUES ($1, $2, 'a rule', 'f', 'firing', 'error', '{}', '{}', '{}', now(), now(), 1, 0,"
        "  now(), now())",
        ALERT,
        RULE,
    )


async def add_delivery(api: Api) -> None:
    """Add a message that was told."""
    await api.pool.execute(
        "INSERT INTO notify.deliveries (id, run_id, task_id, event, channel, facts, state)"
        " VALUES ($1, $1, $1, 'failure', 'ann@example.com', '{}', 'sent')",
        DELIVERY,
    )


async def add_pages(api: Api, task: str) -> None:
    """Add what the list of tasks keeps: a view, and changes of many tasks."""
    await api.pool.execute(
        "INSERT INTO api.saved_views (id, owner, owner_name, page, name, query)"
        " VALUES ($1, 'user:x', 'ann', 'tasks', 'failing', 'q=failing%3Atrue')",
        VIEW,
    )
    await api.pool.execute(
        "INSERT INTO api.task_bulks (id, action, total, actor, finished_at)"
        " VALUES ($1, 'disable', 1, 'ann', NULL), ($2, 'disable', 1, 'ann', now())",
        OPEN_BULK,
        DONE_BULK,
    )
    await api.pool.execute(
        "INSERT INTO api.task_bulk_items (bulk_id, place, task_id, name, state, version)"
        " VALUES ($1, 1, $2, 'a task', 'done', 1)",
        DONE_BULK,
        UUID(task),
    )


def an_account(name: str) -> dict[str, Any]:
    return {"account_id": name, "display_name": name}


def a_script(name: str) -> dict[str, Any]:
    text = "name: x\nsteps:\n  - {id: hello, reply: hello}\n"
    return {"script_id": name, "name": name, "yaml_content": text}
