"""`state.json`: what runs where, for the CLI, for tests and for people.

Written once everything is ready and again at every change. A process that is being restarted
keeps its old pid, with `ready` false, until the new one exists. The file holds passwords: 0600.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.files import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One process as last started."""

    name: str
    pid: int
    ready: bool
    restarts: int
    health_url: str = ""
    """Where /readyz and /metrics answer; empty: it has none (the servers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The running system."""

    api_url: str
    nats_url: str
    database_url: str
    supervisor_pid: int
    processes: tuple[ProcessState, ...]


def write(file: Path, state: State) -> None:
    """Replace the file as a whole."""
    write_whole(file, json.dumps(asdict(state), indent=2) + "\n", durable=False)


def read(file: Path) -> State | None:
    """Read what a supervisor wrote; None if there is nothing (yet)."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        fields = json.loads(file.read_text(encoding="utf-8"))
        processes = tuple(ProcessState(**entry) for entry in fields.pop("processes"))
        return State(**fields, processes=processes)
    return None
