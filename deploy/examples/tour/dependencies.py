"""What runs after what."""

from __future__ import annotations

from deploy.examples.guide import Guide, check


def show(guide: Guide) -> None:
    """Walk through it."""
    _after_success(guide)
    _rules(guide)
    _cycle(guide)


def _after_success(guide: Guide) -> None:
    after = guide.task("after", "/after")
    first = guide.task("first", "/first", dependent_tasks=[after])
    guide.ended(guide.run(first))
    guide.until("the next one ran", lambda: guide.server.count("/after") == 1)
    check(True, "a task that succeeds starts its dependent tasks")
    broken = guide.task("broken", "/status/500", dependent_tasks=[after])
    guide.ended(guide.run(broken))
    graph = guide.call("GET", f"/automation-tasks/{first}/graph")
    check(len(graph["edges"]) >= 1, "the graph shows who starts whom")
    check(guide.server.count("/after") == 1, "one that fails does not")


def _rules(guide: Guide) -> None:
    good, bad = guide.task("good", "/good"), guide.task("bad", "/status/500/bad")
    join = {"tasks": [good, bad]}
    both = guide.task("both", "/both", depends_on={**join, "rule": "all_success"})
    done = guide.task("done", "/done", depends_on={**join, "rule": "all_done"})
    guide.ended(guide.run(good))
    guide.ended(guide.run(bad))
    guide.until("all_done is met", lambda: guide.server.count("/done") == 1)
    check(True, "all_done: both ended, however")
    found = guide.until("all_success is decided", lambda: guide.occurrences(both))
    check(found[0]["outcome"] == "upstream_failed", f"all_success: {found[0]['outcome']}")
    check(guide.server.count("/both") == 0 and done, "and it did not run")


def _cycle(guide: Guide) -> None:
    one = guide.task("one")
    two = guide.task("two", dependent_tasks=[one])
    guide.call("PUT", f"/automation-tasks/{one}", {"dependent_tasks": [two]}, expect=422)
    check(True, "a cycle is refused")
