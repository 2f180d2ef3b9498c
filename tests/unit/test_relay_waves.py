"""What the outbox relay publishes side by side: never two messages of one key."""

from __future__ import annotations

from shared.bus.publisher import Outgoing
from shared.outbox.relay import next_of_each_key
from shared.outbox.store import OutboxRow


def row(number: int, key: str) -> OutboxRow:
    return OutboxRow(number, key, Outgoing(f"s.{key}", b"", f"{key}:{number}"))


def test_the_oldest_of_each_key_goes_first() -> None:
    rows = [row(1, "a"), row(2, "b"), row(3, "a"), row(4, "c"), row(5, "b"), row(6, "a")]

    assert [each.id for each in next_of_each_key(rows)] == [1, 2, 4]


def test_waves_bring_every_message_once_and_each_key_in_order() -> None:
    rows = [row(number, "abc"[number * number % 3]) for number in range(30)]
    said: list[OutboxRow] = []
    waves = 0
    while wave := next_of_each_key(rows):
        waves += 1
        said += wave
        rows = [each for each in rows if each not in wave]

    assert sorted(each.id for each in said) == list(range(30))
    for key in "abc":
        ids = [each.id for each in said if each.key == key]
        assert ids == sorted(ids)
    assert waves == max(sum(each.key == key for each in said) for key in "abc")


def test_nothing_makes_no_wave() -> None:
    assert next_of_each_key([]) == []
