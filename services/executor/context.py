"""The door that one attempt has to the rest of the system (`contracts.action.Context`).

It closes once the attempt has ended or another one has its lease: an action that goes on all the
same can write nothing more and tell nobody anything in the name of its run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from services.executor.attempt import Attempt, Progress
from services.executor.claimed import ClaimedRun
from services.executor.journal import Journal
from services.executor.platform_line import PlatformLine
from services.executor.report import clean
from services.executor.secret_reader import SecretReader
from services.executor.speaker import Speaker
from shared.contracts.action import ActionFailed, Level, Rights
from shared.contracts.message import Message
from shared.contracts.platform import Question
from shared.contracts.runs import LogLine, Origin
from shared.domain.event import CAUSES, TRACE
from shared.settings import DatabaseAddress

MAX_LINE = 8 * 1024
MAX_LINES = 100_000
MAX_PROGRESS = 200

A = TypeVar("A", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What of this executor is behind the door."""

    journal: Journal
    speaker: Speaker
    platform: PlatformLine
    secrets: SecretReader
    now: Callable[[], datetime]
    database: DatabaseAddress
    home: Path
    egress_allow: str
    rights: Rights


class RunContext:
    """The door of one attempt."""

    def __init__(self, attempt: Attempt, world: World) -> None:
        self._attempt = attempt
        self._run = attempt.run
        self._world = world
        self._lines = 0

    @property
    def run_id(self) -> UUID:
        return self._run.run_id

    @property
    def task_id(self) -> UUID:
        return self._run.task_id

    @property
    def task_name(self) -> str:
        return self._run.name

    @property
    def attempt(self) -> int:
        return self._run.attempt

    @property
    def scheduled_for(self) -> datetime:
        return self._run.scheduled_for

    @property
    def database_url(self) -> str:
        return self._world.database.complete()

    @property
    def home(self) -> Path:
        return self._world.home

    @property
    def egress_allow(self) -> str:
        return self._world.egress_allow

    @property
    def rights(self) -> Rights:
        return self._world.rights

    @property
    def traceparent(self) -> str | None:
        return self._attempt.traceparent

    def log(self, text: str, level: Level = "info") -> None:
        self._lines += 1
        if self._lines > MAX_LINES or not self._attempt.has_a_say:
            return
        self._world.journal.wrote(
            LogLine(
                run_id=self._run.run_id,
                attempt=self._run.attempt,
                seq=self._lines,
                at=self._world.now(),
                level=level,
                # Before it is cut: half a secret would not be found any more.
                text=clean(self._attempt.redaction.text(text), MAX_LINE),
            )
        )

    def progress(self, percent: float, message: str | None = None) -> None:
        if math.isnan(percent):
            raise ValueError("percent must be a number")
        self.heartbeat()
        self._attempt.progress = Progress(
            percent=round(min(max(float(percent), 0.0), 100.0), 1),
            message=None if message is None else self._told(message),
            at=self._world.now(),
        )

    def heartbeat(self) -> None:
        if self._attempt.limit is not None:
            self._attempt.limit.heard()

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        if not self._attempt.has_a_say:
            raise ActionFailed("not published: this attempt is over")
        # Which tasks' runs led to this message, so that events cannot drive tasks in a circle.
        causes = (*_causes(self._run), self._run.task_id)
        trace = self._attempt.traceparent
        said = {
            CAUSES: ",".join(map(str, causes)),
            **({TRACE: trace} if trace else {}),
            **(headers or {}),
        }
        await self._world.speaker.publish(subject, payload, said)

    async def request(self, subject: str, payload: bytes, *, seconds: float) -> bytes:
        self._require_say()
        return await self._world.speaker.request(subject, payload, seconds=seconds)

    async def ask(self, question: Question[A]) -> A:
        self._require_say()
        return await self._world.platform.ask(
            question,
            run_id=self._run.run_id,
            task_id=self._run.task_id,
            attempt=self._run.attempt,
        )

    async def secret(self, name: str) -> str:
        self._require_say()
        value = await self._world.secrets.read(name)
        self._attempt.redaction.learn(value)
        return value

    def _told(self, message: str) -> str:
        return clean(self._attempt.redaction.text(message), MAX_PROGRESS)

    def _require_say(self) -> None:
        if not self._attempt.has_a_say:
            raise ActionFailed("not asked: this attempt is over")


def _causes(run: ClaimedRun) -> tuple[UUID, ...]:
    return Origin.model_validate_json(run.origin).causes if run.origin else ()
