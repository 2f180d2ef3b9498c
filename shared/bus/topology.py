"""Every stream, subject and durable consumer, in one place.

No other module spells a subject. Read this file to know who talks to whom (who may: `permissions`).
The keeper of the bus makes the server look like it; nobody else changes a stream or a consumer.

    anybody ──EVENTS──► scheduler
    API ──TASKS, REQUESTS──► scheduler ──task.due──► executors ──RUNS, LOGS──► log writer
                                                              └─RUNS──► notifier
    actions ──rpc.api.platform──► API ◄──ACCOUNTS──► account runtimes
                                  └──KV_SCRIPTS───────────►┘
                                 all ──DEAD──► log writer (dead-letter table)
                                 all ──rpc.bus.ensure──► keeper of the bus
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from shared.bus.shapes import Consumer, Stream

MIB = 1 << 20

TASKS = Stream(
    name="TASKS",
    subjects=("task.created.*", "task.updated.*", "task.deleted.*"),
    max_age=timedelta(days=7),
    max_bytes=512 * MIB,
    max_msgs_per_subject=1,
    discard_old=True,
)
REQUESTS = Stream(
    name="REQUESTS",
    subjects=("run.request.*",),
    work_queue=True,
    max_age=timedelta(days=1),
    max_bytes=256 * MIB,
)
# Not of ours: any service says there what has happened, and tasks' triggers listen.
EVENTS = Stream(
    name="EVENTS",
    subjects=("event.>",),
    max_age=timedelta(days=3),
    max_bytes=1024 * MIB,
    discard_old=True,
)
RUNS = Stream(
    name="RUNS",
    subjects=("task.started.*", "task.progress.*", "task.finished.*"),
    max_age=timedelta(days=1),
    max_bytes=2048 * MIB,
)
LOGS = Stream(
    name="LOGS", subjects=("task.log.*",), max_age=timedelta(days=1), max_bytes=1024 * MIB
)
# The last word about each account, in both directions: what is wanted, and what is. Both are rows.
ACCOUNTS = Stream(
    name="ACCOUNTS",
    subjects=("account.desired.*", "account.state.*"),
    max_age=timedelta(days=7),
    max_bytes=256 * MIB,
    max_msgs_per_subject=1,
    discard_old=True,
)
# The key-value bucket SCRIPTS: texts of scripts by version (SHA-256). PostgreSQL has them all; what
# is lost here is asked for over `rpc.api.scripts.text`, which fills it again.
KV_SCRIPTS = Stream(
    name="KV_SCRIPTS",
    subjects=("$KV.SCRIPTS.>",),
    max_age=timedelta(days=30),
    max_bytes=256 * MIB,
    max_msgs_per_subject=1,
    discard_old=True,
)
DEAD = Stream(
    name="DEAD",
    subjects=(
        "dead.>",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
        "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
    ),
    max_age=timedelta(days=30),
    max_bytes=256 * MIB,
    # Full, it would refuse what is to be buried, and poison would go round for a month. What it
    # drops lies in the table of dead letters, unless more came at once than it holds.
    discard_old=True,
)

STREAMS = (TASKS, REQUESTS, EVENTS, RUNS, LOGS, ACCOUNTS, KV_SCRIPTS, DEAD)

# Handled within milliseconds, so a short wait: what lies with a scheduler that was killed is late
# by this much. While a handler is slow, the middleware keeps its message alive.
SCHEDULER_TASKS = Consumer(
    stream="TASKS",
    name="scheduler-tasks",
    filters=("task.*.*",),
    ack_wait=timedelta(seconds=2),
)
SCHEDULER_REQUESTS = Consumer(
    stream="REQUESTS",
    name="scheduler-requests",
    filters=REQUESTS.subjects,
    ack_wait=timedelta(seconds=2),
)
SCHEDULER_EVENTS = Consumer(
    stream="EVENTS",
    name="scheduler-events",
    filters=EVENTS.subjects,
    ack_wait=timedelta(seconds=3),  # of what is slow the engine keeps it alive
    max_ack_pending=5_000,
    max_deliver=-1,  # which runs it started is known by its id, so none is ever dropped
)


def _prompt(stream: str, name: str, *filters: str) -> Consumer:
    """Return a consumer of what is handled at once.

    What a reader that died had in hand goes to the next one after `ack_wait`: so late it can be.
    """
    return Consumer(stream=stream, name=name, filters=filters, ack_wait=timedelta(seconds=8))


LOG_WRITER_STARTED = _prompt("RUNS", "log-writer-started", "task.started.*")
LOG_WRITER_LOGS = _prompt("LOGS", "log-writer-logs", *LOGS.subjects)
LOG_WRITER_DEAD = Consumer(stream="DEAD", name="log-writer-dead", filters=DEAD.subjects)

API_ACCOUNT_STATES = _prompt("ACCOUNTS", "api-account-states", "account.state.*")


def runtime_consumer(server_id: str) -> Consumer:
    """Return the consumer that the runtime of one server has."""
    return Consumer(
        stream="ACCOUNTS",
        name=f"runtime-{event_token(server_id)}",
        filters=("account.desired.*",),
        ack_wait=timedelta(seconds=8),
        max_deliver=-1,
    )


CONSUMERS = (
    SCHEDULER_TASKS,
    SCHEDULER_REQUESTS,
    SCHEDULER_EVENTS,
    LOG_WRITER_STARTED,
    LOG_WRITER_LOGS,
    LOG_WRITER_DEAD,
    API_ACCOUNT_STATES,
)

#: Core request-reply, answered by any API replica (queue group `api`).
RPC_TASKS_DIGEST = "rpc.api.tasks.digest"
RPC_TASKS_PAGE = "rpc.api.tasks.page"
RPC_QUEUE_GROUP = "api"
#: What actions ask of the platform (`contracts/platform.py`); the command follows.
RPC_PLATFORM = "rpc.api.platform"
RPC_PLATFORM_ALL = f"{RPC_PLATFORM}.>"
#: What is wanted of the accounts of a server.
RPC_ACCOUNTS_DESIRED = "rpc.api.accounts.desired"
#: The text of a version of a script, for runtimes that do not find it in the bucket.
RPC_SCRIPTS_TEXT = "rpc.api.scripts.text"
#: Answered by any scheduler (queue group `scheduler`).
RPC_RUNS_CANCEL = "rpc.scheduler.runs.cancel"
RPC_SCHEDULER_GROUP = "scheduler"
#: Core, to all executors: look at once what is to be stopped.
RUN_CANCEL = "run.cancel"

#: Core: runs began or ended, whoever ran them.
RUNS_STARTED_ALL = "task.started.*"
RUNS_FINISHED_ALL = "task.finished.*"
#: Answered by any notifier (queue group `notifier`).
RPC_NOTIFIER_TEST = "rpc.notifier.test"
RPC_NOTIFIER_GROUP = "notifier"
#: Answered by any keeper of the bus (queue group `bus-keeper`): make sure that these are there.
RPC_BUS_ENSURE = "rpc.bus.ensure"
RPC_BUS_GROUP = "bus-keeper"
#: Requests that come in over HTTP.
RUN_REQUEST_API = "run.request.api"


def task_changed(change: str, task_id: UUID) -> str:
    """Return the subject of a task event; *change* is created, updated or deleted."""
    return f"task.{change}.{task_id}"


def platform_command(command: str) -> str:
    """Return the subject of a question of an action; *command* is `<thing>.<verb>`."""
    return f"{RPC_PLATFORM}.{command}"


def account_desired(identity: UUID) -> str:
    """Return the subject of what is wanted of an account."""
    return f"account.desired.{identity}"


def account_state(identity: UUID) -> str:
    """Return the subject of what is the matter with an account."""
    return f"account.state.{identity}"


#: Core: runtimes that live.
ACCOUNT_RUNTIMES_ALL = "account.runtime.*"


def account_runtime(runtime_id: UUID) -> str:
    """Return the core subject of a runtime's signs of life."""
    return f"account.runtime.{runtime_id}"


def account_output(server_id: str) -> str:
    """Return the subject on which the runtime of a server is asked for programs' output."""
    return f"rpc.account_runtime.output.{server_id}"


#: The bucket of scripts, as clients of key-value stores name it.
SCRIPTS_BUCKET = "SCRIPTS"


def script_text(version: str) -> str:
    """Return the subject under which the bucket keeps the text of a version."""
    return f"$KV.{SCRIPTS_BUCKET}.{version}"


def event_token(text: str) -> str:
    """Return *text* as one token of a subject."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", text) or "_"


def event_said(source: str, kind: str) -> str:
    """Return the subject of an event: `event.<source>.<type...>`, a token for each word."""
    words = [word for word in kind.split(".") if word] or [""]
    return ".".join(["event", *(event_token(each) for each in (source, *words))])


def task_due(queue: str) -> str:
    """Return the core subject of the hint that runs of a queue wait for an executor."""
    return f"task.due.{queue}"


def runs_started(executor_id: UUID) -> str:
    """Return the subject under which one executor says what it started."""
    return f"task.started.{executor_id}"


def runs_finished(executor_id: UUID) -> str:
    """Return the subject under which one executor says what it ended."""
    return f"task.finished.{executor_id}"


def log_lines(executor_id: UUID) -> str:
    """Return the subject under which one executor says what its actions wrote."""
    return f"task.log.{executor_id}"


#: Instead of the subjects of many single tasks: several tasks have new log rows.
TASK_LOGGED_MANY = "task.logged.many"


def task_logged(task_id: UUID) -> str:
    """Return the core subject that tells live pages that a task has a new log row."""
    return f"task.logged.{task_id}"


def dead(stream: str) -> str:
    """Return the subject for a message of *stream* that nobody can ever handle."""
    return f"dead.{stream}"
