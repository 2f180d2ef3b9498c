"""A signed webhook that hears of the first failure and of the recovery; alerts that come in."""

from __future__ import annotations

import hashlib
import hmac

from deploy.examples.guide import Call, Guide, check

KEY = "the key of this tour"


def show(guide: Guide) -> None:
    """Walk through it."""
    _channel(guide)
    _incident(guide)
    _names(guide)
    _alerts(guide)


def _channel(guide: Guide) -> None:
    secret = {"url": f"{guide.server.url}/hook", "signing_key": KEY}
    channel = {"kind": "webhook", "config": {"language": "en"}, "secret": secret}
    guide.call("PUT", "/channels/tour-hook", channel, expect=200)
    guide.tidy("/channels/tour-hook")
    shown = guide.call("GET", "/channels/tour-hook")
    check("/hook" not in str(shown) and shown["has_secret"], "a secret is never shown again")
    answer = guide.call("POST", "/channels/tour-hook/test")
    check(answer["ok"] and guide.server.count("/hook") == 1, "the test button tells the truth")


def _incident(guide: Guide) -> None:
    task = guide.task(
        "watched",
        "/flaky/2/watched",
        notify=[{"on": ["failure", "recovered"], "channels": ["tour-hook"], "exact": True}],
    )
    for expected in ("failure", "failure", "success"):
        check(guide.ended(guide.run(task))["status"] == expected, f"a run ends with {expected}")
    guide.until("both are told", lambda: guide.server.count("/hook") == 3)
    check(True, "told of the first failure and of the recovery, not of the second failure")
    hooks = [each for each in guide.server.calls if each.path.startswith("/hook")]
    check(all(_is_signed(each) for each in hooks), "each message is signed with the channel's key")
    log = guide.until(
        "the delivery log has both",
        lambda: _sent(guide.call("GET", f"/notifications?task_id={task}")),
    )
    check(len(log) == 2, "the delivery log has both")
    (incident,) = guide.call("GET", f"/incidents?task_id={task}")["items"]
    check(
        incident["count"] == 2 and incident["closed_at"],
        "one incident of two failures, closed by the success",
    )


def _sent(page: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    items = page["items"]
    return items if all(each["state"] == "sent" for each in items) else []


def _is_signed(call: Call) -> bool:
    """Do what a receiver should do."""
    marks = dict(part.split("=", 1) for part in call.headers["X-Automation-Signature"].split(","))
    digest = hmac.new(KEY.encode(), f"{marks['t']}.".encode() + call.body, hashlib.sha256)
    return hmac.compare_digest(marks["v1"], digest.hexdigest())


def _names(guide: Guide) -> None:
    guide.call("DELETE", "/channels/tour-hook", expect=409)
    check(True, "a channel that a task names is not deleted")
    body = {"name": "tour: typo", "task_type": "manual", "task_action": "http_request"}
    body |= {"action_config": {"url": guide.server.url}}  # type: ignore[dict-item]
    rule = {"on": ["failure"], "channels": ["tour-hok"]}
    guide.call("POST", "/automation-tasks", {**body, "notify": [rule]}, expect=422)
    check(True, "nor does a rule name one that does not exist")


def _alerts(guide: Guide) -> None:
    guide.task(
        "on alert",
        "/alerted",
        task_type="triggered",
        trigger_config={
            "subject": "event.alertmanager.firing",
            "condition": 'labels.alertname == "TourDiskFull"',
        },
    )
    alert = {"labels": {"alertname": "TourDiskFull"}, "startsAt": "2026-01-01T12:00:00Z"}
    alert |= {"status": "firing", "fingerprint": guide.unique()}
    for _ in range(2):
        guide.call("POST", "/alertmanager", {"alerts": [alert]}, expect=202)
    guide.until("the task runs", lambda: guide.server.count("/alerted"))
    check(
        guide.server.count("/alerted") == 1,
        "an alert of Alertmanager starts a task, once however often it is repeated",
    )
