"""The words on the bus, frozen: what is written today must be read by yesterday's services.

One file per message, byte for byte as it goes over the wire. A new field is added to them; a file
that has to change otherwise is a new version of its message.

After a change that is meant: `python -m tests.contract.test_golden_events` writes the new ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.executor.journal import finished, written
from services.executor.report import AttemptEnd
from shared.bus import topology
from shared.contracts import bus, cancel, notifications, policy, runs, sync, tasks
from shared.contracts.message import Message
from shared.contracts.platform import Question
from tests.contract import platform_messages

FOLDER = Path(__file__).parent / "golden"
TOPOLOGY = FOLDER / "topology.json"

RUN = UUID("0b8e3a52-6c0f-5d2e-9d3e-6f0b1a2c3d4e")
TASK = UUID("7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11")
OTHER = UUID("11111111-2222-4333-8444-555555555555")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1, microseconds=234567)

STARTED = runs.RunStarted(
    run_id=RUN,
    task_id=TASK,
    attempt=2,
    trigger="schedule",
    scheduled_for=NOON,
    started_at=NOON + timedelta(microseconds=5000),
    executor="executor-1",
)
SUCCEEDED = runs.RunFinished(
    **STARTED.model_dump(),
    status=runs.RunStatus.SUCCESS,
    completed_at=LATER,
    result="備份完成 ✓",
    execution_data={
        "action": "data_backup",
        "version": 3,
        "attempt": 2,
        "result": {"bytes": 123456, "ratio": 0.5, "kept": [True, None], "名": "值"},
    },
)
FAILED = runs.RunFinished(
    run_id=OTHER,
    task_id=TASK,
    attempt=1,
    trigger="manual",
    scheduled_for=NOON,
    started_at=NOON,
    executor="executor-2",
    status=runs.RunStatus.FAILURE,
    completed_at=NOON,
    error_message='no such host\n"quoted"',
)

MESSAGES: dict[str, Message] = {
    "task_created": tasks.TaskChanged(
        change="created",
        task_id=TASK,
        version=1,
        changed_at=LATER,
        task=tasks.TaskDefinition(
            name="每日備份",
            task_type=tasks.TaskType.SCHEDULED,
            task_action="data_backup",
            schedule_config={"cron": "0 3 * * *", "timezone": "Asia/Taipei"},
            action_config={"keep": 7, "ratio": 1e300},
            dependent_tasks=(OTHER,),
            timeout_seconds=600,
        ),
    ),
    "task_updated": tasks.TaskChanged(
        change="updated",
        task_id=TASK,
        version=2,
        changed_at=LATER,
        task=tasks.TaskDefinition(
            name="on an event",
            task_type=tasks.TaskType.TRIGGERED,
            task_action="http_request",
            trigger_config={"event": "event.x.y"},
            enabled=False,
            policy=policy.TaskPolicy(
                overlap=policy.Overlap.BUFFER_ONE,
                retry=policy.Retry(max_attempts=5),
                queue="nightly",
                priority=1,
                concurrency=policy.Concurrency(limit=2, key="{{ params.account_id }}"),
                depends_on=policy.DependsOn(tasks=(OTHER,)),
            ),
        ),
    ),
    "task_deleted": tasks.TaskChanged(
        change="deleted", task_id=TASK, version=3, changed_at=LATER, task=None
    ),
    "runs_requested": runs.RunsRequested(
        requests=(
            runs.RunRequest(
                run_id=RUN, task_id=TASK, requested_at=LATER, requested_by="ops", version=2
            ),
            runs.RunRequest(run_id=OTHER, task_id=TASK, requested_at=NOON),
            runs.RunRequest(
                run_id=OTHER,
                task_id=TASK,
                requested_at=NOON,
                trigger="requeue",
                params={"名": 1},
                overlap=policy.Overlap.BUFFER_ALL,
                origin=runs.Origin(run_id=RUN, causes=(OTHER,)),
            ),
        )
    ),
    "runs_due": runs.RunsDue(runs=7),
    "runs_started": runs.RunsStarted(runs=(STARTED,)),
    "runs_finished": runs.RunsFinished(runs=(SUCCEEDED, FAILED)),
    "log_lines": runs.LogLines(
        lines=(
            runs.LogLine(run_id=RUN, attempt=2, seq=1, at=LATER, level="info", text="開始"),
            runs.LogLine(run_id=RUN, attempt=2, seq=2, at=LATER, level="error", text="a\tb\x01"),
        )
    ),
    "cancel_request": cancel.CancelRequest(run_ids=(RUN, OTHER), reason="ops: 停止"),
    "cancel_answer": cancel.CancelAnswer(
        items=(
            cancel.CancelItem(run_id=RUN, state=cancel.CancelState.CANCELLING),
            cancel.CancelItem(run_id=OTHER, state=cancel.CancelState.ENDED, status="success"),
        )
    ),
    "cancel_order": cancel.CancelOrder(run_ids=(RUN,)),
    "bus_ensure": bus.EnsureRequest(
        streams=("KV_SCRIPTS",), consumers=("scheduler-tasks", "runtime-tw_1")
    ),
    "bus_ensured": bus.Ensured(trouble=("there is no x in the topology",)),
    "channel_test": notifications.ChannelTest(channel="值班"),
    "channel_tested": notifications.ChannelTested(ok=False, detail="no answer", duration_ms=5000),
    "channel_tested_shown": notifications.ChannelTested(
        ok=True,
        detail="HTTP 200",
        duration_ms=12,
        request=notifications.SentRequest(
            method="POST", url="https://hooks.example.com/…", headers={"Host": "a"}, body="{}"
        ),
        answer=notifications.GivenAnswer(status=200, headers={"Server": "b"}, body="ok"),
    ),
    "digest_request": sync.DigestRequest(),
    "digest": sync.Digest(
        buckets=(
            sync.Bucket(bucket=0, tasks=2, digest=9007199254740992),
            sync.Bucket(bucket=255, tasks=1, digest=-5),
        )
    ),
    "page_request": sync.PageRequest(first=RUN, last=TASK, limit=500),
    "page": sync.Page(
        tasks=(
            tasks.TaskChanged(
                change="created",
                task_id=TASK,
                version=1,
                changed_at=NOON,
                task=tasks.TaskDefinition(
                    name="by hand", task_type=tasks.TaskType.MANUAL, task_action="probe"
                ),
            ),
        ),
        next=OTHER,
    ),
}

MESSAGES |= platform_messages.MESSAGES


def golden(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes().rstrip(b"\n")


def topology_now() -> dict[str, Any]:
    """Return streams, subjects and consumers as plain JSON; durations in seconds."""
    return {
        "streams": [_plain(asdict(stream)) for stream in topology.STREAMS],
        "consumers": [_plain(asdict(consumer)) for consumer in topology.CONSUMERS],
        "subjects": {
            "task_changed": topology.task_changed("created", TASK),
            "task_due": topology.task_due("default"),
            "run_request_api": topology.RUN_REQUEST_API,
            "runs_started": topology.runs_started(OTHER),
            "runs_finished": topology.runs_finished(OTHER),
            "log_lines": topology.log_lines(OTHER),
            "task_logged": topology.task_logged(TASK),
            "task_logged_many": topology.TASK_LOGGED_MANY,
            "dead": topology.dead("RUNS"),
            "rpc_tasks_digest": topology.RPC_TASKS_DIGEST,
            "rpc_tasks_page": topology.RPC_TASKS_PAGE,
            "rpc_runs_cancel": topology.RPC_RUNS_CANCEL,
            "rpc_notifier_test": topology.RPC_NOTIFIER_TEST,
            "rpc_bus_ensure": topology.RPC_BUS_ENSURE,
            "run_cancel": topology.RUN_CANCEL,
            "account_desired": topology.account_desired(TASK),
            "account_state": topology.account_state(TASK),
            "account_runtime": topology.account_runtime(TASK),
            "rpc_account_output": topology.account_output("taipei"),
            "rpc_accounts_desired": topology.RPC_ACCOUNTS_DESIRED,
            "rpc_scripts_text": topology.RPC_SCRIPTS_TEXT,
            "script_text": topology.script_text("0f" * 32),
            "rpc_platform": topology.platform_command("accounts.select"),
        },
    }


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, value in config.items()
    }


def write_golden() -> None:
    """Write all files as they are now."""
    FOLDER.mkdir(exist_ok=True)
    for name, message in MESSAGES.items():
        (FOLDER / f"{name}.json").write_bytes(message.encode() + b"\n")
    TOPOLOGY.write_text(json.dumps(topology_now(), indent=1) + "\n")


def kinds(base: type[Message] = Message) -> Iterator[type[Message]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def refused(kind: type[Message], data: bytes) -> bool:
    """Say whether *data* is not read as such a message."""
    try:
        kind.decode(data)
    except ValidationError:
        return True
    return False


def test_each_is_written_byte_for_byte_as_agreed() -> None:
    assert {name: each.encode() for name, each in MESSAGES.items()} == {
        name: golden(name) for name in MESSAGES
    }


def test_each_reads_what_was_agreed() -> None:
    for name, message in MESSAGES.items():
        assert type(message).decode(golden(name)) == message, name


def test_every_message_has_its_file() -> None:
    ours = {
        kind
        for kind in kinds()
        if kind.__module__.startswith("shared.contracts.")
        and not kind.__module__.endswith("_commands")  # see `platform_messages`
        and not issubclass(kind, Question)
    }

    assert {type(message) for message in MESSAGES.values()} == ours


def test_a_field_that_a_newer_writer_added_is_ignored() -> None:
    for name, message in MESSAGES.items():
        newer = json.loads(golden(name)) | {"something_new": {"deep": [1, 2, 3]}}
        assert type(message).decode(json.dumps(newer).encode()) == message, name


def test_another_version_is_refused() -> None:
    newer = {name: json.dumps(json.loads(golden(name)) | {"v": 2}).encode() for name in MESSAGES}

    assert [name for name in newer if not refused(type(MESSAGES[name]), newer[name])] == []


def test_what_is_no_message_is_refused() -> None:
    nonsense = (b"", b"not json \xff", b"[]", b'"text"', b"null", b"{", b"NaN")

    taken = {
        (name, data)
        for name, message in MESSAGES.items()
        for data in nonsense
        if not refused(type(message), data)
    }
    assert taken == set()


def test_an_attempt_that_no_table_can_hold_is_refused() -> None:
    def started(attempt: object) -> bytes:
        run = STARTED.model_dump(mode="json") | {"attempt": attempt}
        return json.dumps({"v": 1, "runs": [run]}).encode()

    assert not refused(runs.RunsStarted, started(1))
    odd: list[object] = [0, -1, 2**31, 10**30, "1.5", None, []]
    assert [each for each in odd if not refused(runs.RunsStarted, started(each))] == []


def test_an_end_that_an_executor_puts_together_is_what_its_message_says() -> None:
    again = FAILED.model_copy(update={"retry_at": LATER})
    ends = [
        AttemptEnd(
            **run.model_dump(exclude={"execution_data"}),
            claimed_at=NOON,
            execution_data=json.dumps(run.execution_data),
        )
        for run in (SUCCEEDED, FAILED, again)
    ]

    said = finished([end.record() for end in ends])
    assert json.loads(said) == json.loads(
        runs.RunsFinished(runs=(SUCCEEDED, FAILED, again)).encode()
    )
    assert finished([]) == runs.RunsFinished(runs=()).encode()


def test_lines_that_were_written_before_make_the_same_message() -> None:
    message = MESSAGES["log_lines"]
    assert isinstance(message, runs.LogLines)

    assert written([line.model_dump_json().encode() for line in message.lines]) == message.encode()


def test_streams_subjects_and_consumers_are_those_that_were_agreed() -> None:
    assert json.loads(json.dumps(topology_now())) == json.loads(TOPOLOGY.read_text())


if __name__ == "__main__":
    write_golden()
