"""A webhook: one JSON document, signed so that its receiver can tell that it is ours.

    POST <url>
    Content-Type: application/json
    Idempotency-Key: <id>                         the same for each try of one delivery
    X-Automation-Event: failure
    X-Automation-Signature: t=1795539600,v1=<hex> HMAC-SHA256(key, "<t>." + body), if there is a key

    {"v": 1, "id": "…", "event": "failure", "at": "…",
     "title": "…", "text": "…",                   in the channel's language
     "task": {"id": "…", "name": "…"},
     "run": {"id": "…", "trigger": "schedule", "scheduled_for": "…", "started_at": "…",
             "attempt": 3, "status": "failure", "outcome": null, "reason": null,
             "error": "…", "result": null, "url": "…"},
     "incident": {"id": "…", "class": "failure", "since": "…", "count": 2},
     "more": 0}                                   of the event `more`: messages not sent one by one

Of alerts (`alert.firing`; `alert.resolved` once nothing of the group fires any more):

    {"v": 1, "id": "…", "event": "alert.firing", "at": "…", "title": "…", "text": "…", "url": "…",
     "group": {"id": "…", "labels": {"alertname": "…"}},
     "alerts": [{"fingerprint": "…", "status": "firing", "rule": "…", "level": "error",
                 "reason": null, "value": "12.5", "labels": {…}, "annotations": {…},
                 "startsAt": "…", "endsAt": null}]}

A receiver checks the signature over the bytes that came, and that `t` is not long ago.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.notifier.alert_letter import AlertLetter, AlertPart
from services.notifier.channels.http_post import HttpPost
from services.notifier.channels.parcel import Parcel
from services.notifier.letter import Letter
from shared.contracts.notifications import WebhookSecret
from shared.domain.instant import format_instant


class Webhook:
    """Sends through `HttpPost`."""

    def __init__(self, http: HttpPost, now: Callable[[], float]) -> None:
        self._http = http
        self._now = now

    async def send(self, parcel: Parcel) -> str:
        assert isinstance(parcel.secret, WebhookSecret)  # noqa: S101 - the post office read it
        body = document(parcel)
        headers = {
            "Idempotency-Key": str(parcel.id),
            "X-Automation-Event": parcel.letter.event,
        }
        if parcel.secret.signing_key:
            signed = signature(parcel.secret.signing_key, body, at=int(self._now()))
            headers["X-Automation-Signature"] = signed
        return await self._http.post(parcel.secret.url, body, headers, witness=parcel.witness)


def signature(key: str, body: bytes, *, at: int) -> str:
    """Return the header by which a receiver knows that *body* is ours."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def document(parcel: Parcel) -> bytes:
    """Return the body."""
    letter = parcel.letter
    value: dict[str, Any] = {
        "v": 1,
        "id": str(parcel.id),
        "event": letter.event,
        "at": format_instant(letter.at),
        "title": parcel.words.title,
        "text": parcel.words.text,
        **(
            _of_alerts(letter, parcel.url)
            if isinstance(letter, AlertLetter)
            else _of_a_run(letter, parcel.url)
        ),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _of_alerts(letter: AlertLetter, url: str | None) -> dict[str, Any]:
    return {
        "url": url,
        "group": {"id": str(letter.group_id), "labels": dict(letter.labels)},
        "alerts": [_alert(each) for each in letter.alerts],
    }


def _alert(alert: AlertPart) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "status": alert.status,
        "rule": alert.rule,
        "level": alert.level,
        "reason": alert.reason,
        "value": alert.value or None,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": format_instant(alert.starts_at),
        "endsAt": _instant(alert.ends_at),
    }


def _of_a_run(letter: Letter, url: str | None) -> dict[str, Any]:
    incident = letter.incident
    return {
        "task": {"id": str(letter.task_id), "name": letter.task_name},
        "run": _run(letter, url),
        "incident": incident
        and {
            "id": str(incident.id),
            "class": incident.failure_class,
            "since": format_instant(incident.since),
            "count": incident.count,
        },
        "more": letter.more,
    }


def _run(letter: Letter, url: str | None) -> dict[str, Any]:
    return {
        "id": str(letter.run_id),
        "trigger": letter.trigger,
        "scheduled_for": format_instant(letter.scheduled_for),
        "started_at": _instant(letter.started_at),
        "attempt": letter.attempt,
        "status": letter.status,
        "outcome": letter.outcome,
        "reason": letter.reason,
        "error": letter.error,
        "result": letter.result,
        "url": url,
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None
