"""What `automation up` starts of our services."""

from __future__ import annotations

from deploy.local import roles


def told(_: str) -> dict[str, str]:
    return {}


def names(runtimes: int) -> list[str]:
    stages = roles.stages(
        schedulers=1,
        executors=2,
        runtimes=runtimes,
        api=("127.0.0.1", 8000),
        environment=told,
    )
    return [role.name for stage in stages for role in stage]


def test_an_account_runtime_is_started_unless_none_is_wanted() -> None:
    ours = ["api", "scheduler-1", "executor-1", "executor-2", "log-writer", "notifier"]
    without = ["bus-keeper", *ours]
    assert names(0) == without
    assert names(1) == [*without, "account-runtime"]
