"""Queues with limits, priorities, pauses; a run that nobody can take; locks across tasks."""

from __future__ import annotations

from deploy.examples.guide import Guide, check, say


def show(guide: Guide) -> None:
    """Walk through it."""
    _limit(guide)
    _priority_and_pause(guide)
    _nobody(guide)
    _locks(guide)


def _most_at_once(rows: list[tuple[str, str]]) -> int:
    """Return how many of these (start, end) were under way at once, at most."""
    edges = sorted([(start, 1) for start, _ in rows] + [(end, -1) for _, end in rows])
    most = live = 0
    for _, step in edges:
        live += step
        most = max(most, live)
    return most


def _limit(guide: Guide) -> None:
    task = guide.task("at most two", "/delay/0.4/two", concurrency={"limit": 2})
    rows = [guide.ended(run) for run in [guide.run(task) for _ in range(6)]]
    most = _most_at_once([(row["started_at"], row["completed_at"]) for row in rows])
    check(most == 2, f"six asked for, {most} at once")


def _priority_and_pause(guide: Guide) -> None:
    # The default queue: every executor takes it.
    guide.call("PUT", "/queues/default", {"concurrency": 1})
    guide.tidy("/queues/default")
    guide.call("POST", "/queues/default/pause")
    low = guide.task("low", "/low", priority=5)
    high = guide.task("high", "/high", priority=1)
    runs = [guide.run(low), guide.run(low), guide.run(high)]
    guide.until("it waits", lambda: guide.read(runs[2])["waits_for"] == "queue_paused")
    say("   the queue is paused; three runs wait in it")
    guide.call("POST", "/queues/default/resume")
    rows = [guide.ended(run) for run in runs]
    check(
        rows[2]["started_at"] < min(rows[0]["started_at"], rows[1]["started_at"]),
        "the last one asked for came first: its priority is 1",
    )


def _nobody(guide: Guide) -> None:
    task = guide.task("nobody", selector={"labels": {"region": "moon"}})
    run = guide.run(task)
    guide.until("it is told", lambda: guide.read(run)["waits_for"] == "no_executor")
    check(True, "a run that no live executor can take says so: no_executor")
    answer = guide.call("POST", f"/automation-runs/{run}/cancel")
    check(answer["state"] == "cancelled", "and can be taken back")


def _locks(guide: Guide) -> None:
    tasks = [
        guide.task(name, f"/delay/0.5/{name}", locks=["account:7"]) for name in ("start", "stop")
    ]
    rows = [guide.ended(run) for run in [guide.run(task) for task in tasks]]
    most = _most_at_once([(row["started_at"], row["completed_at"]) for row in rows])
    check(most == 1, "two tasks that need the same account take turns")
