"""What the executor gives an action, for tests of actions alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from nats.aio.client import Client

from services.executor.platform_line import PlatformLine
from services.executor.speaker import Speaker
from shared.contracts.action import ActionFailed, Level, Rights
from shared.contracts.message import Message
from shared.contracts.platform import Question

A = TypeVar("A", bound=Message)


@dataclass(kw_only=True)
class RecordingContext:
    """Keeps what the action logs; publishes on a real connection, if it is given one."""

    run_id: UUID = field(default_factory=uuid4)
    task_id: UUID = field(default_factory=uuid4)
    task_name: str = "a task"
    attempt: int = 1
    scheduled_for: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    database_url: str = "postgresql://nobody@127.0.0.1:1/none"
    home: Path = Path("/nonexistent")
    egress_allow: str = ""
    rights: Rights = field(default_factory=Rights)
    traceparent: str | None = None
    bus: Client | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[Level, str]] = field(default_factory=list)
    steps: list[tuple[float, str | None]] = field(default_factory=list)
    """How far the action said that it was."""

    def log(self, text: str, level: Level = "info") -> None:
        self.lines.append((level, text))

    def progress(self, percent: float, message: str | None = None) -> None:
        self.steps.append((percent, message))

    def heartbeat(self) -> None:
        """Nobody waits for it."""

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        if self.bus is None:
            raise ActionFailed("no bus")
        await self.bus.publish(subject, payload, headers=dict(headers or {}))
        await self.bus.flush()

    async def request(self, subject: str, payload: bytes, *, seconds: float) -> bytes:
        if self.bus is None:
            raise ActionFailed("no bus")
        return await Speaker(self.bus).request(subject, payload, seconds=seconds)

    async def ask(self, question: Question[A]) -> A:
        if self.bus is None:
            raise ActionFailed("no platform")
        return await PlatformLine(self.bus).ask(
            question, run_id=self.run_id, task_id=self.task_id, attempt=self.attempt
        )

    async def secret(self, name: str) -> str:
        if name not in self.secrets:
            raise ActionFailed(f"there is no secret {name}", permanent=True)
        return self.secrets[name]

    def another_attempt(self) -> RecordingContext:
        """Return the context of the next attempt of the same run."""
        return replace(self, attempt=self.attempt + 1, lines=[], steps=[])

    @property
    def text(self) -> str:
        """All lines, for a look whether something is (not) in them."""
        return "\n".join(line for _, line in self.lines)
