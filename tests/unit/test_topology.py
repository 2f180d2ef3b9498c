"""Streams, subjects and consumers fit together: every message has one stream and one reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from uuid import UUID

from shared.bus import topology
from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import CONSUMERS, STREAMS
from shared.contracts.policy import DEFAULT_QUEUE
from tests.support.cases import table

SOME = UUID("7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11")


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a NATS pattern takes a subject, or all that another pattern takes."""
    wanted, given = pattern.split("."), subject.split(".")
    for place, word in enumerate(wanted):
        if word == ">":
            return len(given) > place
        if place >= len(given) or word not in ("*", given[place]):
            return False
    return len(wanted) == len(given)


def overlap(one: str, other: str) -> bool:
    """Tell whether any subject fits both patterns."""
    first, second = one.split("."), other.split(".")
    for a, b in zip(first, second, strict=False):
        if ">" in (a, b):
            return True
        if a != b and "*" not in (a, b):
            return False
    return len(first) == len(second)


def stream_named(name: str) -> Stream:
    return next(stream for stream in STREAMS if stream.name == name)


def subjects() -> Iterator[tuple[str, Stream]]:
    for change in ("created", "updated", "deleted"):
        yield topology.task_changed(change, SOME), topology.TASKS
    yield topology.RUN_REQUEST_API, topology.REQUESTS
    yield topology.runs_started(SOME), topology.RUNS
    yield topology.runs_finished(SOME), topology.RUNS
    yield topology.log_lines(SOME), topology.LOGS
    yield topology.event_said("shop", "order.created"), topology.EVENTS
    for stream in STREAMS:
        yield topology.dead(stream.name), topology.DEAD


def core_subjects() -> list[str]:
    return [
        topology.task_logged(SOME),
        topology.TASK_LOGGED_MANY,
        topology.RPC_TASKS_DIGEST,
        topology.RPC_TASKS_PAGE,
        topology.task_due(DEFAULT_QUEUE),
        topology.RUN_CANCEL,
        topology.RPC_NOTIFIER_TEST,
        topology.RPC_SCRIPTS_TEXT,
    ]


def test_no_subject_belongs_to_two_streams() -> None:
    for one, other in combinations(STREAMS, 2):
        for a in one.subjects:
            for b in other.subjects:
                assert not overlap(a, b), f"{one.name} {a} and {other.name} {b}"


def test_names_are_unique() -> None:
    assert max(Counter(stream.name for stream in STREAMS).values()) == 1
    assert max(Counter((each.stream, each.name) for each in CONSUMERS).values()) == 1


@table(("subject", "stream"), list(subjects()))
def test_every_subject_falls_into_its_stream(subject: str, stream: Stream) -> None:
    takers = [
        each.name for each in STREAMS if any(matches(pattern, subject) for pattern in each.subjects)
    ]

    assert takers == [stream.name]


@table("subject", core_subjects())
def test_what_is_said_on_core_nats_lands_in_no_stream(subject: str) -> None:
    assert not any(matches(pattern, subject) for stream in STREAMS for pattern in stream.subjects)


@table("subject", [*(subject for subject, _ in subjects()), *core_subjects()])
def test_subjects_are_made_of_safe_tokens(subject: str) -> None:
    for token in subject.split("."):
        assert token
        assert token.replace("-", "").replace("_", "").isalnum()
        assert token.isascii()


@table("consumer", CONSUMERS)
def test_a_consumer_filters_inside_its_stream(consumer: Consumer) -> None:
    stream = stream_named(consumer.stream)
    for pattern in consumer.filters:
        inside = any(
            matches(subject, pattern) or matches(pattern, subject) for subject in stream.subjects
        )
        assert inside, pattern


@table(("subject", "stream"), list(subjects()))
def test_every_message_has_a_reader(subject: str, stream: Stream) -> None:
    readers = [
        each.name
        for each in CONSUMERS
        if each.stream == stream.name and any(matches(pattern, subject) for pattern in each.filters)
    ]

    # What is kept for its age may be read by several services; each reads it once.
    services = Counter(name.partition("-")[0] for name in readers)
    # How runs ended is read from the database; the message wakes who does.
    assert readers or matches(topology.RUNS_FINISHED_ALL, subject)
    assert max(services.values(), default=1) == 1
    assert len(readers) == 1 or not stream.work_queue


def test_a_work_queue_is_shared_out_without_overlap() -> None:
    of_queues = [each for each in CONSUMERS if stream_named(each.stream).work_queue]
    for one, other in combinations(of_queues, 2):
        if one.stream == other.stream:
            assert not any(overlap(a, b) for a in one.filters for b in other.filters)


def test_the_disk_is_bounded() -> None:
    assert all(stream.max_bytes > 0 for stream in STREAMS)
    assert sum(stream.max_bytes for stream in STREAMS) <= 7 * 1024 * topology.MIB


def test_texts_of_scripts_lie_in_the_bucket() -> None:
    version = "0" * 64

    assert matches(topology.KV_SCRIPTS.subjects[0], topology.script_text(version))
    assert topology.KV_SCRIPTS.name == f"KV_{topology.SCRIPTS_BUCKET}"
    assert topology.KV_SCRIPTS.max_msgs_per_subject == 1
