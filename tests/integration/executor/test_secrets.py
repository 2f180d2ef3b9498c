"""A secret that an action has read stands in nothing that is said or kept of its run."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from services.executor.context import MAX_LINE
from services.executor.redaction import STRUCK
from shared.contracts.action import (
    Action,
    ActionFailed,
    ActionParams,
    Context,
    NeedsOperator,
    Outcome,
    Snooze,
)
from shared.contracts.runs import RunFinished
from shared.runtime.secret_box import SecretBox, fresh_key
from tests.integration.executor.floor import TITLE, Floor

#: What patterns, URLs and JSON make something else of.
SECRET = 'pa"ss/w+ord.*(\\'  # noqa: S105 - that is what it is
KEYS = [fresh_key(), fresh_key()]


def told() -> str:
    """Return a text with the secret in it, in many spellings."""
    return (
        f"with {SECRET} and {quote(SECRET, safe='')} and {json.dumps([SECRET])}"
        f" and {base64.b64encode(f'ann:{SECRET}'.encode()).decode()}"
    )


class ChattyParams(ActionParams):
    """What becomes of it."""

    deed: str = ""


@dataclass
class Chatty(Action[ChattyParams]):
    """Tells everybody the secret."""

    read: list[str] = field(default_factory=list)

    name = "chatty"
    title = TITLE
    description = TITLE
    params = ChattyParams

    async def run(self, params: ChattyParams, context: Context) -> Outcome:
        self.read.append(await context.secret("bank"))
        context.log(told())
        context.log("x" * (MAX_LINE - 6) + SECRET)  # the cut goes through it
        context.progress(50, told())
        data = {"url": told(), SECRET: [{"deep": told()}]}
        match params.deed:
            case "fail":
                raise ActionFailed(told(), permanent=True, data=data)
            case "break":
                raise RuntimeError(told())
            case "ask":
                raise NeedsOperator(told(), link=f"https://a/?k={quote(SECRET)}", data=data)
            case "wait":
                raise Snooze(told(), seconds=60)
        return Outcome(told(), data)


async def keep(floor: Floor, sealed: bytes, key_id: str) -> None:
    await floor.pool.execute("TRUNCATE api.secrets CASCADE")
    await floor.pool.execute(
        "INSERT INTO api.secrets (name, sealed, key_id) VALUES ('bank', $1, $2)", sealed, key_id
    )


async def ran(floor: Floor, deed: str, box: SecretBox | None) -> tuple[RunFinished, Chatty]:
    action = Chatty()
    await floor.executor(actions={"chatty": action}, box=box).start()
    (run,) = await floor.order(action="chatty", deed=deed)
    return (await floor.said_of([run]))[run], action


async def kept(floor: Floor) -> str:
    """Return all that was said and written of runs, as one text."""
    said = [
        *await floor.payloads("RUNS", "started"),
        *await floor.payloads("RUNS", "finished"),
        *await floor.payloads("LOGS", "log"),
    ]
    rows = [
        await floor.pool.fetchval(f"SELECT coalesce(json_agg(t)::text, '') FROM {table} t")  # noqa: S608 - ours
        for table in ("log.runs", "log.attempts", "log.task_statistics", "log.task_health")
    ]
    return "\n".join([*(each.decode() for each in said), *rows])


@pytest.mark.parametrize("deed", ["", "fail", "break", "ask", "wait"])
async def test_it_stands_in_nothing_that_is_said_or_kept(
    floor: Floor, deed: str, caplog: pytest.LogCaptureFixture
) -> None:
    box = SecretBox([KEYS[0]])
    await keep(floor, box.seal(SECRET.encode(), owner="secret:bank"), box.key_id)

    said, action = await ran(floor, deed, box)

    lines = [line.text for line in await floor.lines()]
    assert action.read == [SECRET]
    assert lines[0].count(STRUCK) == 4
    assert STRUCK in said.model_dump_json()
    encoded = base64.b64encode(f"ann:{SECRET}".encode()).decode()
    for text in (await kept(floor), said.model_dump_json(), caplog.text, *lines):
        for spelled in (SECRET, SECRET[:6], quote(SECRET, safe=""), encoded):
            assert spelled not in text
            assert json.dumps(spelled)[1:-1] not in text


async def test_a_secret_opens_with_any_key_of_the_ring(floor: Floor) -> None:
    old = SecretBox([KEYS[1]])
    await keep(floor, old.seal(SECRET.encode(), owner="secret:bank"), old.key_id)

    said, action = await ran(floor, "", SecretBox(KEYS))

    assert (said.status, action.read) == ("success", [SECRET])


async def test_what_cannot_be_opened_is_said_without_a_word_of_it(floor: Floor) -> None:
    other = SecretBox([fresh_key()])
    ours: Any = SecretBox(KEYS)
    for box, sealed, said in (
        (ours, other.seal(b"12345678", owner="secret:bank"), "sealed with another key"),
        (ours, ours.seal(b"12345678", owner="secret:shop"), "sealed with another key"),
        (None, ours.seal(b"12345678", owner="secret:bank"), "AUTOMATION_SECRET_KEY"),
    ):
        await keep(floor, sealed, "any")
        run, _ = await ran(floor, "", box)
        assert said in (run.error_message or "")
        await floor.executors[-1].stop()
