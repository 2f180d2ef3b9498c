"""A call of a URL: does it answer well, how fast, with which status."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from services.executor.actions.alert_check.web import Web
from shared.contracts.alert_queries import HttpProbe
from shared.domain.alerting.samples import Sample

#: So much of the answer is looked at: none.
KEEP = 0


async def measure(
    query: HttpProbe, web: Web, *, clock: Callable[[], float] = time.perf_counter
) -> list[Sample]:
    """Return one sample.

    Raises:
        Unreachable: nothing answers; see `without_answer`.
        NotMeasured: the address is not allowed.
    """
    url = httpx.URL(query.url)
    began = clock()
    answer = await web.call(
        query.method, url, login=query.login, verify_tls=query.verify_tls, keep=KEEP
    )
    milliseconds = (clock() - began) * 1000
    low, high = query.expect_status
    value = {
        "up": float(low <= answer.status <= high),
        "latency_ms": round(milliseconds, 1),
        "status": float(answer.status),
    }[query.measure]
    return [Sample(_labels(query), value)]


def without_answer(query: HttpProbe) -> list[Sample]:
    """Return what it means that nothing answers: it is not up, and there is nothing to measure."""
    return [Sample(_labels(query), 0.0)] if query.measure == "up" else []


def _labels(query: HttpProbe) -> dict[str, str]:
    # Without the query, which may hold a key.
    return {"url": str(httpx.URL(query.url).copy_with(query=None, fragment=None))}
