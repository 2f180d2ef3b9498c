"""Wait until somebody says that something has happened.

It holds no slot while it waits: it looks, and if nothing has come it asks to be called again
(`Snooze`), at first soon, then less often. What it looks at lies in the stream of events, from the
moment on since which the run was to be run; so it misses nothing that came between two looks, while
its executor was restarted, or before it was claimed. Every attempt finds the same first event.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.assertions import Captures, capture
from services.executor.actions.form import DryRun, Label
from shared.contracts.action import (
    Action,
    ActionFailed,
    ActionParams,
    Context,
    Outcome,
    Snooze,
)
from shared.contracts.event_commands import FindEvent, FoundEvent
from shared.domain.texts.catalog import Text
from shared.domain.trigger import CONDITION_MAX
from shared.domain.trigger_subject import SUBJECT_MAX, pattern_problem
from shared.runtime.conditions import compile_check

DAY = 86_400
#: Events are kept for three days.
WITHIN_MAX = 2 * DAY
#: How often it looks: after this part of the time that it has waited already.
PART = 0.1
SOONEST = 1.0  # seconds
#: Looks of one attempt, if there is much to look at.
LOOKS_MAX = 50
#: Runs of which it is remembered how far they have looked. Forgotten, they look at it all again.
REMEMBERED = 1_000
#: An event with more is told without its data.
DATA_MAX = 32 * 1024  # characters


class WaitForEventParams(ActionParams):
    """For which event, and for how long."""

    subject: Annotated[
        str,
        Label(
            Text("主旨", "Subject"),
            Text(
                "事件的主旨，可用 * 與 >，例如 event.orders.>",
                "Subject of the event, perhaps with * and >, such as event.orders.>",
            ),
            widget="event-subject",
        ),
    ] = Field(min_length=1, max_length=SUBJECT_MAX)
    condition: Annotated[
        str | None,
        Label(
            Text("條件", "Condition"),
            Text(
                "CEL 運算式，與觸發條件相同，例如 status == 'done'",
                "CEL, as in triggers, such as status == 'done'",
            ),
            widget="condition",
        ),
    ] = Field(default=None, min_length=1, max_length=CONDITION_MAX)
    within_seconds: Annotated[
        float,
        Label(
            Text("等待秒數", "Within (s)"),
            Text("從執行排定起算", "Counts from when the run was to be run"),
        ),
    ] = Field(default=3600, ge=1, le=WITHIN_MAX)
    look_back_seconds: Annotated[
        float,
        Label(
            Text("往前查看秒數", "Look back (s)"),
            Text("也接受執行之前這段時間內的事件", "Events that came so long before count, too"),
            is_advanced=True,
        ),
    ] = Field(default=0, ge=0, le=DAY)
    look_every_seconds: Annotated[
        float,
        Label(
            Text("查看間隔上限（秒）", "Look every (s)"),
            Text(
                "剛開始每秒查看，之後逐漸放慢至此間隔",
                "It looks every second at first, and less and less often up to this",
            ),
            is_advanced=True,
        ),
    ] = Field(default=15, ge=1, le=300)
    required: Annotated[
        bool,
        Label(
            Text("必須發生", "Required"),
            Text(
                "時限內未發生則執行失敗；關閉則視為無事可做",
                "If it does not come in time, the run fails; otherwise there was nothing to do",
            ),
        ),
    ] = True
    capture: Annotated[
        Captures,
        Label(
            Text("擷取", "Capture"),
            Text(
                "名稱對應事件中的位置，例如 $.data.id；值會存入執行結果",
                "Names and places in the event, such as $.data.id; the values become part of "
                "the result",
            ),
            widget="key-value",
            is_advanced=True,
        ),
    ] = Field(default_factory=dict)
    dry_run: DryRun = False

    @field_validator("subject")
    @classmethod
    def _judge_subject(cls, subject: str) -> str:
        if pattern_problem(subject):
            raise PydanticCustomError("subject.pattern", "no subject of events")
        return subject

    @field_validator("condition")
    @classmethod
    def _judge_condition(cls, condition: str | None) -> str | None:
        for problem in compile_check(condition) if condition else ():
            raise PydanticCustomError(problem.code, "no condition", dict(problem.params))
        return condition


class WaitForEvent(Action[WaitForEventParams]):
    """Looks for one event."""

    name = "wait_for_event"
    category = "flow"
    title = Text("等待事件", "Wait for an event")
    description = Text(
        "等待符合主旨與條件的事件；等待期間不占用執行名額。",
        "Waits for an event that fits subject and condition; takes up no slot meanwhile.",
    )
    params = WaitForEventParams

    def __init__(self) -> None:
        self._looked: OrderedDict[UUID, int] = OrderedDict()

    async def run(self, params: WaitForEventParams, context: Context) -> Outcome:
        if params.dry_run:
            step = {"do": "wait", "subject": params.subject, "condition": params.condition}
            return Outcome(f"would wait for {params.subject}", {"plan": [step]})
        found = await self._look(params, context)
        waited = (found.asked_at - found.begun_at).total_seconds()
        result: dict[str, Any] = {"subject": params.subject, "waited_seconds": round(waited, 3)}
        if found.event is not None:
            self._looked.pop(context.run_id, None)
            kept = capture(found.event, params.capture)
            return Outcome(
                f"{found.event['type']} from {found.event['source']}",
                {**result, "event": told(found.event), "captured": kept},
            )
        left = params.within_seconds - waited
        if left > 0:
            pause = pause_after(waited, most=params.look_every_seconds)
            raise Snooze(f"waits for {params.subject}", seconds=min(pause, left))
        self._looked.pop(context.run_id, None)
        words = f"no event on {params.subject} within {params.within_seconds:g} s"
        if params.required:
            raise ActionFailed(words, permanent=True, data=result)
        return Outcome(words, {**result, "status": "noop"})

    async def _look(self, params: WaitForEventParams, context: Context) -> FoundEvent:
        after = self._looked.get(context.run_id)
        for _ in range(LOOKS_MAX):
            found = await context.ask(
                FindEvent(
                    subject=params.subject,
                    condition=params.condition,
                    look_back_seconds=params.look_back_seconds,
                    after=after,
                )
            )
            if found.event is None and found.after is not None:
                after = self._remember(context.run_id, found.after)
            if found.event is not None or found.is_all:
                break
        return found

    def _remember(self, run_id: UUID, after: int) -> int:
        self._looked[run_id] = after
        self._looked.move_to_end(run_id)
        while len(self._looked) > REMEMBERED:
            self._looked.popitem(last=False)
        return after


def pause_after(waited: float, *, most: float) -> float:
    """Return how long to wait until the next look."""
    return min(max(waited * PART, SOONEST), most)


def told(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as it becomes part of the result."""
    if len(str(event.get("data"))) <= DATA_MAX:
        return event
    return {**event, "data": None, "data_truncated": True}
