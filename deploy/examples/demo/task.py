"""What a task of the demo is, and short words to write one down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.examples.guide import Json

ZONE = "Asia/Taipei"
Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTask:
    """One task, with the tasks it has to do with."""

    key: str
    body: Body
    upstream: tuple[str, ...] = ()
    rule: str = "all_success"
    dependents: tuple[str, ...] = ()
    runs: int = 0
    """How often it is run by hand at the beginning."""


def task(key: str, name: str, action: str = "noop", **more: Json) -> DemoTask:
    """Return a task; what `DemoTask` does not know is a field of its body."""
    own = {
        each: more.pop(each) for each in ("upstream", "rule", "dependents", "runs") & more.keys()
    }
    when = {"schedule_config": "scheduled", "trigger_config": "triggered"}
    task_type = next((kind for name_, kind in when.items() if name_ in more), "manual")
    body = {"name": name, "task_action": action, "task_type": task_type, **more}
    return DemoTask(key=key, body=body, **own)


def daily(cron: str, **more: Json) -> Body:
    """Return the schedule of a cron expression in Taipei."""
    return {"cron": cron, "timezone": ZONE, **more}


def each(seconds: int) -> Body:
    """Return a schedule that fires all so many seconds."""
    return {"interval_seconds": seconds}


def says(message: str, seconds: float = 0, **more: Json) -> Body:
    """Return what makes `noop` say *message* after a while."""
    return {"message": message, "seconds": seconds, **more}
