"""Which events are refused when the task is saved, and what the form says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions.nats_publish import NatsPublishParams
from tests.support.cases import table


@table(
    ("given", "code"),
    [
        *(
            ({"subject": subject}, "subject.forbidden")
            for subject in (
                *("task.due.default", "task.created.x", "run.request.api", "rpc.api.tasks"),
                *("dead.TASKS", "_INBOX", "events", "event", "Event", "eventx"),
            )
        ),
        *(
            ({"subject": subject}, "subject.syntax")
            for subject in (
                *("$JS.API.STREAM.DELETE.TASKS", "event.*", "event.>", "event..a", "event.", ".a"),
                *(
                    "event.a b",
                    "event.a\n",
                    "event.a\r\nPUB x",
                    "event.\0",
                    "event.名",
                    "event.a\t",
                ),
                "event." + "a" * 65,
            )
        ),
        ({"subject": "event.alert.firing"}, "subject.own"),
        ({"subject": "event.automation.schedule.silent"}, "subject.own"),
        ({"subject": "event." + ".".join(["a" * 60] * 5)}, "string_too_long"),
        ({"subject": ""}, "string_too_short"),
        ({"subject": "event.a", "data": "x" * 50_000}, "data.too_large"),
        ({"subject": "event.a", "data": {"a": float("nan")}}, ""),
        ({"subject": "event.a", "headers": {"Nats-Rollup": "all"}}, "header.reserved"),
        ({"subject": "event.a", "headers": {"nats-expected-stream": "X"}}, "header.reserved"),
        ({"subject": "event.a", "headers": {"AutomationCauses": ""}}, "header.reserved"),
        ({"subject": "event.a", "headers": {"ce-automationcauses": ""}}, "header.reserved"),
        ({"subject": "event.a", "headers": {"A": "b\r\nC: d"}}, "header.invalid"),
        ({"subject": "event.a", "headers": {"A\r\nC": "d"}}, "header.invalid"),
        ({"subject": "event.a", "headers": {"A:": "d"}}, "header.invalid"),
        ({"subject": "event.a", "headers": {"A": "x" * 1025}}, "header.too_long"),
        ({}, "missing"),
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NatsPublishParams.model_validate(given)

    assert caught.value.errors()[0]["type"].startswith(code)


def test_the_form_speaks_both_languages() -> None:
    for shown in NatsPublishParams.model_json_schema()["properties"].values():
        assert shown["title"]
        assert shown["x-i18n"]["zh-TW"]["title"]
