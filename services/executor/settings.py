"""What an executor is told by its environment."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from shared.contracts.action import Rights
from shared.contracts.policy import DEFAULT_QUEUE
from shared.settings import ServiceSettings

#: A queue is part of subjects.
_QUEUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SUBJECT = re.compile(r"([A-Za-z0-9_-]+|\*)(\.([A-Za-z0-9_-]+|\*))*(\.>)?")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:([A-Za-z_]\w*|\*)")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,62}=[^,=]{1,100}")


class ExecutorSettings(ServiceSettings):
    """Settings of one executor process."""

    executor_slots: int = Field(default=200, ge=1, le=10_000)
    """How many runs may be under way at once."""
    lease_seconds: float = Field(default=10.0, ge=1, le=600)
    """How long a claim lasts unless renewed; renewed at a third of it. A killed executor's runs
    start again within this plus five seconds."""
    drain_seconds: float = Field(default=30.0, ge=0, le=3600)
    """How long running actions may go on after SIGTERM before their runs are handed back."""
    kill_grace_seconds: float = Field(default=10.0, ge=0.1, le=600)
    """How long an action may take to stop when it is told to. One that goes on makes this process
    end, as on SIGTERM: nothing else proves that it is not at work any more."""
    lease_days: int = Field(default=7, ge=1, le=365)
    """How long ended leases are kept."""
    executor_queues: str = DEFAULT_QUEUE
    """Queues whose runs are taken, comma-separated."""
    executor_labels: str = ""
    """What tasks may ask of an executor: `region=eu,gpu=1`."""

    nats_request_subjects: str = "svc.>"
    """On which subjects tasks may ask other services (`nats_request`): patterns, comma-separated.
    None of them opens what is this system's own, such as `rpc.` or `$JS.`."""
    sql_writes: bool = False
    """Whether tasks may change anything by `sql`. What they may reach is the role's of the DSN."""
    shell: bool = False
    """`on`: tasks may run programs here."""
    shell_user: str = Field(default="", pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")
    """As which user those programs run; needs an executor that is root. Empty: as the executor."""
    python_functions: str = ""
    """What tasks may call beside what packages offer in the entry point group
    `automation.functions`: `package.module:function` or `package.module:*`, comma-separated."""

    @field_validator("nats_request_subjects")
    @classmethod
    def _judge_subjects(cls, text: str) -> str:
        if not all(_SUBJECT.fullmatch(part) for part in _parts(text)):
            raise ValueError("must be subjects, such as svc.>")
        return text

    @field_validator("python_functions")
    @classmethod
    def _judge_functions(cls, text: str) -> str:
        if not all(_FUNCTION.fullmatch(part) for part in _parts(text)):
            raise ValueError("must be functions, such as package.module:function")
        return text

    @field_validator("executor_queues")
    @classmethod
    def _judge_queues(cls, text: str) -> str:
        names = _parts(text)
        if not names or not all(_QUEUE.fullmatch(name) for name in names):
            raise ValueError("must be names of queues, such as default,slow")
        return text

    @field_validator("executor_labels")
    @classmethod
    def _judge_labels(cls, text: str) -> str:
        if not all(_LABEL.fullmatch(part) for part in _parts(text)):
            raise ValueError("must be labels, such as region=eu,gpu=1")
        return text

    @property
    def rights(self) -> Rights:
        """What tasks may do here."""
        return Rights(
            nats_requests=tuple(_parts(self.nats_request_subjects)),
            sql_writes=self.sql_writes,
            shell=self.shell,
            shell_user=self.shell_user or None,
            python_functions=tuple(_parts(self.python_functions)),
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues, each once."""
        return tuple(dict.fromkeys(_parts(self.executor_queues)))

    @property
    def labels(self) -> dict[str, str]:
        """The labels by name."""
        return dict(part.split("=", 1) for part in _parts(self.executor_labels))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
