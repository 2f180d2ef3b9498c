"""Measures one rule: several tries, a time limit for each, and what meets the condition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from services.executor.actions.alert_check import probe, promql, sql
from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.alert_check.web import Web
from services.executor.actions.http.connections import ConnectionRoom
from shared.contracts.action import ActionFailed, Context
from shared.contracts.alert_queries import QUERIES, HttpProbe, PromqlQuery, Query, SqlQuery
from shared.contracts.alerts_commands import ERROR_MAX, MOST_MET, Measured, MetSample
from shared.domain.alerting.labels import OddSeries, series_of
from shared.domain.alerting.rule import RuleType
from shared.domain.alerting.samples import Operator, Sample, doubles, is_beyond

#: Between two tries, in seconds; the second pause is twice as long.
REST = 0.5
MOST_SAMPLES = 5000
STRUCK_OUT = "***"


class Wanted(NamedTuple):
    """What is looked for, and where."""

    query: Query
    operator: Operator
    threshold: float


class Tries(NamedTuple):
    """How often, and how long each time."""

    most: int
    seconds: float
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    rest: float = REST


def query_of(rule_type: RuleType, query: Mapping[str, Any]) -> Query:
    """Return the query of a stored rule."""
    # From JSON it may have lists where the models say tuples.
    return QUERIES[rule_type].model_validate(query, strict=False)


async def measure(wanted: Wanted, context: Context, room: ConnectionRoom, tries: Tries) -> Measured:
    """Return what meets the condition.

    Raises:
        NotMeasured: after all tries, or as soon as no other try can help.
    """
    query, operator, threshold = wanted
    secret = await _secret_of(query, context)
    for place in range(1, tries.most + 1):
        try:
            async with asyncio.timeout(tries.seconds + _beyond(query)):
                samples = await _asked(query, secret, Web(room, context), tries.seconds)
            return read(samples, operator, threshold)
        except (NotMeasured, TimeoutError, ActionFailed) as error:
            failed = _failure(error, secret, tries.seconds)
        if failed.permanent or place == tries.most:
            break
        await tries.sleep(tries.rest * place)
    if isinstance(query, HttpProbe) and not failed.permanent:
        return read(probe.without_answer(query), operator, threshold)
    raise failed


def read(samples: Sequence[Sample], operator: Operator, threshold: float) -> Measured:
    """Return what of *samples* meets the condition, in the form in which it travels.

    Raises:
        NotMeasured: they are too many, or cannot be told apart.
    """
    if len(samples) > MOST_SAMPLES:
        raise NotMeasured(f"more than {MOST_SAMPLES} samples", permanent=True)
    try:
        plain = [Sample(series_of(each.labels), each.value) for each in samples]
    except OddSeries as error:
        raise NotMeasured(str(error), permanent=True) from None
    if doubles(plain):
        raise NotMeasured("two samples have the same labels", permanent=True)
    met = [each for each in plain if is_beyond(each.value, operator, threshold)]
    met.sort(key=lambda each: sorted(each.labels.items()))
    told = [MetSample(labels=dict(each.labels), value=repr(each.value)) for each in met[:MOST_MET]]
    return Measured(samples=len(plain), met=tuple(told), met_count=len(met))


async def _asked(query: Query, secret: str, web: Web, seconds: float) -> list[Sample]:
    match query:
        case PromqlQuery():
            return await promql.measure(query, web, seconds=seconds)
        case HttpProbe():
            return await probe.measure(query, web)
        case SqlQuery():
            return await sql.measure(query, secret, seconds=seconds)
    raise NotMeasured(f"{type(query).__name__} cannot be measured", permanent=True)


async def _secret_of(query: Query, context: Context) -> str:
    """Return the secret that *query* names, so that no error tells it."""
    match query:
        case PromqlQuery() | HttpProbe():
            name = query.login.secret if query.login else None
        case SqlQuery():
            name = query.dsn_secret
        case _:
            name = None
    if name is None:
        return ""
    try:
        return await context.secret(name)
    except ActionFailed as error:
        raise NotMeasured(str(error), permanent=error.permanent) from error


def _failure(error: Exception, secret: str, seconds: float) -> NotMeasured:
    if isinstance(error, TimeoutError):
        return NotMeasured(f"no answer within {seconds:g} s")
    words = str(error).replace(secret, STRUCK_OUT) if secret else str(error)
    plain = "".join(mark if mark.isprintable() else " " for mark in words[:ERROR_MAX])
    permanent = isinstance(error, NotMeasured | ActionFailed) and error.permanent
    return NotMeasured(plain, permanent=permanent)


def _beyond(query: Query) -> float:
    """Return how much longer we wait than the other side is told to take, in seconds."""
    # The server ends the statement itself; it takes time to start a client and to connect.
    return 15.0 if isinstance(query, SqlQuery) else 0.0
