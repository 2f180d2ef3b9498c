"""Why did it not run? Every fire has one outcome and its reason; every run has a timeline."""

from __future__ import annotations

from deploy.examples.guide import Guide, check, say


def show(guide: Guide) -> None:
    """Walk through it."""
    task = guide.task(
        "switched off",
        "/off",
        task_type="scheduled",
        schedule_config={"interval_seconds": 1},
        enabled=False,
    )
    found = guide.until("two fires pass", lambda: guide.occurrences(task)[1:])
    check(found[0]["outcome"] == "skipped_paused", f"each fire tells why: {found[0]['reason']}")
    check(guide.occurrences(task, "&outcome=fired") == [], "and can be asked for by its outcome")
    manual = guide.task("seen", "/flaky/1/seen", retry={"initial_interval_seconds": 0.2})
    run = guide.ended(guide.run(manual))
    events = [each["event"] for each in guide.read(run["id"])["timeline"]]
    say(f"   timeline: {' > '.join(events)}")
    check(
        events[0] == "due" and events[-1] == "finished",
        "a run tells its story from due to finished",
    )
    check(events.count("started") == 2, "with each of its attempts")
