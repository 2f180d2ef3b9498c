"""An instant query to whatever speaks Prometheus' HTTP API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx

from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.alert_check.web import Web
from shared.contracts.alert_queries import PromqlQuery
from shared.domain.alerting.samples import Sample

PATH = "/api/v1/query"
#: A longer query is posted; most servers take URLs of twice that.
GET_MAX = 3000  # bytes
REASON_MAX = 300  # characters


async def measure(query: PromqlQuery, web: Web, *, seconds: float) -> list[Sample]:
    """Return what the expression is now.

    Raises:
        NotMeasured: the server is away, refuses, or its answer makes no sense.
    """
    asked = {"query": query.expr, "timeout": f"{seconds:g}s"}
    wanted = urlencode(asked)
    base = httpx.URL(query.url)
    url = base.copy_with(path=base.path.rstrip("/") + PATH)
    is_short = len(wanted) <= GET_MAX
    answer = await web.call(
        "GET" if is_short else "POST",
        url.copy_merge_params(asked) if is_short else url,
        login=query.login,
        verify_tls=query.verify_tls,
        form=None if is_short else wanted.encode(),
    )
    try:
        document = answer.json()
    except ValueError as error:
        raise NotMeasured(f"{answer.status}: the answer is no JSON: {error}") from None
    return read_answer(answer.status, document)


def read_answer(status: int, document: Any) -> list[Sample]:  # noqa: ANN401 - JSON
    """Return the samples of an answer.

    Raises:
        NotMeasured: it is a refusal, or none of a query.
    """
    if not isinstance(document, dict):
        raise NotMeasured(f"{status}: the answer is none of Prometheus")
    if document.get("status") != "success" or status != HTTPStatus.OK:
        kind, words = document.get("errorType", ""), document.get("error", "")
        # A query that is wrong stays wrong; one that took too long may be faster next time.
        is_for_good = kind == "bad_data" or status in (400, 401, 403, 404, 422)
        message = f"{status} {kind}: {words}"[:REASON_MAX]
        raise NotMeasured(message, permanent=is_for_good and kind != "timeout")
    try:
        kind, found = document["data"]["resultType"], document["data"]["result"]
        if kind == "scalar":
            return [Sample({}, float(found[1]))]
        if kind != "vector":
            raise NotMeasured(f"the expression is a {kind}, not a vector", permanent=True)
        return [Sample(_labels(each["metric"]), float(each["value"][1])) for each in found]
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise NotMeasured(f"{status}: a sample cannot be read ({type(error).__name__})") from None


def _labels(metric: dict[str, Any]) -> dict[str, str]:
    if not all(isinstance(text, str) for text in metric.values()):
        raise TypeError("a label is no text")
    return dict(metric)
