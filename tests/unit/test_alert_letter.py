"""What is said of alerts, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.notifier.alert_letter import (
    MOST_WORDED,
    AlertPart,
    part_of,
    put_alerts_in_words,
    write_alert_letter,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GROUP = UUID(int=7)
URL = "https://tasks.example.com/"


def an_alert(name: str = "a", *, over: bool = False, **fields: object) -> AlertPart:
    given = {
        "rule": "slow queue",
        "level": "error",
        "reason": None,
        "labels": {"alertname": "slow queue", "severity": "error", "queue": name},
        "annotations": {"summary": f"{name} waits\nand waits"},
        "value": 120.5,
        "starts_at": NOON,
        "ends_at": NOON + timedelta(minutes=5) if over else None,
        **fields,
    }
    return part_of(fingerprint=name, **given)  # type: ignore[arg-type]  # as the test gives them


def words(*alerts: AlertPart, language: str = "en", **labels: str) -> tuple[str, list[str]]:
    letter = write_alert_letter(GROUP, labels, alerts, at=NOON, believed_for=60)
    found = put_alerts_in_words(letter, language, URL)  # type: ignore[arg-type]
    return found.title, found.text.splitlines()


def test_a_letter_names_what_fires_and_what_is_over() -> None:
    title, lines = words(an_alert("b", over=True), an_alert("a"), alertname="slow queue")

    assert title == "[FIRING 1] slow queue"
    assert lines == [
        "Firing: 1",
        (
            "- a waits and waits · slow queue [error] · queue=a · value 120.5"
            " · since 2026-01-01T12:00:00Z"
        ),
        "",
        "Resolved: 1",
        (
            "- b waits and waits · slow queue [error] · queue=b · value 120.5"
            " · from 2026-01-01T12:00:00Z until 2026-01-01T12:05:00Z"
        ),
        "",
        "All alerts: https://tasks.example.com/alerts",
    ]


def test_it_speaks_chinese_too() -> None:
    title, lines = words(an_alert(over=True), language="zh-TW", alertname="佇列過久", queue="a")

    assert title == "[已解除] 佇列過久 (queue=a)"
    assert lines[0] == "已解除：1 則"
    assert "2026-01-01T12:00:00Z 至 2026-01-01T12:05:00Z" in lines[1]


def test_what_could_not_be_measured_is_said() -> None:
    _, lines = words(an_alert(reason="nodata", value=None, annotations={}))

    assert lines[1] == "- slow queue [error] · queue=a · no data · since 2026-01-01T12:00:00Z"


def test_a_group_of_all_alerts_and_a_long_list_are_named_shortly() -> None:
    many = [an_alert(f"q{number}") for number in range(MOST_WORDED + 3)]
    title, lines = words(*many)

    assert title == f"[FIRING {len(many)}] all alerts"
    assert lines[MOST_WORDED + 1] == "3 more are not listed"
