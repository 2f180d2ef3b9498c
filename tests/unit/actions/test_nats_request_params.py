"""On which subjects no task may ask, whatever an executor's setting says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions.nats_request import OURS, NatsRequestParams
from shared.bus import topology
from tests.support.cases import table


@table(
    ("given", "code"),
    [
        *(
            ({"subject": subject}, "subject.own")
            for subject in (
                *("rpc.api.platform.accounts.select", "task.due.default", "event.a.b"),
                *("_INBOX.x", "run.cancel", "account.desired.x", "_R_.x"),
            )
        ),
        *(
            ({"subject": subject}, "subject.syntax")
            for subject in ("$JS.API.INFO", "$SYS.REQ.PING", "svc.*", "svc.>", "svc..a", "svc.a\n")
        ),
        ({"subject": "svc.a", "data": "x" * 50_000}, "data.too_large"),
        ({"subject": "svc.a", "timeout_seconds": 0}, "greater_than_equal"),
        ({"subject": "svc.a", "expect_json": [{"path": "x"}]}, "path.json"),
        ({"subject": "svc.a", "capture": {"x": "x"}}, "path.json"),
        ({}, "missing"),
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NatsRequestParams.model_validate(given)

    assert caught.value.errors()[0]["type"] == code


def test_all_that_this_system_says_is_its_own() -> None:
    spoken = {subject for stream in topology.STREAMS for subject in stream.subjects}
    spoken |= {
        value
        for name, value in vars(topology).items()
        if name.isupper() and isinstance(value, str) and "." in value
    }
    first = {subject.split(".")[0] for subject in spoken}

    assert {token for token in first if not token.startswith("$")} <= OURS
