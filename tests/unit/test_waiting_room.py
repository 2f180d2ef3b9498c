"""Which order comes next, and how many of which priority may come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.executor.doors import ANSWERED, consumers_of, credit_wanted, on_its_way
from services.executor.waiting_room import HOLD, WaitingRoom, deliveries, left, stored_at
from tests.support.cases import table

NOW = 1_700_000_000.0
MINUTE = 60.0
CLIENT = Client()


def order(name: str, stored: float = NOW, delivered: int = 1) -> Msg:
    reply = f"$JS.ACK.DUE.due-default-3.{delivered}.7.7.{int(stored * 1e9)}.0"
    return Msg(CLIENT, subject="task.due", reply=reply, data=name.encode())


def names(messages: list[Msg]) -> list[str]:
    return [message.data.decode() for message in messages]


def room_with(*priorities: int) -> WaitingRoom:
    room = WaitingRoom()
    for priority in priorities:
        room.add(order(str(priority)), priority, 0.0)
    return room


def test_the_best_priority_comes_first_and_the_older_of_one() -> None:
    room = WaitingRoom()
    room.add(order("low"), 5, 0.0)
    room.add(order("second", NOW + 1), 2, 0.0)
    room.add(order("first", NOW), 2, 0.0)
    room.add(order("late but high", NOW + 9), 1, 0.0)

    assert room.best == 1
    assert names(room.take(3)) == ["late but high", "first", "second"]
    assert (len(room), room.best, room.worst) == (1, 5, 5)


@table(("waited", "first"), [(4 * MINUTE + 1, "old"), (4 * MINUTE - 1, "new")])
def test_a_minute_of_waiting_makes_up_for_one_step_of_priority(waited: float, first: str) -> None:
    room = WaitingRoom()
    room.add(order("old", NOW - waited), 5, 0.0)
    room.add(order("new", NOW), 1, 0.0)

    assert names(room.take(1)) == [first]


def test_equals_leave_in_the_order_of_their_coming() -> None:
    room = WaitingRoom()
    for number in range(20):
        room.add(order(str(number)), 3, 0.0)

    assert names(room.take_all()) == [str(number) for number in range(20)]
    assert (len(room), room.best, room.worst) == (0, 0, 0)


def test_nobody_is_taken_past_a_better_one_that_is_on_its_way() -> None:
    room = room_with(3, 1, 2, 5)

    assert names(room.take(10, worst=2)) == ["1", "2"]
    assert names(room.take(10, worst=2)) == []
    assert names(room.take(10)) == ["3", "5"]


def test_who_has_waited_for_long_is_taken_whatever_is_on_its_way() -> None:
    room = WaitingRoom()
    room.add(order("old", NOW - 5 * MINUTE), 5, 0.0)
    room.add(order("new"), 1, 0.0)

    assert room.best == 1
    assert names(room.take(1, worst=1)) == ["old"]
    assert names(room.take(9, worst=1)) == ["new"]


def test_who_waits_for_too_long_goes_back() -> None:
    room = WaitingRoom()
    room.add(order("early"), 3, 10.0)
    room.add(order("late"), 3, 10.0 + HOLD)

    assert room.take_stale(10.0) == []
    assert names(room.take_stale(10.0 + HOLD)) == ["early"]
    assert (len(room), room.of(3)) == (1, 1)


def test_an_acknowledgement_tells_how_often_when_and_what_is_left_with_a_domain_and_without() -> (
    None
):
    short = f"$JS.ACK.DUE.due-default-3.4.17.9.{int(NOW * 1e9)}.0"
    long = f"$JS.ACK.hub.ACCOUNT.DUE.due-default-3.4.17.9.{int(NOW * 1e9)}.6.random"

    assert [left(reply) for reply in (short, long)] == [0, 6]
    assert [deliveries(reply) for reply in (short, long)] == [4, 4]
    assert [stored_at(reply) for reply in (short, long)] == [NOW, NOW]


def test_an_idle_executor_can_be_told_of_anything_at_once() -> None:
    for priority in range(1, 6):
        assert credit_wanted(priority, slots=200, free=200, waiting=WaitingRoom()) == 200


def test_a_busy_one_asks_for_nothing() -> None:
    for priority in range(1, 6):
        assert credit_wanted(priority, slots=200, free=0, waiting=WaitingRoom()) == 0


def test_what_waits_takes_room_from_its_own_and_from_lower_priorities() -> None:
    room = room_with(*[3] * 30)

    wanted = [credit_wanted(priority, slots=200, free=50, waiting=room) for priority in range(1, 6)]
    assert wanted == [50, 50, 20, 20, 20]


def test_a_better_priority_can_overtake_what_waits_for_a_slot() -> None:
    room = room_with(*[3] * 30)

    wanted = [credit_wanted(priority, slots=200, free=0, waiting=room) for priority in range(1, 6)]
    assert wanted == [10, 10, 0, 0, 0]


def test_while_better_ones_are_on_their_way_there_is_no_room_for_worse_ones() -> None:
    room = WaitingRoom()

    assert credit_wanted(3, slots=200, free=50, waiting=room, owed=20) == 30
    assert credit_wanted(3, slots=200, free=50, waiting=room, owed=300) == 1


@table(
    ("credit", "told", "silent", "owed"),
    [
        (50, None, 0.0, 50),  # it was asked and has not answered: as many as it was asked for
        (50, 7, 0.0, 7),  # it has said how many there are
        (50, 700, 0.0, 50),
        (50, 0, 0.0, 0),
        (0, 700, 0.0, 0),  # it was not asked
        (50, None, 2 * ANSWERED, 0),  # nobody waits for somebody else's answer, or for none
        (50, 700, 2 * ANSWERED, 0),
    ],
)
def test_what_is_on_its_way_is_what_was_asked_for_and_is_there(
    credit: int, told: int | None, silent: float, owed: int
) -> None:
    assert on_its_way(credit, told, silent) == owed


def test_of_a_lower_priority_one_is_always_looked_at_for_it_may_be_old() -> None:
    room = room_with(*[1] * 30)

    assert credit_wanted(5, slots=200, free=1, waiting=room) == 1
    assert credit_wanted(5, slots=200, free=0, waiting=room) == 0


@given(
    slots=st.integers(1, 10_000),
    share=st.floats(0, 1),
    priorities=st.lists(st.integers(1, 5), max_size=50),
)
def test_nobody_may_bring_more_than_there_are_slots(
    slots: int, share: float, priorities: list[int]
) -> None:
    free = int(slots * share)
    room = room_with(*priorities)
    wanted = [
        credit_wanted(priority, slots=slots, free=free, waiting=room) for priority in range(1, 6)
    ]

    assert all(0 <= each <= slots for each in wanted)
    assert wanted == sorted(wanted, reverse=True) or free > 0
    if free:
        assert all(each or room.of(number) for number, each in enumerate(wanted, 1))


def test_consumers_keep_their_names() -> None:
    found = consumers_of(["default", "slow"])

    assert [each.name for each in found[:4]] == [
        "due-default-1",
        "due-slow-1",
        "due-default-2",
        "due-slow-2",
    ]
    assert len(found) == 10
