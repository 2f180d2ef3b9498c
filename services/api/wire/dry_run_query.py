"""`?dry_run=true`: tell what a request would do, and do nothing.

A change of a task is told by `dry_run.py`. Every other change is carried out in a transaction that
is taken back, and the answer that it would have got is told (`idempotency.once`). Where neither can
be done the question is refused, so that nobody who asks for a rehearsal gets the real thing.
"""

from __future__ import annotations

from fastapi import Request

from services.api.wire.answers import Answer
from services.api.wire.problems import Refused
from shared.domain.errors import Problem

NAME = "dry_run"
BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

#: Routes, by name, that answer with what would change.
PLANNED = frozenset({"create_task", "create_task_from_template", "update_task", "delete_task"})
#: Routes that answer with the answer that they would have given.
REHEARSED = frozenset(
    {
        "acknowledge_alert",
        "cancel_task_bulk",
        "create_saved_view",
        "delete_saved_view",
        "start_task_bulk",
        "undo_task_bulk",
        "update_saved_view",
        "create_alert_rule",
        "create_alert_silence",
        "delete_alert_rule",
        "delete_alert_silence",
        "expire_alert_silence",
        "update_alert_rule",
        "update_alert_settings",
        "update_alert_silence",
        "approve_script",
        "change_accounts",
        "create_account",
        "create_backfill",
        "create_runs",
        "create_script",
        "create_token",
        "create_user",
        "create_user_link",
        "unlink_user",
        "delete_account",
        "delete_backup",
        "delete_calendar",
        "delete_channel",
        "delete_queue",
        "delete_queue_override",
        "delete_script",
        "delete_secret",
        "delete_user",
        "disable_script",
        "discard_dead_letter",
        "discard_dead_runs",
        "drain_executor",
        "hold_account",
        "pause_all",
        "pause_queue",
        "publish_script",
        "post_events",
        "put_calendar",
        "put_channel",
        "put_queue",
        "put_queue_override",
        "put_secret",
        "receive_alerts",
        "reject_script",
        "release_account",
        "replay_events",
        "requeue_dead_run",
        "requeue_dead_runs",
        "retry_run",
        "resend_notification",
        "resend_dead_letter",
        "resume_all",
        "resume_executor",
        "resume_queue",
        "revoke_token",
        "start_account",
        "stop_account",
        "update_account",
        "submit_script",
        "update_script",
        "update_user",
        "verify_backup",
    }
)


def asks_for_dry_run(request: Request) -> bool:
    """Return whether *request* is only to be told.

    Raises:
        Refused: 400, it says neither yes nor no.
    """
    values = request.query_params.getlist(NAME) or [""]
    word = values[0].lower()
    if len(values) > 1 or word not in BOOLEANS:
        code = "query.repeated" if len(values) > 1 else "field.choice"
        allowed = {"allowed": ", ".join(each for each in BOOLEANS if each)}
        raise Refused(400, "query.invalid", problems=[Problem(f"/query/{NAME}", code, allowed)])
    return BOOLEANS[word]


def refuse_what_cannot_be_rehearsed(request: Request) -> None:
    """Look whether the route of *request* can do a dry run, if one is asked for.

    Raises:
        Refused: 400, it cannot.
    """
    if request.method in _READING or NAME not in request.query_params:
        return
    name = request.scope["route"].name
    if asks_for_dry_run(request) and name not in PLANNED | REHEARSED:
        problem = Problem(f"/query/{NAME}", "dry_run.not_here")
        raise Refused(400, "query.invalid", problems=[problem])


def told(answer: Answer) -> Answer:
    """Return what is answered in the stead of *answer*, which was taken back."""
    head = f'{{"dry_run":true,"valid":true,"problems":[],"status":{answer.status},"answer":'
    body = head.encode() + (answer.body or b"null") + b"}"
    kept = {name: value for name, value in answer.headers.items() if name == "Content-Language"}
    return Answer(200, body, kept)
