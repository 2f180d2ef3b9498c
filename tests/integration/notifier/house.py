"""A notifier in this process on real servers, and the facts that it hears.

Its loops are stepped by the tests; nothing waits for time to pass.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.local import ports
from services.notifier.channels.alertmanager import Alertmanager
from services.notifier.channels.chat import Chat
from services.notifier.channels.email import Email, SmtpServer
from services.notifier.channels.http_post import HttpPost
from services.notifier.channels.webhook import Webhook
from services.notifier.facts import Fact, Kind
from services.notifier.judge import Judge
from services.notifier.loops.alerts import AlertTeller
from services.notifier.loops.pruner import Pruner
from services.notifier.loops.readers import (
    FreshReader,
    LateReader,
    RunReader,
    occurrence_reader,
    silence_reader,
)
from services.notifier.loops.sender import Sender
from services.notifier.post_office import PostOffice
from services.notifier.store.alert_groups import AlertGroupStore
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore
from services.notifier.store.sources import SourceStore
from shared.contracts.notifications import ChannelKind
from shared.contracts.policy import TaskPolicy
from shared.contracts.runs import RunFinished, RunStatus
from shared.db.clocks import Clocks
from shared.db.pool import Connection, Pool, Record, open_pool
from shared.egress.guard import AllowList
from shared.runtime.clock import utc_now
from shared.runtime.secret_box import SecretBox, new_key
from tests.support.roles import pool_as

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NO_TIME = timedelta(0)
#: When the webhooks of these tests are signed.
SIGNED_AT = 1_795_539_600


@dataclass
class Mailbox:
    """A mail server that keeps what it gets."""

    port: int = field(default_factory=ports.free_port)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = "250 kept"
    password: str = ""
    """Of `us`, who has to log in; empty: nobody has to."""

    @property
    def url(self) -> str:
        """Where it is."""
        user = "us@" if self.password else ""
        return f"smtp://{user}{ports.LOOPBACK}:{self.port}?starttls=never"

    def lets_in(self, *given: Any) -> AuthResult:  # noqa: ANN401 - server, session, envelope, way, log-in
        """Judge a log-in."""
        login = given[-1]
        assert isinstance(login, LoginPassword)
        good = (login.login, login.password) == (b"us", self.password.encode())
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail, or say what the test wants said."""
        if self.password and not session.authenticated:
            return "530 log in first"
        if self.answer.startswith("2"):
            self.mails.append(envelope.content or b"")  # type: ignore[arg-type]  # bytes unless decoded
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Mailbox]:
        """Listen."""
        loop = asyncio.get_running_loop()
        controller = UnthreadedController(
            self,
            hostname=ports.LOOPBACK,
            port=self.port,
            loop=loop,
            authenticator=self.lets_in,
            auth_require_tls=False,
        )
        server = await controller._create_server()  # noqa: SLF001 - begin() wants a loop that stands still
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()


@dataclass(kw_only=True)
class House:
    """A notifier's parts."""

    pool: Pool
    """As the owner: tests look and arrange with it."""
    own: Pool
    """As the notifier comes."""
    box: SecretBox
    judge: Judge
    office: PostOffice
    sender: Sender
    sources: SourceStore
    runs: RunReader
    occurrences: FreshReader
    silences: FreshReader
    late: LateReader
    alerts: AlertTeller
    pruner: Pruner

    async def task(self, *, policy: dict[str, Any] | None = None, **columns: Any) -> UUID:  # noqa: ANN401 - columns of a task
        """Make a task as the API does."""
        task_id = uuid4()
        given = {
            "name": "Nightly report",
            "notify_on_success": False,
            "notify_on_failure": False,
            "notify_recipients": [],
            "created_by": "somebody",
            **columns,
        }
        spelled = TaskPolicy.model_validate(policy or {}).to_json()
        await self.pool.execute(
            "INSERT INTO api.tasks (id, task_type, task_action, policy, name, notify_on_success,"
            " notify_on_failure, notify_recipients, created_by)"
            " VALUES ($1, 'manual', 'http_request', $2, $3, $4, $5, $6, $7)",
            task_id,
            spelled,
            *given.values(),
        )
        return task_id

    async def channel(
        self,
        name: str,
        kind: str = "webhook",
        *,
        config: dict[str, Any] | None = None,
        secret: dict[str, Any] | None = None,
        enabled: bool = True,
    ) -> None:
        """Make a channel as the API does."""
        sealed = self.box.seal(json.dumps(secret).encode(), owner=f"channel:{name}")
        await self.pool.execute(
            "INSERT INTO api.channels (name, kind, config, secret, enabled)"
            " VALUES ($1, $2, $3, $4, $5)",
            name,
            kind,
            json.dumps(config or {}),
            sealed if secret else None,
            enabled,
        )

    async def hear(self, *runs: RunFinished) -> int:
        """Judge how runs ended, as it is read from their rows."""
        return await self.judge.judge([_fact(run) for run in runs if not run.retry_at])

    async def log(self, run: RunFinished, connection: Connection | None = None) -> None:
        """Write the row of a run that ended, as it is written with its end."""
        await (connection or self.pool).execute(
            "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt,"
            " scheduled_for, started_at, completed_at, error_message, executor)"
            " VALUES ($1, $2, $3, $4, true, $5, $6, $7, $8, $9, $10)",
            run.run_id,
            run.task_id,
            run.trigger,
            run.status.value,
            run.attempt,
            run.scheduled_for,
            run.started_at,
            run.completed_at,
            run.error_message,
            run.executor,
        )

    async def send(self) -> None:
        """Send all that is due now."""
        while await self.sender.step() == NO_TIME:
            pass
        await self.sender.finish()

    async def bring_forward(self) -> None:
        """Make what is to be tried later due now."""
        await self.pool.execute("UPDATE notify.deliveries SET next_try_at = clock_timestamp()")

    async def deliveries(self) -> list[Record]:
        """Return all deliveries in order."""
        return await self.pool.fetch("SELECT * FROM notify.deliveries ORDER BY created_at, id")

    async def told(self) -> list[tuple[str, str]]:
        """Return each event and whom it is for."""
        return [(row["event"], row["channel"]) for row in await self.deliveries()]


@dataclass(frozen=True)
class Pools:
    """Connections to one database: those of the owner, and as the notifier comes."""

    owner: Pool
    own: Pool


@asynccontextmanager
async def open_pools(database: str) -> AsyncIterator[Pools]:
    """Open them; that costs more than most tests."""
    async with (
        await open_pool(database, name="notifier-test") as owner,
        pool_as("notifier", database) as own,
    ):
        yield Pools(owner, own)


@asynccontextmanager
async def running_house(
    pools: Pools,
    *,
    smtp_url: str = "",
    smtp_password: Path | None = None,
    allow: str = "",
    schemes: Sequence[str] = ("slack",),
) -> AsyncIterator[House]:
    """Build the parts as `app.build` does, without the bus."""
    async with AsyncExitStack() as stack:
        pool, own = pools.owner, pools.own
        box = SecretBox.parse(new_key())
        http = HttpPost(AllowList.parse(allow))
        stack.push_async_callback(http.close)
        deliveries, sources = DeliveryStore(own), SourceStore(own)
        office = PostOffice(
            deliveries,
            {
                ChannelKind.EMAIL: Email(
                    SmtpServer.parse(smtp_url, smtp_password) if smtp_url else None,
                    "us@example.com",
                ),
                ChannelKind.WEBHOOK: Webhook(http, lambda: SIGNED_AT),
                ChannelKind.ALERTMANAGER: Alertmanager(http),
                ChannelKind.APPRISE: Chat(schemes),
            },
            box=box,
            public_url="https://tasks.example.com/",
            language="zh-TW",
        )
        judgements = JudgementStore(own)
        judge = Judge(sources, judgements, lambda: None)
        yield House(
            pool=pool,
            own=own,
            box=box,
            judge=judge,
            office=office,
            sender=Sender(deliveries, office, slots=8),
            sources=sources,
            runs=RunReader(sources, judge, behind=NO_TIME),
            occurrences=occurrence_reader(sources, judge, behind=NO_TIME),
            silences=silence_reader(sources, judge, behind=NO_TIME),
            late=LateReader(sources, judge),
            alerts=AlertTeller(AlertGroupStore(own), lambda: None),
            pruner=Pruner(judgements, deliveries, timedelta(days=90), Clocks(own, utc_now)),
        )


def an_end(
    task_id: UUID,
    status: RunStatus = RunStatus.FAILURE,
    *,
    minute: int = 0,
    **fields: Any,  # noqa: ANN401 - whatever the contract takes
) -> RunFinished:
    """Return the report of a run that ended so many minutes after noon."""
    at = NOON + timedelta(minutes=minute)
    given = {
        "run_id": uuid4(),
        "attempt": 1,
        "started_at": at,
        "error_message": "disk full" if status is RunStatus.FAILURE else None,
        **fields,
    }
    return RunFinished(
        task_id=task_id,
        trigger="schedule",
        scheduled_for=at,
        completed_at=at,
        executor="executor-1",
        status=status,
        **given,
    )


async def state_of(house: House) -> tuple[str, int, str]:
    """Return what became of the only delivery: its state, tries, and the last answer."""
    (row,) = await house.deliveries()
    return row["state"], row["tries"], row["answer"]


def _fact(run: RunFinished) -> Fact:
    return Fact(
        kind=Kind.ENDED,
        run_id=run.run_id,
        task_id=run.task_id,
        at=run.completed_at,
        trigger=run.trigger,
        scheduled_for=run.scheduled_for,
        status=run.status,
        started_at=run.started_at,
        attempt=run.attempt,
        error=run.error_message,
        result=run.result,
    )
