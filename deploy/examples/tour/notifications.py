"""A webhook that hears of the first failure and of the recovery, once each."""

from __future__ import annotations

from deploy.examples.tour.guide import Guide, check


def show(guide: Guide) -> None:
    """Walk through it."""
    secret = {"url": f"{guide.server.url}/hook", "signing_key": "the key of this tour"}
    channel = {"kind": "webhook", "config": {"language": "en"}, "secret": secret}
    guide.call("PUT", "/channels/tour-hook", channel, expect=200)
    guide.tidy("/channels/tour-hook")
    shown = guide.call("GET", "/channels/tour-hook")
    check("/hook" not in str(shown) and shown["has_secret"], "a secret is never shown again")
    answer = guide.call("POST", "/channels/tour-hook/test")
    check(answer["ok"] and guide.server.count("/hook") == 1, "the test button tells the truth")
    task = guide.task(
        "watched",
        "/flaky/2/watched",
        notify=[{"on": ["failure", "recovered"], "channels": ["tour-hook"], "exact": True}],
    )
    for expected in ("failure", "failure", "success"):
        check(guide.ended(guide.run(task))["status"] == expected, f"a run ends with {expected}")
    guide.until("both are told", lambda: guide.server.count("/hook") == 3)
    check(True, "told of the first failure and of the recovery, not of the second failure")
    log = guide.call("GET", f"/notifications?task_id={task}")["items"]
    check(all(each["state"] == "sent" for each in log), "the delivery log has both")
