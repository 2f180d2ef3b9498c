"""What an executor is told about queues and labels."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.settings import ExecutorSettings


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


@pytest.mark.parametrize("text", ["", ",", "Slow", "a.b", "a b", "a,*", ">"])
def test_what_is_no_queue_ends_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="executor_queues"):
        settings(executor_queues=text)


@pytest.mark.parametrize("text", ["gpu", "=1", "gpu=", "a b=1", "gpu=1=2"])
def test_what_is_no_label_ends_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="executor_labels"):
        settings(executor_labels=text)
