"""What an executor is told: queues, labels, and what tasks may do there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.settings import ExecutorSettings
from shared.contracts.action import Rights
from tests.support.cases import table


def settings(**fields: Any) -> ExecutorSettings:  # noqa: ANN401 - whatever the environment holds
    return ExecutorSettings(database_url="postgresql://", nats_url="nats://", **fields)


def test_who_is_told_nothing_takes_the_default_queue_and_has_no_labels() -> None:
    assert (settings().queues, settings().labels) == (("default",), {})


def test_queues_and_labels_are_lists_with_commas() -> None:
    told = settings(executor_queues=" slow, default,slow", executor_labels="region=eu, gpu=1")

    assert told.queues == ("slow", "default")
    assert told.labels == {"region": "eu", "gpu": "1"}


def test_the_environment_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATION_EXECUTOR_QUEUES", "slow")
    monkeypatch.setenv("AUTOMATION_EXECUTOR_LABELS", "gpu=1")

    assert (settings().queues, settings().labels) == (("slow",), {"gpu": "1"})


@table("text", ["", ",", "Slow", "a.b", "a b", "a,*", ">"])
def test_what_is_no_queue_ends_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="executor_queues"):
        settings(executor_queues=text)


@table("text", ["gpu", "=1", "gpu=", "a b=1", "gpu=1=2"])
def test_what_is_no_label_ends_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="executor_labels"):
        settings(executor_labels=text)


def test_who_is_told_nothing_lets_tasks_do_little() -> None:
    assert settings().rights == Rights(
        nats_requests=("svc.>",),
        sql_writes=False,
        shell=False,
        shell_user=None,
        python_functions=(),
    )


def test_the_environment_opens_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATION_NATS_REQUEST_SUBJECTS", "svc.>, other.*.x")
    monkeypatch.setenv("AUTOMATION_SQL_WRITES", "on")
    monkeypatch.setenv("AUTOMATION_SHELL", "on")
    monkeypatch.setenv("AUTOMATION_SHELL_USER", "worker")
    monkeypatch.setenv("AUTOMATION_PYTHON_FUNCTIONS", "a.b:c,d:*")

    assert settings().rights == Rights(  # noqa: S604 - our own word
        nats_requests=("svc.>", "other.*.x"),
        sql_writes=True,
        shell=True,
        shell_user="worker",
        python_functions=("a.b:c", "d:*"),
    )


@table(
    ("name", "text"),
    [
        *(("nats_request_subjects", text) for text in ("svc..a", "a b", ">.a", "$JS.>")),
        *(("python_functions", text) for text in ("a.b", "a:", ":b", "a:b c", "a-b:c")),
        *(("shell_user", text) for text in ("root x", "a:b", "-x")),
    ],
)
def test_what_opens_nothing_ends_the_start(name: str, text: str) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: text})
