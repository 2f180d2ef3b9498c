"""A letter has words in both languages for every event, and an alert for Alertmanager."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from services.notifier.channels.alertmanager import alerts
from services.notifier.channels.email import SmtpServer, message
from services.notifier.channels.parcel import Parcel
from services.notifier.letter import (
    Letter,
    more_letter,
    put_in_words,
    run_url,
    trial_letter,
    write_letter,
)
from services.notifier.rules import decide
from shared.contracts.notifications import AlertmanagerConfig, ChannelConfig, EmailConfig, NoSecret
from shared.contracts.policy import NotifyRule
from shared.contracts.runs import RunStatus
from shared.domain.texts.catalog import Language
from tests.support.cases import table
from tests.unit.test_notifier_rules import a_task, an_end

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVENTS = get_args(get_args(NotifyRule.model_fields["on"].annotation)[0])
MAINLAND = ("队", "日志", "默认", "配置", "信息", "任务")


def a_letter(event: str = "failure") -> Letter:
    task = a_task(notify_on_failure=True, recipients=("ops",))
    fact = an_end(RunStatus.FAILURE, error="disk full")
    (notice,) = decide(task, fact, [], lambda: UUID(int=5)).notices
    return write_letter(task, fact, notice).model_copy(update={"event": event})


def a_parcel(letter: Letter, config: ChannelConfig) -> Parcel:
    return Parcel(
        id=UUID(int=9),
        letter=letter,
        words=put_in_words(letter, config.language, ""),
        url=None,
        config=config,
        secret=NoSecret(),
    )


@table("language", ["zh-TW", "en"])
@table("event", EVENTS)
def test_every_event_has_words(event: str, language: Language) -> None:
    words = put_in_words(a_letter(event), language, "https://tasks.example.com")

    assert "Report" in words.title
    assert "disk full" in words.text
    assert "https://tasks.example.com/" in words.text
    assert "{" not in words.title + words.text
    assert not any(each in words.title + words.text for each in MAINLAND)


@table("language", ["zh-TW", "en"])
def test_a_test_says_that_it_is_one(language: Language) -> None:
    letter = trial_letter("ops", now=NOON, run_id=UUID(int=3))

    assert "ops" in put_in_words(letter, language, "").text
    assert run_url(letter, "https://tasks.example.com") is None


def test_a_letter_survives_being_stored() -> None:
    letter = a_letter()

    assert Letter.model_validate_json(letter.model_dump_json()) == letter


def test_a_long_error_is_cut() -> None:
    task = a_task(notify_on_failure=True, recipients=("ops",))
    fact = an_end(RunStatus.FAILURE, error="x" * 100_000)
    (notice,) = decide(task, fact, [], lambda: UUID(int=5)).notices

    assert len(write_letter(task, fact, notice).error or "") < 2_100


def test_a_task_name_cannot_add_a_header_to_a_mail() -> None:
    letter = a_letter().model_copy(update={"task_name": "a\r\nBcc: boss@example.com"})
    mail = message(a_parcel(letter, EmailConfig(to=["a@b.c"])), EmailConfig(to=["a@b.c"]), "us@b.c")

    assert "Bcc" not in mail
    assert mail["Subject"].startswith("「a Bcc: boss")


@table(("event", "fires"), [("failure", True), ("success", False)])
def test_an_alert_that_is_no_trouble_does_not_stay(event: str, *, fires: bool) -> None:
    letter = a_letter(event)
    if not fires:
        letter = letter.model_copy(update={"incident": None})
    (made,) = alerts(a_parcel(letter, AlertmanagerConfig()))

    assert made["labels"]["severity"] == ("critical" if fires else "info")
    assert (made["endsAt"] > "2026-01-02") is fires


def test_a_late_run_is_an_alert_that_ends_by_itself() -> None:
    late = a_letter("late").model_copy(update={"incident": None})

    (made,) = alerts(a_parcel(late, AlertmanagerConfig()))

    assert made["labels"]["severity"] == "critical"
    assert made["endsAt"] == "2026-01-01T12:05:00Z"


@table(
    ("event", "reason", "outcome", "words"),
    [
        ("missed", "misfire.policy_skip", "missed", "Missed its time; the policy is not to"),
        ("skipped", "lock.taken:account:7", "skipped_lock", "the target account:7"),
        ("skipped", None, "skipped_overlap", "another run of the task was live"),
        ("late", "no_executor", None, "No live executor can take it"),
        ("cancelled", "fixed by hand", "cancelled", "fixed by hand"),
    ],
)
def test_a_reason_is_told_in_words(
    event: str, reason: str | None, outcome: str | None, words: str
) -> None:
    letter = a_letter(event).model_copy(update={"reason": reason, "outcome": outcome})

    text = put_in_words(letter, "en", "").text

    (line,) = (each for each in text.splitlines() if each.startswith("Reason: "))
    assert words in line


def test_why_a_run_was_cancelled_is_told_in_words() -> None:
    letter = a_letter("cancelled").model_copy(update={"error": "concurrency.cancel_oldest"})

    text = put_in_words(letter, "en", "").text

    assert "a newer one had the oldest cancelled" in text
    assert "cancel_oldest" not in text


@table("language", ["zh-TW", "en"])
def test_one_message_stands_for_many(language: Language) -> None:
    letter = more_letter("ops", run_id=UUID(int=3), since=NOON)

    words = put_in_words(
        letter.model_copy(update={"more": 970, "more_tasks": 12}), language, "https://a.example"
    )

    assert "970" in words.title
    assert "12" in words.text
    assert "channel=ops&state=folded" in words.text
    assert "{" not in words.title + words.text


@table(
    ("url", "expected"),
    [
        ("smtp://mail", ("mail", 25, None, False, None)),
        ("smtps://mail", ("mail", 465, None, True, None)),
        ("smtp://me:p%40ss@mail:587?starttls=require", ("mail", 587, "p@ss", False, True)),
    ],
)
def test_a_mail_server_is_named_by_a_url(url: str, expected: tuple[object, ...]) -> None:
    server = SmtpServer.parse(url)

    found = (server.host, server.port, server.password, server.tls, server.starttls)
    assert found == expected


@table("url", ["smtp://mail", "smtp://me:secret@mail"])
def test_a_file_with_a_password_needs_a_user_and_no_other_password(url: str) -> None:
    with pytest.raises(ValueError, match="AUTOMATION_SMTP_PASSWORD_FILE needs") as refused:
        SmtpServer.parse(url, Path("password"))
    assert "secret" not in str(refused.value)


@table("url", ["mail", "http://mail", "smtp://", "smtp://a?starttls=maybe"])
def test_what_names_no_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="AUTOMATION_SMTP_URL must be"):
        SmtpServer.parse(url)
