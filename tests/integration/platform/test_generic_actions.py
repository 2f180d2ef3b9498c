"""The generic actions as the API shows them, and what it says of parameters that do not fit."""

from __future__ import annotations

from typing import Any

from tests.integration.platform.floor import Platform

BASE = "/api/v1/group-ai"
GENERIC = (
    *("http_request", "nats_publish", "nats_request", "noop", "python", "shell", "sql"),
    "wait_for_event",
)


async def test_the_catalogue_shows_them(platform: Platform) -> None:
    shown = (await platform.http.get(f"{BASE}/automation-actions")).json()

    by_name = {each["name"]: each for each in shown}
    assert {*GENERIC} <= by_name.keys()
    assert "argv" in str(by_name["shell"])
    assert "等待事件" in str(by_name["wait_for_event"])


async def test_what_does_not_fit_is_refused_at_creation_with_the_field_named(
    platform: Platform,
) -> None:
    bad: list[tuple[str, dict[str, Any], str, str]] = [
        ("shell", {"argv": ["./rm"]}, "/argv", "絕對路徑"),
        ("sql", {"dsn": "db", "statement": "DROP x"}, "/statement", "SELECT"),
        (
            "http_request",
            {"url": "http://x", "expect_json": [{"path": "a.b"}]},
            "/expect_json/0/path",
            "JSON 位置",
        ),
        ("nats_request", {"subject": "rpc.api.tasks"}, "/subject", "屬於系統本身"),
        ("python", {"function": "a b"}, "/function", "進入點"),
        ("wait_for_event", {"subject": "event.a", "condition": "a >"}, "/condition", "條件"),
        ("noop", {"seconds": -1}, "/seconds", "0"),
    ]
    for action, config, pointer, words in bad:
        task = {
            "name": "x",
            "task_type": "manual",
            "task_action": action,
            "action_config": config,
        }
        answer = await platform.http.post(
            f"{BASE}/automation-tasks", json=task, headers={"Accept-Language": "zh-TW"}
        )

        assert answer.status_code == 422, action
        found = {each["pointer"]: each["detail"] for each in answer.json()["errors"]}
        assert words in found[f"/action_config{pointer}"]
