"""A letter: what is to be told, complete, so that it can be sent long after; and its words.

It is stored with its delivery. The words are made when it is sent, in the channel's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime

from services.notifier.facts import Fact, Incident, Task
from services.notifier.rules import Notice
from shared.contracts.message import Part
from shared.domain.instant import format_instant
from shared.domain.texts import dependencies, reasons, runs, schedule
from shared.domain.texts.catalog import Language, Text
from shared.domain.texts.notifications import TEXTS

#: Characters of an error or a result that are told; the run's page has all of it.
MOST_TEXT = 2_000
#: Says a text by the rest of its code.
Say = Callable[..., str]
TEST: Final = "test"
MORE: Final = "more"

#: Events about something that went wrong.
BAD = frozenset({"failure", "dead", "needs_operator", "missed", "late", "silent"})
#: What the ledger's codes mean.
REASONS: Mapping[str, Text] = {
    **schedule.TEXTS,
    **dependencies.TEXTS,
    **runs.TEXTS,
    **reasons.TEXTS,
}


class IncidentPart(Part):
    """The incident that an event belongs to, as it stood then."""

    id: UUID
    failure_class: str
    since: AwareDatetime
    count: int
    closed_at: AwareDatetime | None = None


class Letter(Part):
    """One event, with all that is told of it."""

    event: str
    task_id: UUID
    task_name: str
    run_id: UUID
    at: AwareDatetime
    trigger: str
    scheduled_for: AwareDatetime
    started_at: AwareDatetime | None = None
    attempt: int = 0
    status: str | None = None
    outcome: str | None = None
    reason: str | None = None
    error: str | None = None
    result: str | None = None
    incident: IncidentPart | None = None
    more: int = 0
    """Messages that this one stands for."""
    more_tasks: int = 0
    others: tuple[IncidentPart, ...] = ()
    """Of a recovery: what else is over with it."""


class Folded(NamedTuple):
    """What a letter of the kind `more` stands for."""

    messages: int
    tasks: int


class Words(NamedTuple):
    """A letter as a person reads it."""

    title: str
    text: str


def write_letter(task: Task, fact: Fact, notice: Notice) -> Letter:
    """Return the letter for one notice; that a run began says nothing of how it ended."""
    began = notice.event in ("start", "late")
    return Letter(
        event=notice.event,
        task_id=task.id,
        task_name=task.name,
        run_id=fact.run_id,
        at=fact.started_at if began and fact.started_at else fact.at,
        trigger=fact.trigger,
        scheduled_for=fact.scheduled_for,
        started_at=fact.started_at,
        attempt=fact.attempt,
        status=fact.status.value if fact.status and not began else None,
        outcome=fact.outcome.value if fact.outcome else None,
        reason=fact.reason,
        error=None if began else _short(fact.error),
        result=None if began else _short(fact.result),
        incident=_part(notice.incident) if notice.incident else None,
        others=tuple(_part(each) for each in notice.others),
    )


def trial_letter(channel: str, *, now: datetime, run_id: UUID) -> Letter:
    """Return the letter that the test button sends."""
    return Letter(
        event=TEST,
        task_id=UUID(int=0),
        task_name=channel,
        run_id=run_id,
        at=now,
        trigger="manual",
        scheduled_for=now,
    )


def more_letter(channel: str, *, run_id: UUID, since: datetime) -> Letter:
    """Return the letter that stands for those that were folded; how many is known when it goes."""
    return Letter(
        event=MORE,
        task_id=UUID(int=0),
        task_name=channel,
        run_id=run_id,
        at=since,
        trigger="",
        scheduled_for=since,
    )


def run_url(letter: Letter, public_url: str) -> str | None:
    """Return where the run can be read; None if nobody said where we are."""
    if not public_url or letter.event in (TEST, MORE):
        return None
    return f"{public_url.rstrip('/')}/runs/{letter.run_id}"


def put_in_words(letter: Letter, language: Language, public_url: str) -> Words:
    """Return *letter* as a person reads it."""

    def say(code: str, **params: object) -> str:
        return TEXTS[f"notify.{code}"].fill(language, params)

    count = letter.incident.count if letter.incident else letter.more
    again = letter.event == "failure" and count > 1
    title = say(
        f"title.{letter.event}{'_again' if again else ''}", task=letter.task_name, count=count
    )
    lines = _BODIES.get(letter.event, _of_a_run)(say, letter, language, public_url)
    return Words(title, "\n".join(lines))


def _of_a_test(say: Say, letter: Letter, *_: str) -> list[str]:
    return [say("line.test", task=letter.task_name), _time(say, letter)]


def _of_many(say: Say, letter: Letter, *_: str) -> list[str]:
    since = format_instant(letter.at)
    return [
        say("line.more", since=since, count=letter.more, tasks=letter.more_tasks),
        say("line.more_where", channel=letter.task_name),
    ]


def _of_a_run(say: Say, letter: Letter, language: Language, public_url: str) -> list[str]:
    lines = [say("line.task", task=letter.task_name, task_id=letter.task_id)]
    if letter.error:
        lines.append(say("line.error", error=reasons.in_words(letter.error, language)))
    elif letter.event in ("failure", "dead", "needs_operator"):
        lines.append(say("line.no_error"))
    if letter.result and not letter.error:
        lines.append(say("line.result", result=letter.result))
    if letter.reason or letter.outcome:
        lines.append(say("line.reason", reason=_reason(letter, language)))
    if letter.attempt:
        lines.append(say("line.attempt", attempt=letter.attempt))
    if letter.incident:
        since = format_instant(letter.incident.since)
        lines.append(say("line.since", since=since, count=letter.incident.count))
    lines.append(say("line.scheduled", scheduled_for=format_instant(letter.scheduled_for)))
    if letter.started_at:
        lines.append(say("line.started", started_at=format_instant(letter.started_at)))
    lines.append(_time(say, letter))
    url = run_url(letter, public_url)
    lines.append(say("line.run", url=url) if url else say("line.run_id", run_id=letter.run_id))
    return lines


_BODIES: Mapping[str, Callable[[Say, Letter, Language, str], list[str]]] = {
    TEST: _of_a_test,
    MORE: _of_many,
}


def _time(say: Say, letter: Letter) -> str:
    return say("line.at", at=format_instant(letter.at))


def _reason(letter: Letter, language: Language) -> str:
    """Return why there was no run; what is no code of ours is a person's own words."""
    spelled, _, what = (letter.reason or "").partition(":")
    names = (f"waits.{spelled}" if letter.event == "late" else spelled, f"status.{letter.outcome}")
    text = next((REASONS[name] for name in names if name in REASONS), None)
    if text is None or (letter.reason and names[0] not in REASONS):
        return letter.reason or letter.outcome or ""
    return text.fill(language, {"what": what})


def _part(incident: Incident) -> IncidentPart:
    return IncidentPart(
        id=incident.id,
        failure_class=incident.failure_class,
        since=incident.opened_at,
        count=incident.count,
        closed_at=incident.closed_at,
    )


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} …"
