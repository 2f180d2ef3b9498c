"""Short lives, each of which meets what one kind of promise is about."""

from __future__ import annotations

from tests.integration.scheduler.promises.machine import Promises


def fires_and_losses(it: Promises) -> None:
    it.create("scheduled")
    it.tick()
    it.lose_executor(0)
    it.lose_all_orders()


def by_hand(it: Promises) -> None:
    it.create("listening")
    it.run_by_hand(0, 3, twice=True)


def crash_while_hearing(it: Promises) -> None:
    it.create("listening")
    it.publish(1)
    it.hear("before the commit")


def crash_after_hearing(it: Promises) -> None:
    it.create("listening")
    it.publish(1)
    it.hear("after the commit")


def same_event_later(it: Promises) -> None:
    it.create("counting")
    it.publish(1)
    it.hear()
    it.publish_again(0)
    it.hear()


def failure(it: Promises) -> None:
    begun(it)
    it.end(0, "fail")
    it.close()
    it.admit()
    it.claim(0)


def failure_and_pause(it: Promises) -> None:
    begun(it)
    it.end(0, "fail")
    it.wait()
    it.claim(0)


def begun(it: Promises) -> None:
    it.create("after each end")
    it.run_by_hand(1)
    it.claim(0)


def swept_while_it_runs(it: Promises) -> None:
    begun(it)
    it.sweep()
    it.claim(1)


def back_from_the_dead(it: Promises) -> None:
    begun(it)
    it.lose_executor(0, frozen=True)
    it.sweep()
    it.come_back()
    it.claim(1)
    it.end(0, "fail")


def pause(it: Promises) -> None:
    it.create("after each end")
    it.run_by_hand(1)
    it.pause(0)


def late_result(it: Promises) -> None:
    begun(it)
    it.lose_executor(0, frozen=True)
    it.sweep()
    it.claim(1)
    it.thaw()


def snooze_then_failure(it: Promises) -> None:
    begun(it)
    it.end(0, "snooze")
    it.wait()
    it.claim(0)
    it.end(0, "fail")


def cancelled_too_late(it: Promises) -> None:
    begun(it)
    it.end(0)
    it.cancel(0)


def cancelled_in_time(it: Promises) -> None:
    it.create("after each end")
    it.run_by_hand(1)
    it.cancel(0)
    it.claim(0)


def cancelled_while_it_runs(it: Promises) -> None:
    begun(it)
    it.cancel(0)


def chain(it: Promises) -> None:
    it.create("after success")
    it.run_by_hand(1, 2)
    it.claim(0)
    it.end(0)


def more_than_the_limit(it: Promises) -> None:
    it.create("limited")
    it.run_by_hand(0, 3)
    for _ in range(2):
        it.admit()
        it.claim(0)
