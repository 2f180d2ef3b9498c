"""Ask whether conditions hold for events, in a process that can be killed.

    conditions = Conditions()
    answers = await conditions.evaluate([Asked("error_rate > 10", event.as_json()), ...])

A condition that runs out of time or memory takes only the worker with it: a new one goes on with
the next question. One that does so several times rests for a while. A condition without an answer
does not hold, and its answer says why. A worker that somebody else killed is nobody's fault: its
question is asked once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from shared.domain.errors import Problem
from shared.domain.trigger import CONDITION_MAX
from shared.runtime.cel import Condition, Unreadable

#: How much of a processor's time one question may take.
TIME_LIMIT = timedelta(milliseconds=250)
#: How long it may take by the clock. Past it the machine is to blame, not the condition.
PATIENCE = timedelta(seconds=5)
#: How long a new worker may take for its first answer: Python starts, the library is loaded.
START_LIMIT = timedelta(seconds=10)
#: How long a worker that says nothing more gets to end by itself.
ENDING = timedelta(milliseconds=100)
#: Address space of the worker; the library takes a third of it when idle.
MEMORY_LIMIT = 512 << 20
#: Bytes of one event; larger ones are not asked about.
EVENT_LIMIT = 256 << 10
#: Bytes of events that go to the worker at once.
SLICE_BYTES = 1 << 20
#: Questions that go to the worker at once.
SLICE_QUESTIONS = 2_000
#: After so many times over a limit a condition rests.
STRIKES = 3
REST = timedelta(minutes=10)
#: Conditions whose strikes are remembered.
REMEMBERED = 1_000

_CHUNK = 64 << 10

_ROOT = Path(__file__).parents[2]

log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """One question."""

    text: str
    event: Mapping[str, object]
    """`Event.as_json()`; several questions about the same object cost its transport once."""


class Answer(NamedTuple):
    """Whether a condition holds; if nobody can tell, `code` and `detail` say why."""

    holds: bool
    code: str | None = None
    detail: str = ""


_PLAIN = {b"true": Answer(holds=True), b"false": Answer(holds=False)}


def compile_check(text: str) -> list[Problem]:
    """Return what is wrong with a condition; pointers count from the text itself."""
    if len(text) > CONDITION_MAX:
        return [Problem("", "condition.too_long", {"limit": CONDITION_MAX})]
    try:
        Condition(text)
    except Unreadable as error:
        return [Problem("", error.code, error.params)]
    return []


def names_in(text: str) -> list[str]:
    """Return the fields of the data that a condition looks at; none if it is no condition."""
    try:
        return Condition(text[:CONDITION_MAX]).names
    except Unreadable:
        return []


class _Worker:
    """One process; good for any number of batches until it is killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._fresh = True

    @classmethod
    async def start(cls, memory: int, seconds: float) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "shared.runtime.condition_worker",
            str(memory),
            str(seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=_ROOT,
        )
        return cls(process)

    async def ask(self, batch: bytes, count: int) -> list[Answer]:
        """Return the answers that came in time, all *count* of them or fewer."""
        answers: list[Answer] = []
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            raise RuntimeError("a worker is started with pipes")
        with contextlib.suppress(TimeoutError, OSError):
            sink.write(batch)
            rest = b""
            while len(answers) < count:
                allowed = START_LIMIT if self._fresh else PATIENCE
                async with asyncio.timeout(allowed.total_seconds()):
                    # Whatever is there, for most answers are quicker than a look at the clock.
                    said = await source.read(_CHUNK)
                if not said:  # it died
                    break
                self._fresh = False
                *lines, rest = (rest + said).split(b"\n")
                answers += [_read(line) for line in lines]
        return answers

    async def kill(self) -> bool:
        """End the process; return whether it had ended by itself, over what it was asked."""
        with contextlib.suppress(TimeoutError):  # it may be about to
            async with asyncio.timeout(ENDING.total_seconds()):
                await self._process.wait()
        ended = self._process.returncode
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        # Not for ever: a process that the kernel cannot end must not hold up events.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._process.communicate()
        return ended not in (None, 0, -signal.SIGKILL, -signal.SIGTERM)


def _read(line: bytes) -> Answer:
    if line in _PLAIN:
        return _PLAIN[line]
    code, detail = json.loads(line)
    return Answer(False, code, detail)  # noqa: FBT003 - a field of a tuple


class Conditions:
    """The asking side. One batch is under way at a time; others wait for it."""

    def __init__(
        self,
        *,
        limit: timedelta = TIME_LIMIT,
        memory: int = MEMORY_LIMIT,
        rest: timedelta = REST,
    ) -> None:
        self._limit = limit
        self._memory = memory
        self._rest = rest
        self._worker: _Worker | None = None
        self._lock = asyncio.Lock()
        self._strikes: dict[str, tuple[int, float]] = {}
        self.killed = 0
        """Workers that had to be killed, or died."""

    async def evaluate(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return one answer per question, in order. Never raises for what a condition does."""
        answers: dict[int, Answer] = {}
        pending: list[int] = []
        excused: set[int] = set()
        for number, question in enumerate(asked):
            if len(question.text) > CONDITION_MAX:
                answers[number] = Answer(False, "condition.too_long")  # noqa: FBT003 - a field
            elif self._rests(question.text):
                answers[number] = Answer(False, "condition.suspended")  # noqa: FBT003 - a field
            else:
                pending.append(number)
        async with self._lock:
            while pending:
                pending = await self._ask_some(asked, pending, answers, excused)
        return [answers[number] for number in range(len(asked))]

    async def close(self) -> None:
        """End the worker."""
        async with self._lock:
            if self._worker is not None:
                await self._worker.kill()
                self._worker = None

    async def _ask_some(
        self,
        asked: Sequence[Asked],
        pending: list[int],
        answers: dict[int, Answer],
        excused: set[int],
    ) -> list[int]:
        """Ask as much as fits at once; return what is still to be asked."""
        sent, batch = _slice(asked, pending, answers)
        if not sent:
            return [number for number in pending if number not in answers]
        try:
            if self._worker is None:
                seconds = self._limit.total_seconds()
                self._worker = await _Worker.start(self._memory, seconds)
            got = await self._worker.ask(batch, len(sent))
        except (
            BaseException
        ):  # cancelled: answers may still come, and must not meet other questions
            await self._give_up()
            raise
        answers.update(zip(sent, got, strict=False))
        if len(got) < len(sent):
            culprit = sent[len(got)]
            guilty = await self._give_up()
            if guilty or culprit in excused:
                self._strike(asked[culprit].text)
                answers[culprit] = Answer(False, "condition.timeout")  # noqa: FBT003 - a field
            excused.add(culprit)
        return [
            number
            for number in pending
            if number not in answers and not self._put_to_rest(number, asked, answers)
        ]

    def _put_to_rest(self, number: int, asked: Sequence[Asked], answers: dict[int, Answer]) -> bool:
        if self._rests(asked[number].text):
            answers[number] = Answer(False, "condition.suspended")  # noqa: FBT003 - a field
            return True
        return False

    async def _give_up(self) -> bool:
        worker, self._worker = self._worker, None
        if worker is None:
            return False
        self.killed += 1
        return await worker.kill()

    def _strike(self, text: str) -> None:
        count = self._strikes.pop(text, (0, 0.0))[0] + 1
        self._strikes[text] = (count, time.monotonic() + self._rest.total_seconds())
        log.warning("a condition exceeded its limits %d times: %.100s", count, text)
        while len(self._strikes) > REMEMBERED:
            del self._strikes[next(iter(self._strikes))]

    def _rests(self, text: str) -> bool:
        count, until = self._strikes.get(text, (0, 0.0))
        if count and time.monotonic() >= until:
            del self._strikes[text]
            return False
        return count >= STRIKES


def _slice(
    asked: Sequence[Asked], pending: Sequence[int], answers: dict[int, Answer]
) -> tuple[list[int], bytes]:
    """Return which questions go out next, and the line that asks them."""
    texts: dict[str, int] = {}
    events: dict[int, int] = {}
    bodies: list[str] = []
    pairs: list[list[int]] = []
    sent: list[int] = []
    size = 0
    for number in pending:
        if len(sent) == SLICE_QUESTIONS:
            break
        text, event = asked[number]
        if id(event) not in events:
            body = json.dumps(event, separators=(",", ":"))
            if len(body) > 2 * EVENT_LIMIT:  # escapes make it longer than it came
                answers[number] = Answer(False, "condition.error", "too large")  # noqa: FBT003 - a field
                continue
            if size and size + len(body) > SLICE_BYTES:
                break
            size += len(body)
            events[id(event)] = len(bodies)
            bodies.append(body)
        pairs.append([texts.setdefault(text, len(texts)), events[id(event)]])
        sent.append(number)
    head = json.dumps({"texts": list(texts), "asked": pairs})
    # The events are JSON already.
    return sent, f'{head[:-1]}, "events": [{",".join(bodies)}]}}\n'.encode()
