"""Which alerts are meant: matchers of labels, silences, inhibition. As in Alertmanager. Pure.

A label that an alert does not have counts as empty. A silence holds the notification of every
alert that all its matchers match, from `starts_at` until `ends_at`. An inhibition holds that of a
*target* while a *source* fires that has the same values of the labels `equal`; an alert that is
both a source and a target is not held by another such one, so that two of them do not hold each
other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from shared.domain.alerting.pattern import read_pattern
from shared.domain.errors import InvalidDefinition, Problem

Labels = Mapping[str, str]
Op = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One wish about one label."""

    name: str
    op: Op
    value: str

    def matches(self, labels: Labels) -> bool:
        """Return whether an alert with *labels* is meant."""
        value = labels.get(self.name, "")
        same = (
            read_pattern(self.value).matches(value)
            if self.op in ("=~", "!~")
            else value == self.value
        )
        return same is self.op.startswith("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time in which nobody wants to hear of some alerts."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime

    def holds(self, labels: Labels, now: datetime) -> bool:
        """Return whether an alert with *labels* is silenced."""
        return self.starts_at <= now < self.ends_at and _all(self.matchers, labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While a source fires nobody needs to hear of its targets."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fires, as far as it may hold others."""

    fingerprint: str
    labels: Labels


def silenced_by(labels: Labels, silences: Iterable[Silence], now: datetime) -> list[str]:
    """Return the silences that hold an alert, by id."""
    return sorted(each.id for each in silences if each.holds(labels, now))


class Inhibitions:
    """Rules of inhibition, over all that fires; looked up, not searched."""

    def __init__(self, rules: Sequence[Inhibition], firing: Collection[Firing]) -> None:
        self._rules = rules
        self._sources: list[dict[tuple[str, ...], list[Firing]]] = []
        for rule in rules:
            sources: dict[tuple[str, ...], list[Firing]] = {}
            for alert in firing:
                if _all(rule.source, alert.labels):
                    sources.setdefault(_key(rule, alert.labels), []).append(alert)
            self._sources.append(sources)

    def of(self, fingerprint: str, labels: Labels) -> list[str]:
        """Return the alerts that hold this one, by fingerprint."""
        holding: set[str] = set()
        for rule, sources in zip(self._rules, self._sources, strict=True):
            found = sources.get(_key(rule, labels))
            if not found or not _all(rule.target, labels):
                continue
            two_sided = _all(rule.source, labels)
            holding |= {
                each.fingerprint
                for each in found
                if each.fingerprint != fingerprint
                and not (two_sided and _all(rule.target, each.labels))
            }
        return sorted(holding)


def read_matchers(stored: Sequence[Mapping[str, str]]) -> tuple[Matcher, ...]:
    """Return matchers as they were stored."""
    return tuple(Matcher(each["name"], cast(Op, each["op"]), each["value"]) for each in stored)


def read_inhibitions(stored: Sequence[Mapping[str, Any]]) -> list[Inhibition]:
    """Return rules of inhibition as they were stored."""
    return [
        Inhibition(
            source=read_matchers(each["source"]),
            target=read_matchers(each["target"]),
            equal=tuple(each["equal"]),
        )
        for each in stored
    ]


def problems_with(matchers: Sequence[Matcher], pointer: str) -> list[Problem]:
    """Return what is wrong with *matchers*; one of them must want something to be there."""
    problems: list[Problem] = []
    for index, matcher in enumerate(matchers):
        if matcher.op in ("=~", "!~"):
            try:
                read_pattern(matcher.value)
            except InvalidDefinition as error:
                problems += (each.under(f"{pointer}/{index}/value") for each in error.problems)
    if not problems and all(each.matches({}) for each in matchers):
        problems.append(Problem(pointer, "alert.matches_all"))
    return problems


def _all(matchers: Iterable[Matcher], labels: Labels) -> bool:
    return all(each.matches(labels) for each in matchers)


def _key(rule: Inhibition, labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in rule.equal)
