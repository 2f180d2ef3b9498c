"""The AsyncAPI document tells of everything that is heard and said; anybody can write it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from deploy import asyncapi, cli
from shared.bus import topology


@cache
def addresses() -> set[str]:
    return {channel["address"] for channel in asyncapi.document()["channels"].values()}


def test_every_filter_of_a_fast_stream_consumer_is_described() -> None:
    filters = {subject for consumer in topology.CONSUMERS for subject in consumer.filters}

    assert filters <= addresses()


def test_every_question_to_the_api_is_described() -> None:
    asked = {
        topology.RPC_TASKS_DIGEST,
        topology.RPC_TASKS_PAGE,
        topology.RPC_PLATFORM_ALL,
        topology.RPC_ACCOUNTS_DESIRED,
    }
    assert asked <= addresses()


def test_what_is_heard_without_fast_stream_is_described() -> None:
    assert {topology.task_due("*"), "account.desired.*"} <= addresses()


def test_what_is_asked_of_the_keeper_of_the_bus_is_described() -> None:
    assert topology.RPC_BUS_ENSURE in addresses()


def test_the_command_writes_the_same_document(tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"

    assert cli.run(["bus", "docs", str(file)]) == 0

    assert json.loads(file.read_text(encoding="utf-8")) == asyncapi.document()
