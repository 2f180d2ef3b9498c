"""Attempts, time-outs, cancel, dead letters."""

from __future__ import annotations

from deploy.examples.guide import Guide, check

QUICK = {"max_attempts": 3, "initial_interval_seconds": 0.2, "backoff": 2.0, "jitter": 0.0}


def show(guide: Guide) -> None:
    """Walk through it."""
    _retried(guide)
    _timed_out(guide)
    _cancelled(guide)
    _dead(guide)


def _retried(guide: Guide) -> None:
    task = guide.task("fails twice, then works", "/flaky/2/a", retry=QUICK)
    row = guide.ended(guide.run(task))
    check(row["status"] == "success", "the third attempt worked")
    statuses = [each["status"] for each in guide.read(row["id"])["attempts"]]
    check(statuses == ["failure", "failure", "success"], f"attempts side by side: {statuses}")
    counts = guide.call("GET", f"/automation-tasks/{task}")
    check((counts["run_count"], counts["failure_count"]) == (1, 0), "counted once, as a success")


def _timed_out(guide: Guide) -> None:
    task = guide.task("too slow", "/delay/5", timeout_seconds=1)
    row = guide.ended(guide.run(task))
    check(row["status"] == "timed_out", f"stopped at its limit: {row['error_message']}")


def _cancelled(guide: Guide) -> None:
    task = guide.task("to be stopped", "/delay/20/stop")
    run = guide.run(task)
    guide.until("it runs", lambda: guide.server.count("/delay/20/stop"))
    answer = guide.call("POST", f"/automation-runs/{run}/cancel", {"reason": "the tour"})
    check(guide.ended(run)["status"] == "cancelled", f"a live run was stopped: {answer['state']}")
    again = guide.call("POST", f"/automation-runs/{run}/cancel")
    check(again["state"] == "ended", "cancelling it again says that it is over")
    task = guide.task(
        "between two attempts", "/status/503", retry={**QUICK, "initial_interval_seconds": 60}
    )
    run = guide.run(task)
    guide.until("its first attempt fails", lambda: guide.read(run)["waits_for"])
    guide.call("POST", f"/automation-runs/{run}/cancel")
    check(guide.ended(run)["status"] == "cancelled", "so was one that waited for its next attempt")


def _dead(guide: Guide) -> None:
    task = guide.task("never works", "/status/503/dead", retry=QUICK)
    run = guide.run(task)
    check(guide.ended(run)["status"] == "failure", "after the last attempt it failed for good")
    listed = guide.until(
        "it lies with the dead",
        lambda: guide.call("GET", f"/dead-runs?state=open&task_id={task}")["items"],
    )
    check([each["run_id"] for each in listed] == [run], "it lies with the dead")
    params = {"url": f"{guide.server.url}/ok/requeued"}
    answer = guide.call("POST", f"/dead-runs/{run}/requeue", {"params": params})
    check(
        guide.ended(answer["new_run_id"])["status"] == "success", "edited and requeued, it worked"
    )
