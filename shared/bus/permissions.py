"""What each user of the bus may say and hear: allow-lists, made from the topology. Pure.

Nobody may say or hear what is not listed. From that follows:

    replies       come to inboxes under the user's own prefix; `_INBOX.>` is nobody's
    answers       whoever is asked may answer the one who asked, and nobody else (`answers`)
    streams       are read through consumers that are named here; nobody lists, empties or changes
                  them but the keeper, who may delete no stream either
    producers     say events of their own source
    `$SYS.>`, `$JS.API.>`, `$JS.>` are granted to nobody

One subject may be said by two: the API says reports and log lines again which an operator
took from the dead letters. That lets nobody run anything: what comes over the bus is believed only
as far as the database bears it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from shared.bus import topology
from shared.bus.access import inbox_of
from shared.bus.shapes import Consumer, Stream
from shared.contracts.accounts import DEFAULT_SERVER
from shared.domain.event import OWN_SOURCES

KEEPER = "bus-keeper"
RUNTIME = "account-runtime"
#: Roles with one user each; a runtime of another server than the default one has a user of its own.
ROLES = ("api", "scheduler", "executor", "log-writer", "notifier", RUNTIME, KEEPER)

#: What tasks may ask other services, unless executors are told otherwise.
DEFAULT_REQUESTS = ("svc.>",)

_API = "$JS.API"
Subjects = tuple[str, ...]


class NotASource(ValueError):
    """It cannot be the source of a producer's events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user of the bus."""

    name: str
    """As in the name of its seed file, `nats-<name>.seed`."""
    publish: Subjects
    subscribe: Subjects
    answers: bool = False
    """Whether it may answer, once, whoever sent it a message that asks for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """Another system that says events, and may answer what tasks ask it (`nats_request`)."""

    source: str
    serves: Subjects = ()


def users(
    *,
    servers: Sequence[str] = (),
    producers: Sequence[Producer] = (),
    requests: Sequence[str] = DEFAULT_REQUESTS,
) -> list[User]:
    """Return every user: one for each role, runtime of another server, and producer.

    Raises:
        NotASource: a producer has a source that it cannot have.
    """
    return [
        _api(),
        _scheduler(),
        _executor(requests),
        _log_writer(),
        _notifier(),
        _runtime(RUNTIME, DEFAULT_SERVER),
        _keeper(),
        *(_runtime(f"{RUNTIME}-{server}", server) for server in servers),
        *map(_producer, producers),
    ]


def _api() -> User:
    again = (*topology.RUNS.subjects, *topology.LOGS.subjects)
    return User(
        name="api",
        publish=(
            *topology.TASKS.subjects,
            *topology.REQUESTS.subjects,
            topology.task_due("*"),
            *topology.EVENTS.subjects,
            "account.desired.*",
            *topology.KV_SCRIPTS.subjects,
            *again,
            topology.RPC_RUNS_CANCEL,
            topology.RPC_NOTIFIER_TEST,
            topology.account_output("*"),
            *_watches([topology.API_ACCOUNT_STATES], [topology.KV_SCRIPTS, topology.EVENTS]),
            f"{_API}.DIRECT.GET.{topology.EVENTS.name}",
            f"{_API}.INFO",
        ),
        subscribe=(
            *_inbox("api"),
            topology.RPC_TASKS_DIGEST,
            topology.RPC_TASKS_PAGE,
            topology.RPC_PLATFORM_ALL,
            topology.RPC_ACCOUNTS_DESIRED,
            topology.RPC_SCRIPTS_TEXT,
            topology.ACCOUNT_RUNTIMES_ALL,
        ),
        answers=True,
    )


def _scheduler() -> User:
    reads = (topology.SCHEDULER_TASKS, topology.SCHEDULER_REQUESTS, topology.SCHEDULER_EVENTS)
    return User(
        name="scheduler",
        publish=(
            topology.task_due("*"),
            topology.RUN_CANCEL,
            topology.RPC_TASKS_DIGEST,
            topology.RPC_TASKS_PAGE,
            *_watches(reads, []),
            f"{_API}.STREAM.MSG.GET.{topology.EVENTS.name}",
        ),
        subscribe=(
            *_inbox("scheduler"),
            topology.RPC_RUNS_CANCEL,
            topology.RUNS_FINISHED_ALL,
        ),
        answers=True,
    )


def _executor(requests: Sequence[str]) -> User:
    return User(
        name="executor",
        publish=(
            *topology.RUNS.subjects,
            *topology.LOGS.subjects,
            *topology.EVENTS.subjects,
            topology.RPC_PLATFORM_ALL,
            *requests,
            # Queues come and go, and every executor may take any; a full one passes the word on.
            topology.task_due("*"),
            "task.logged.*",
            f"{_API}.STREAM.NAMES",
        ),
        subscribe=(*_inbox("executor"), topology.task_due("*"), topology.RUN_CANCEL),
    )


def _log_writer() -> User:
    work_queues = [each for each in topology.STREAMS if each.work_queue]
    reads = (
        topology.LOG_WRITER_STARTED,
        topology.LOG_WRITER_LOGS,
        topology.LOG_WRITER_DEAD,
    )
    others = [each for each in topology.STREAMS if each is not topology.DEAD]
    return User(
        name="log-writer",
        publish=(
            "task.logged.*",
            "event.automation.>",
            *_watches(reads, work_queues),
            # What was given up is fetched from its stream, kept, and in a work queue deleted there.
            *(f"{_API}.STREAM.MSG.GET.{each.name}" for each in others),
            *(f"{_API}.STREAM.MSG.DELETE.{each.name}" for each in work_queues),
            *(f"{_API}.CONSUMER.LIST.{each.name}" for each in work_queues),
        ),
        subscribe=_inbox("log-writer"),
    )


def _notifier() -> User:
    return User(
        name="notifier",
        publish=(),
        subscribe=(
            *_inbox("notifier"),
            topology.RPC_NOTIFIER_TEST,
            topology.RUNS_STARTED_ALL,
            topology.RUNS_FINISHED_ALL,
        ),
        answers=True,
    )


def _runtime(name: str, server: str) -> User:
    scripts = topology.KV_SCRIPTS
    return User(
        name=name,
        publish=(
            "account.state.*",
            topology.ACCOUNT_RUNTIMES_ALL,
            topology.RPC_ACCOUNTS_DESIRED,
            topology.RPC_SCRIPTS_TEXT,
            *_watches([topology.runtime_consumer(server)], [scripts]),
            *(f"{_API}.DIRECT.GET.{scripts.name}.{each}" for each in scripts.subjects),
        ),
        subscribe=(
            *_inbox(RUNTIME),
            topology.ACCOUNT_RUNTIMES_ALL,
            topology.account_output(server),
        ),
        answers=True,
    )


def _keeper() -> User:
    """Make and change what the topology names; delete no stream.

    Whoever may make consumers could have any stream delivered to his own inbox: that is why nobody
    else may, and why the keeper does nothing else and knows neither database nor secrets.
    """
    verbs = ("STREAM.INFO.{}", "STREAM.CREATE.{}", "STREAM.UPDATE.{}")
    of_consumers = ("CONSUMER.INFO.{}.*", "CONSUMER.CREATE.{}.>", "CONSUMER.DELETE.{}.*")
    return User(
        name=KEEPER,
        publish=tuple(
            f"{_API}.{verb.format(stream.name)}"
            for stream in topology.STREAMS
            for verb in (*verbs, *of_consumers)
        ),
        subscribe=(*_inbox(KEEPER), topology.RPC_BUS_ENSURE),
        answers=True,
    )


def _producer(producer: Producer) -> User:
    source = producer.source
    if source in OWN_SOURCES or topology.event_token(source) != source:
        raise NotASource(f"{source!r} cannot be the source of a producer's events")
    return User(
        name=f"producer-{source}",
        publish=(f"event.{source}.>",),
        subscribe=(f"_INBOX_producer_{source}.>", *producer.serves),
        answers=bool(producer.serves),
    )


def _watches(consumers: Sequence[Consumer], streams: Iterable[Stream]) -> Subjects:
    """Read *consumers*, bury what comes over them; look at their streams and at *streams*."""
    names = dict.fromkeys([*(each.stream for each in consumers), *(each.name for each in streams)])
    read = dict.fromkeys(each.stream for each in consumers)
    return (
        *chain.from_iterable(map(_reads, consumers)),
        *(f"{_API}.STREAM.INFO.{name}" for name in names),
        # A dead letter that cannot be kept is not buried again.
        *(topology.dead(name) for name in read if name != topology.DEAD.name),
        topology.RPC_BUS_ENSURE,
    )


def _reads(consumer: Consumer) -> Subjects:
    place = f"{consumer.stream}.{consumer.name}"
    return (
        f"{_API}.CONSUMER.INFO.{place}",
        f"{_API}.CONSUMER.MSG.NEXT.{place}",
        f"$JS.ACK.{place}.>",
    )


def _inbox(role: str) -> Subjects:
    return (f"{inbox_of(role)}.>",)
