"""What a change would do, before it is made."""

from __future__ import annotations

from deploy.examples.guide import Guide, check, say


def show(guide: Guide) -> None:
    """Walk through it."""
    schedule = {"cron": "0 9 * * *", "timezone": "Asia/Taipei"}
    task = guide.task("daily", task_type="scheduled", schedule_config=schedule)
    path = f"/automation-tasks/{task}"
    before = guide.call("GET", path)
    hourly = {"schedule_config": {"cron": "0 * * * *", "timezone": "Asia/Taipei"}}
    answer = guide.call("PUT", f"{path}?dry_run=true", hourly)
    say(f"   {answer['summary']}")
    check(answer["fires_added"] > answer["fires_removed"], "hourly instead of daily: more fires")
    check(not answer["fires_now"], "and none at once")
    check(guide.call("GET", path)["version"] == before["version"], "nothing was changed")
    answer = guide.call("DELETE", f"{path}?dry_run=true")
    check(answer["fires_after"] == [], "a delete would leave no fires")
    check(guide.call("GET", path)["id"] == task, "and was not made")
    paused = guide.call("PUT", f"{path}?dry_run=true", {"enabled": False})
    check(paused["fires_removed"] == 7, "a pause would take the seven fires of a week")
    told = guide.call("POST", "/pause?dry_run=true")
    check(told["answer"]["paused"], "a pause of everything would be answered like this")
    check(not guide.call("GET", "/pause")["paused"], "and nothing is paused")
    guide.call("POST", f"{path}/run?dry_run=true", expect=400)
    by_hand = [each for each in guide.occurrences(task) if each["trigger"] == "manual"]
    check(not by_hand, "what cannot be tried is not done either")
