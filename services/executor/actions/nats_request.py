"""Ask another service over the bus, and judge what it answers.

Core request-reply: whoever listens first answers. Only subjects that the executor's setting opens
(`AUTOMATION_NATS_REQUEST_SUBJECTS`), and whatever it says, none of this system's own: there a
request would speak in the place of a service. A subject that a stream takes would be answered by
the stream, and the request kept, so events are not asked either.

A service may hear the same request twice, from two attempts: what it is asked for must bear that.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.assertions import (
    Captures,
    Expectations,
    capture,
    in_words,
    judge,
)
from services.executor.actions.form import DryRun, Label
from shared.contracts.action import Action, ActionFailed, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text
from shared.domain.trigger_subject import subject_matches

SUBJECT_MAX = 256  # characters
#: Below the limit of a whole task definition (64 KiB).
DATA_MAX = 48 * 1024  # bytes
EXCERPT_MAX = 2048  # characters
#: First tokens of what this system says and answers itself; what begins with `$` or `_` is NATS's.
OURS = frozenset({"account", "dead", "event", "rpc", "run", "schedule", "script", "task"})

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NatsRequestParams(ActionParams):
    """What is asked, where, and which answer is a good one."""

    subject: Annotated[
        str,
        Label(
            Text("主旨", "Subject"),
            Text(
                "服務收聽的主旨，例如 svc.accounts.check；可用範圍由管理員設定",
                "Where the service listens, such as svc.accounts.check; "
                "the administrator says which are open",
            ),
        ),
    ] = Field(min_length=1, max_length=SUBJECT_MAX)
    data: Annotated[
        JsonValue,
        Label(
            Text("內容", "Data"),
            Text("以 JSON 送出，最多 48 KiB", "JSON, at most 48 KiB"),
            widget="code:json",
        ),
    ] = Field(default_factory=dict)
    timeout_seconds: Annotated[
        float,
        Label(Text("逾時（秒）", "Time limit (s)"), Text("等待回覆的時間", "Until it answers")),
    ] = Field(default=10, ge=0.1, le=300)
    expect_json: Annotated[
        Expectations,
        Label(
            Text("回覆內容的條件", "Expected in the answer"),
            Text(
                "回覆的 JSON 必須全部符合，否則執行失敗",
                "The answer is JSON for which all of this holds; otherwise the run fails",
            ),
            is_advanced=True,
        ),
    ] = Field(default_factory=list)
    capture: Annotated[
        Captures,
        Label(
            Text("擷取", "Capture"),
            Text(
                "名稱對應回覆 JSON 中的位置；值會存入執行結果",
                "Names and places in the answer's JSON; the values become part of the result",
            ),
            widget="key-value",
            is_advanced=True,
        ),
    ] = Field(default_factory=dict)
    dry_run: DryRun = False

    @field_validator("subject")
    @classmethod
    def _judge_subject(cls, subject: str) -> str:
        first, *_ = tokens = subject.split(".")
        if not all(_TOKEN.fullmatch(token) for token in tokens):
            raise PydanticCustomError(
                "subject.syntax", "a subject is made of tokens [A-Za-z0-9_-], joined by dots"
            )
        if first in OURS or first.startswith("_"):
            raise PydanticCustomError(
                "subject.own", "{subject} is this system's own", {"subject": subject}
            )
        return subject

    @field_validator("data")
    @classmethod
    def _judge_size(cls, data: JsonValue) -> JsonValue:
        if len(_encoded(data)) > DATA_MAX:
            raise PydanticCustomError("data.too_large", "the data are larger than 48 KiB")
        return data


class NatsRequest(Action[NatsRequestParams]):
    """Asks once."""

    name = "nats_request"
    category = "messages"
    title = Text("NATS 請求", "NATS request")
    description = Text(
        "透過訊息匯流排詢問另一個服務，並檢查其回覆。",
        "Asks another service over the message bus and judges its answer.",
    )
    params = NatsRequestParams

    async def run(self, params: NatsRequestParams, context: Context) -> Outcome:
        if not is_open(params.subject, context.rights.nats_requests):
            raise ActionFailed(
                f"no task may ask on {params.subject} here: AUTOMATION_NATS_REQUEST_SUBJECTS "
                "does not name it",
                permanent=True,
            )
        payload = _encoded(params.data)
        if params.dry_run:
            step = {"do": "ask", "subject": params.subject, "bytes": len(payload)}
            return Outcome(f"would ask on {params.subject}", {"plan": [step]})
        began = time.perf_counter()
        answer = await context.request(params.subject, payload, seconds=params.timeout_seconds)
        duration = round((time.perf_counter() - began) * 1000)
        return _judged(params, answer, duration)


def is_open(subject: str, patterns: Sequence[str]) -> bool:
    """Say whether one of *patterns* covers *subject*."""
    return any(subject_matches(pattern, subject) for pattern in patterns)


def _judged(params: NatsRequestParams, answer: bytes, duration: int) -> Outcome:
    text = answer.decode(errors="replace")
    result: dict[str, Any] = {
        "subject": params.subject,
        "bytes": len(answer),
        "duration_ms": duration,
        "excerpt": text[:EXCERPT_MAX],
    }
    summary = f"{len(answer)} bytes from {params.subject} in {duration} ms"
    if params.expect_json or params.capture:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise ActionFailed(f"{summary}, but no JSON", data=result) from None
        result["captured"] = capture(document, params.capture)
        result["failed_expectations"] = judge(document, params.expect_json)
        if failed := result["failed_expectations"]:
            raise ActionFailed(f"{summary}, but {in_words(failed)}", data=result)
    return Outcome(summary, result)


def _encoded(data: JsonValue) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()
