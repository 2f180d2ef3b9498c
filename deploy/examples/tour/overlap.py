"""What a run does while another one of its task is live; unique runs; backfill; blackouts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from deploy.examples.guide import Guide, check


def show(guide: Guide) -> None:
    """Walk through it."""
    for policy, expected in {
        "skip": "skipped_overlap",
        "buffer_one": "fired",
        "buffer_all": "fired",
        "cancel_other": "fired",
        "terminate_other": "fired",
        "allow_all": "fired",
    }.items():
        _second_run(guide, policy, expected)
    _unique(guide)
    _backfill(guide)
    _blackout(guide)


def _second_run(guide: Guide, policy: str, expected: str) -> None:
    task = guide.task(f"overlap {policy}", f"/delay/2/{policy}", overlap=policy)
    first = guide.run(task)
    guide.until("the first one runs", lambda: guide.server.count(f"/delay/2/{policy}"))
    second = guide.run(task)

    def decided() -> str | None:
        for each in guide.occurrences(task):
            if each["run_id"] == second or each["outcome"] == "skipped_overlap":
                return None if each.get("waits_for") else str(each["outcome"])
        return None

    outcome = guide.until("the second one is decided", decided)
    check(outcome == expected, f"{policy}: the second run is {outcome}")
    status = guide.ended(first)["status"]
    stopped = policy in ("cancel_other", "terminate_other")
    check((status == "cancelled") is stopped, f"{policy}: the first one ended with {status}")
    if expected == "fired":
        check(guide.ended(second)["status"] == "success", f"{policy}: the second one worked")


def _unique(guide: Guide) -> None:
    task = guide.task("unique", "/delay/1/unique", unique={})
    runs = [guide.run(task) for _ in range(3)]
    guide.ended(runs[0])
    outcomes = sorted(each["outcome"] for each in guide.occurrences(task))
    check(outcomes == ["deduped", "deduped", "fired"], "asked for three times, run once")


def _backfill(guide: Guide) -> None:
    schedule = {"cron": "0 * * * *"}
    task = guide.task("hourly", "/backfill", task_type="scheduled", schedule_config=schedule)
    end = datetime.now(UTC).replace(minute=30) - timedelta(hours=2)
    answer = guide.call(
        "POST",
        f"/automation-tasks/{task}/backfills",
        {"from": (end - timedelta(hours=5)).isoformat(), "to": end.isoformat()},
        expect=202,
    )
    check(answer["fires"] == 5, "five hours of the past are asked for")
    guide.until("all have run", lambda: guide.server.count("/backfill") == 5)
    check(True, "each of them ran once, one after the other")


def _blackout(guide: Guide) -> None:
    today = datetime.now(UTC).date()
    spec = {"dates": [{"from": str(today), "to": str(today + timedelta(days=1))}]}
    guide.call("PUT", "/calendars/tour-freeze", spec)
    guide.tidy("/calendars/tour-freeze")
    task = guide.task(
        "frozen",
        "/frozen",
        task_type="scheduled",
        schedule_config={"interval_seconds": 1},
        blackout={"calendars": ["tour-freeze"]},
    )
    found = guide.until("a fire is due", lambda: guide.occurrences(task))
    check(found[0]["outcome"] == "skipped_blackout", f"a calendar says no: {found[0]['reason']}")
    check(guide.server.count("/frozen") == 0, "nothing ran")
