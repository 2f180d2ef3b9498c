"""What became of our own messages tells whether the bus stores; one failure tells nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from deploy.nats.health import write_error
from shared.bus import topology
from shared.bus.storing import BELIEVED_AFTER, FORGOTTEN_AFTER, Storing, stream_of
from shared.runtime.trouble import Unready
from tests.support.cases import table

REQUESTS = topology.RUN_REQUEST_API
RUNS = topology.runs_finished(uuid4())
SOON = BELIEVED_AFTER.total_seconds()
LONG = FORGOTTEN_AFTER.total_seconds()


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storing(clock: Clock) -> Storing:
    return Storing(clock)


def refuse(storing: Storing, clock: Clock, seconds: float, subject: str = REQUESTS) -> None:
    """Let every try of some time fail."""
    for _ in range(int(seconds)):
        storing.note(stored=(), refused=[subject])
        clock.now += 1
    storing.note(stored=(), refused=[subject])


def test_every_subject_belongs_to_its_stream() -> None:
    for stream in topology.STREAMS:
        for subject in stream.subjects:
            assert stream_of(subject.replace("*", "x").replace(">", "x.y")) == stream.name
    assert stream_of("rpc.bus.ensure") is None


async def test_what_fails_again_and_again_is_told_by_name(storing: Storing, clock: Clock) -> None:
    refuse(storing, clock, SOON - 1)
    await storing.check()
    clock.now += 1
    storing.note(stored=(), refused=[REQUESTS])

    with pytest.raises(Unready, match="REQUESTS") as told:
        await storing.check()
    assert told.value.kind == "StoresNothing"
    assert "REQUESTS" in told.value.words.zh_tw


def test_one_success_is_enough(storing: Storing, clock: Clock) -> None:
    refuse(storing, clock, SOON)
    storing.note(stored=[RUNS], refused=())
    assert storing.troubled() == ["REQUESTS"], "another stream says nothing of this one"

    storing.note(stored=[REQUESTS], refused=[REQUESTS])

    assert storing.troubled() == []


def test_failures_with_a_success_between_them_are_no_series(storing: Storing, clock: Clock) -> None:
    for _ in range(5):
        refuse(storing, clock, SOON - 1)
        storing.note(stored=[REQUESTS], refused=())
    assert storing.troubled() == []


def test_what_nobody_tried_lately_is_forgotten(storing: Storing, clock: Clock) -> None:
    refuse(storing, clock, SOON)
    clock.now += LONG + 1
    assert storing.troubled() == []

    storing.note(stored=(), refused=[REQUESTS])

    assert storing.troubled() == [], "a new series begins"


def test_what_is_no_stream_of_ours_is_nobody_s_trouble(storing: Storing, clock: Clock) -> None:
    refuse(storing, clock, SOON, "nobody.listens")
    assert storing.troubled() == []


@table(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"status":"ok"}',
        b'{"status":"unavailable","error":5}',
        b'{"status":"unavailable","error":"JetStream is still recovering meta layer"}',
        b'{"status":"unavailable","error":"JetStream has not established contact"}',
    ],
)
def test_what_passes_by_itself_is_no_write_that_failed(body: bytes) -> None:
    assert write_error(body) == ""


def test_a_write_that_failed_is_told_in_the_server_s_words() -> None:
    said = "JetStream stream '$G > A' write error: write 1.blk: no space left on device"
    assert write_error(f'{{"status":"unavailable","error":"{said}"}}'.encode()) == said
