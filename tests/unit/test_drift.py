"""What somebody has changed is told; what nobody has set is no change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from nats.js import api

from shared.bus.declare import consumer_config, stream_config
from shared.bus.drift import drift
from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import CONSUMERS, REQUESTS, RUNS, SCHEDULER_REQUESTS, STREAMS
from tests.support.cases import table

#: What a server adds of its own accord.
ADDED_TO_STREAM = {
    "max_consumers": -1,
    "max_msgs": -1,
    "mirror_direct": False,
    "compression": "none",
    "allow_msg_ttl": False,
    "consumer_limits": {},
    "metadata": {"_nats.level": "5"},
}
ADDED_TO_CONSUMER = {"num_replicas": 0, "metadata": {"_nats.level": "5"}}


def of_stream(stream: Stream, **found: object) -> list[str]:
    wanted = stream_config(stream).as_dict()
    return drift({**wanted, **ADDED_TO_STREAM, **found}, wanted)


def of_consumer(consumer: Consumer, **found: object) -> list[str]:
    wanted = consumer_config(consumer).as_dict()
    return drift({**wanted, **ADDED_TO_CONSUMER, **found}, wanted)


@table("stream", STREAMS)
def test_a_stream_as_it_should_be_has_no_drift(stream: Stream) -> None:
    assert of_stream(stream) == []


@table("consumer", CONSUMERS)
def test_a_consumer_as_it_should_be_has_no_drift(consumer: Consumer) -> None:
    assert of_consumer(consumer) == []


@table(
    ("changed", "told"),
    [
        ({"max_deliver": 1}, "max_deliver is 1, not 20"),
        ({"ack_wait": 1}, "ack_wait is 1, not 2000000000"),
        ({"backoff": [1]}, "backoff is [1], not None"),
        ({"headers_only": True}, "headers_only is True, not None"),
        ({"deliver_policy": "new"}, "deliver_policy is new, not all"),
        ({"filter_subject": "x"}, "filter_subject is x, not run.request.*"),
    ],
)
def test_what_was_changed_of_a_consumer_is_told(changed: dict[str, object], told: str) -> None:
    assert of_consumer(SCHEDULER_REQUESTS, **changed) == [told]


@table(
    ("changed", "told"),
    [
        ({"max_msgs": 10}, "max_msgs is 10, not None"),
        ({"discard": "old"}, "discard is old, not new"),
        ({"num_replicas": 3}, "num_replicas is 3, not 1"),
        ({"retention": "limits"}, "retention is limits, not workqueue"),
    ],
)
def test_what_was_changed_of_a_stream_is_told(changed: dict[str, object], told: str) -> None:
    assert of_stream(REQUESTS, **changed) == [told]


def test_all_that_was_changed_is_told() -> None:
    other = replace(RUNS, max_age=timedelta(hours=1), subjects=("task.finished.*",))
    found = stream_config(other, replicas=3).as_dict()

    told = drift(found, stream_config(RUNS).as_dict())

    assert [each.split(" is ")[0] for each in told] == ["max_age", "num_replicas", "subjects"]


def test_the_order_of_subjects_is_nothing() -> None:
    assert of_stream(RUNS, subjects=list(reversed(RUNS.subjects))) == []


def test_an_operator_may_describe_and_compress() -> None:
    found = {"description": "ours", "compression": api.StoreCompression.S2}

    assert of_stream(RUNS, **found) == []
