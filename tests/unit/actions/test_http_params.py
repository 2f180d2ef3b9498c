"""What of a web request is refused when its task is saved, and what the form says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions.http.params import HttpRequestParams
from services.executor.actions.http.request import pause_asked_for
from tests.support.cases import table

KEY = "AUTOMATION_SECRET_HOOK"


@table(
    ("given", "code"),
    [
        ({"url": "ftp://x"}, "url.scheme"),
        ({"url": "http://169.254.169.254"}, "url.address"),
        ({"url": "http://u:p@x"}, "url.userinfo"),
        ({"url": "http://x", "method": "get"}, "literal_error"),
        ({"url": "http://x", "method": "TRACE"}, "literal_error"),
        ({"url": "http://x", "method": "GET\r\n"}, "literal_error"),
        ({"url": "http://x", "headers": {"X": "a\r\nHost: evil"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X": "a\n"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X\n": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X Y": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X:": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X": "中"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"Host": "a"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"content-LENGTH": "1"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"Transfer-Encoding": "chunked"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"Idempotency-Key": "a"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"X-Automation-Attempt": "9"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"A": "1", "a": "2"}}, "header.duplicate"),
        ({"url": "http://x", "headers": {f"X-{n}": "" for n in range(51)}}, "too_long"),
        ({"url": "http://x", "json": {}, "body": ""}, "body.exclusive"),
        ({"url": "http://x", "json": "x" * 50_000}, "body.too_large"),
        ({"url": "http://x", "body": "中" * 17_000}, "body.too_large"),
        ({"url": "http://x", "query": {"a": "x" * 9_000}}, "url.too_long"),
        ({"url": "http://x", "expect_status": ["200-"]}, "status.range"),
        ({"url": "http://x", "expect_status": ["299-200"]}, "status.range"),
        ({"url": "http://x", "expect_status": [999]}, "status.range"),
        ({"url": "http://x", "expect_status": []}, "too_short"),
        ({"url": "http://x", "timeout_seconds": 0}, "greater_than_equal"),
        ({"url": "http://x", "timeout_seconds": 301}, "less_than_equal"),
        ({"url": "http://x", "hmac": {"secret_env": "HOME"}}, "string_pattern_mismatch"),
        ({"url": "http://x", "hmac": {"secret_env": "AUTOMATION_DATABASE_URL"}}, "string_pattern"),
        ({"url": "http://x", "hmac": {}}, "hmac.key"),
        ({"url": "http://x", "hmac": {"secret_env": "AUTOMATION_SECRET_KEY"}}, "hmac.own"),
        ({"url": "http://x", "hmac": {"secret_env": KEY, "secret": "a"}}, "hmac.key"),
        ({"url": "http://x", "hmac": {"secret": "S3cret!"}}, "string_pattern_mismatch"),
        ({"url": "http://x", "auth": {"type": "bearer", "secret": "Bad Name"}}, "string_pattern"),
        ({"url": "http://x", "auth": {"type": "basic", "secret": "a"}}, "auth.basic"),
        (
            {"url": "http://x", "auth": {"type": "basic", "secret": "a", "username": "a:b"}},
            "auth.username",
        ),
        ({"url": "http://x", "auth": {"type": "header", "secret": "a"}}, "auth.header"),
        (
            {"url": "http://x", "auth": {"type": "header", "secret": "a", "header": "Host"}},
            "header.reserved",
        ),
        (
            {
                "url": "http://x",
                "auth": {"type": "bearer", "secret": "a"},
                "headers": {"authorization": "x"},
            },
            "header.reserved",
        ),
        ({"url": "http://x", "expect_json": [{"path": "a"}]}, "path.json"),
        ({"url": "http://x", "capture": {"a": "a"}}, "path.json"),
        ({"url": "http://x", "capture": {"a b": "$"}}, "string_pattern"),
        ({"url": "http://x", "busy_retries": 11}, "less_than_equal"),
        (
            {"url": "http://x", "hmac": {"secret_env": KEY, "header": "Host"}},
            "header.reserved",
        ),
        ({"url": "http://x", "json_body": 1}, "extra_forbidden"),
        ({}, "missing"),
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpRequestParams.model_validate(given)

    assert caught.value.errors()[0]["type"].startswith(code)


def test_the_form_speaks_both_languages() -> None:
    schema = HttpRequestParams.model_json_schema()

    assert list(schema["properties"])[:3] == ["url", "method", "headers"]
    assert schema["required"] == ["url"]
    assert "json" in schema["properties"]
    inner = (schema["$defs"][name]["properties"] for name in ("Hmac", "Auth", "Expectation"))
    for shown in [
        *schema["properties"].values(),
        *(each for one in inner for each in one.values()),
    ]:
        assert shown["title"]
        assert shown["description"]
        assert shown["x-i18n"]["zh-TW"]["title"]


@table("text", ["soon", "-1", "1.5", "٣", "Mon, 01 Jan 2024 00:00:00 +99999999999999999"])
def test_an_odd_retry_after_says_nothing(text: str) -> None:
    assert pause_asked_for(text, 0.0) is None
