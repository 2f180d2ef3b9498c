"""Every stream, subject and durable consumer, in one place.

No other module spells a subject. Read this file to know who talks to whom. `declare` makes a server
look like it; nobody else creates or changes a stream or a consumer.

    anybody ──EVENTS──► scheduler
    API ──TASKS, REQUESTS──► scheduler ──DUE──► executors ──RUNS, LOGS──► log writer
                                                              └─RUNS──► notifier
                                 all ──DEAD──► log writer (dead-letter table)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.contracts.policy import DEFAULT_PRIORITY, DEFAULT_QUEUE

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A JetStream stream as this system needs it to be."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool = False
    """True: a message is gone once handled. False: it is kept for `max_age`."""
    max_age: timedelta
    max_bytes: int
    """The stream refuses new messages beyond this: the disk must never be the limit (a full disk
    makes JetStream time out instead of answering)."""
    max_msgs_per_subject: int = -1
    duplicate_window: timedelta = timedelta(minutes=10)
    """Longer than any pause between two tries of one publish."""
    discard_old: bool = False
    """True where the newest message matters more than the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A durable pull consumer."""

    stream: str
    name: str
    filters: tuple[str, ...]
    ack_wait: timedelta = timedelta(seconds=30)
    max_ack_pending: int = 1000
    max_deliver: int = 20
    """Only a backstop: attempts are counted in PostgreSQL."""


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
DUE = Stream(
    name="DUE",
    subjects=("task.due.*.*.*",),
    work_queue=True,
    max_age=timedelta(days=1),
    max_bytes=1024 * MIB,
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

STREAMS = (TASKS, REQUESTS, DUE, EVENTS, RUNS, LOGS, DEAD)

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
# Two consumers, so that how a run ended never waits behind how others began. What a log writer that
# died had in hand goes to the next one after `ack_wait`, so that is how late its row can be.
LOG_WRITER_STARTED = Consumer(
    stream="RUNS",
    name="log-writer-started",
    filters=("task.started.*",),
    ack_wait=timedelta(seconds=8),
)
LOG_WRITER_FINISHED = Consumer(
    stream="RUNS",
    name="log-writer-finished",
    filters=("task.finished.*",),
    ack_wait=timedelta(seconds=8),
)
LOG_WRITER_LOGS = Consumer(
    stream="LOGS",
    name="log-writer-logs",
    filters=LOGS.subjects,
    ack_wait=timedelta(seconds=8),
)
LOG_WRITER_DEAD = Consumer(stream="DEAD", name="log-writer-dead", filters=DEAD.subjects)

# What they miss is read from the log a while later.
NOTIFIER_STARTED = Consumer(
    stream="RUNS",
    name="notifier-started",
    filters=("task.started.*",),
    ack_wait=timedelta(seconds=8),
)
NOTIFIER_FINISHED = Consumer(
    stream="RUNS",
    name="notifier-finished",
    filters=("task.finished.*",),
    ack_wait=timedelta(seconds=8),
)


def due_consumer(queue: str, priority: int) -> Consumer:
    """Return the consumer that all executors of one queue and priority share."""
    return Consumer(
        stream="DUE",
        name=f"due-{queue}-{priority}",
        filters=(f"task.due.{queue}.{priority}.*",),
        # The message is acknowledged as soon as its run is claimed in PostgreSQL, so this only
        # bounds how long an order lies with an executor that died before it could claim.
        ack_wait=timedelta(seconds=3),
        max_ack_pending=20_000,
        max_deliver=-1,  # a due run that nobody could claim is waited for, never dropped
    )


DUE_DEFAULT = due_consumer(DEFAULT_QUEUE, DEFAULT_PRIORITY)

CONSUMERS = (
    SCHEDULER_TASKS,
    SCHEDULER_REQUESTS,
    SCHEDULER_EVENTS,
    DUE_DEFAULT,
    LOG_WRITER_STARTED,
    LOG_WRITER_FINISHED,
    LOG_WRITER_LOGS,
    LOG_WRITER_DEAD,
    NOTIFIER_STARTED,
    NOTIFIER_FINISHED,
)

#: Core request-reply, answered by any API replica (queue group `api`).
RPC_TASKS_DIGEST = "rpc.api.tasks.digest"
RPC_TASKS_PAGE = "rpc.api.tasks.page"
RPC_QUEUE_GROUP = "api"
#: Answered by any scheduler (queue group `scheduler`).
RPC_RUNS_CANCEL = "rpc.scheduler.runs.cancel"
RPC_SCHEDULER_GROUP = "scheduler"
#: Core, to all executors: look at once what is to be stopped.
RUN_CANCEL = "run.cancel"

#: Core: runs ended, whoever ran them.
RUNS_FINISHED_ALL = "task.finished.*"

#: Answered by any notifier (queue group `notifier`).
RPC_NOTIFIER_TEST = "rpc.notifier.test"
RPC_NOTIFIER_GROUP = "notifier"

#: Requests that come in over HTTP.
RUN_REQUEST_API = "run.request.api"


def task_changed(change: str, task_id: UUID) -> str:
    """Return the subject of a task event; *change* is created, updated or deleted."""
    return f"task.{change}.{task_id}"


def event_token(text: str) -> str:
    """Return *text* as one token of a subject."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", text) or "_"


def event_said(source: str, kind: str) -> str:
    """Return the subject of an event: `event.<source>.<type...>`, a token for each word."""
    words = [word for word in kind.split(".") if word] or [""]
    return ".".join(["event", *(event_token(each) for each in (source, *words))])


def task_due(queue: str, priority: int, task_id: UUID) -> str:
    """Return the subject of the order to run a task."""
    return f"task.due.{queue}.{priority}.{task_id}"


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
