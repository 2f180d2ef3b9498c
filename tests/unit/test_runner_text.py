"""What of an action's words is kept, so that every result can be stored and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.executor import journal, report
from services.executor.claimed import ClaimedRun
from services.executor.ending import Ending
from services.executor.redaction import Redaction
from services.executor.report import (
    MAX_DATA_BYTES,
    MAX_DATA_DEPTH,
    MAX_TEXT,
    _execution_data,
    clean,
)
from shared.contracts.action import Outcome
from shared.contracts.runs import RunsFinished, RunStatus
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUN = ClaimedRun(
    run_id=UUID(int=1),
    attempt=2,
    lost=1,
    task_id=UUID(int=2),
    trigger="schedule",
    scheduled_for=NOON,
    due_at=NOON,
    requested_by=None,
    missed_count=0,
    missed_since=None,
    version=3,
    name="a task",
    action="probe",
    action_config="{}",
    timeout_seconds=60,
)


def kept(data: Mapping[str, Any], run: ClaimedRun = RUN) -> dict[str, Any]:
    return _execution_data(run, Outcome("done", data), None, Redaction())


def read_back(data: Mapping[str, Any]) -> dict[str, Any]:
    """Send what is kept of it over the bus, and read it there."""
    end = report.finished(
        RUN,
        Ending(RunStatus.SUCCESS, Outcome("done", data)),
        executor="executor-1",
        redaction=Redaction(),
        started_at=NOON,
        at=NOON,
        retry_at=None,
    )
    return RunsFinished.decode(journal.finished([end.record()])).runs[0].execution_data


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def test_plain_text_stays_as_it_is() -> None:
    assert clean("備份完成 ✓", 100) == "備份完成 ✓"


def test_what_postgresql_cannot_store_is_replaced() -> None:
    assert clean("a\x00b\ud800c", 100) == "a\ufffdb?c"


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 100, 100) == "x" * 100
    assert clean("x" * 101, 100) == "x" * 99 + "…"


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_clean_text_is_always_storable_and_short(text: str) -> None:
    result = clean(text, 20)

    assert len(result) <= 20
    assert "\x00" not in result
    result.encode()


def test_says_what_ran() -> None:
    assert kept({}) == {"action": "probe", "version": 3, "attempt": 2}


def test_says_who_asked_and_what_was_missed() -> None:
    run = RUN._replace(requested_by="ops", missed_count=4, missed_since=NOON)

    assert kept({}, run) == {
        "action": "probe",
        "version": 3,
        "attempt": 2,
        "requested_by": "ops",
        "missed_count": 4,
        "missed_since": "2026-01-01T12:00:00+00:00",
    }


def test_data_is_kept_as_json() -> None:
    data = {"id": UUID(int=5), "at": NOON, "名": ["甲", 1.5, None, True]}

    assert kept(data)["result"] == {
        "id": str(UUID(int=5)),
        "at": str(NOON),
        "名": ["甲", 1.5, None, True],
    }


def test_data_up_to_the_limit_is_kept_whole() -> None:
    room = MAX_DATA_BYTES - len(json.dumps({"text": ""}))

    assert kept({"text": "x" * room})["result"]["text"] == "x" * room
    assert "result" not in kept({"text": "x" * (room + 1)})


@table("letter", ["x", "字", "\x01", "😀"])
def test_the_limit_is_counted_in_bytes(letter: str) -> None:
    for length in (5_000, 20_000, 30_000, 70_000):
        data = kept({"text": letter * length})

        assert len(json.dumps(data, ensure_ascii=False).encode()) <= MAX_DATA_BYTES + 200


def test_of_data_that_is_too_large_the_beginning_is_kept_as_text() -> None:
    data = kept({"text": "x" * 100_000})

    assert data["result_truncated"].startswith('{"text": "xxx')
    assert len(data["result_truncated"]) == MAX_TEXT


def test_texts_inside_the_data_can_be_stored() -> None:
    data = read_back({"a": "x\x00y", "b": "\ud800"})

    assert data["result"] == {"a": "x\ufffdy", "b": "?"}


def test_depth_is_limited_so_that_readers_can_follow() -> None:
    assert read_back(nested(MAX_DATA_DEPTH))["result"] == nested(MAX_DATA_DEPTH)

    assert "result" not in kept(nested(MAX_DATA_DEPTH + 1))
    read_back(nested(900))
    read_back({"lists": json.loads("[" * 900 + "]" * 900)})


class Hostile:
    """Breaks whoever looks at it."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def circle() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


@table(
    "data",
    [
        {"hostile": Hostile()},
        {(1, 2): "a key that JSON does not have"},
        {"number": 10**5000},
        circle(),
        [1, 2],
    ],
)
def test_data_that_is_no_json_costs_only_itself(data: Any) -> None:  # noqa: ANN401 - that is the point
    assert "result" not in read_back(data)


def test_what_is_not_finite_becomes_null() -> None:
    assert read_back({"a": float("nan"), "b": float("inf")})["result"] == {
        "a": None,
        "b": None,
    }
