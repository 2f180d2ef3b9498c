"""Call a URL: the action for everything that has an HTTP interface.

Every attempt of a run sends the same `Idempotency-Key`, so that the receiver can drop the double of
a request whose answer was lost. Where it may connect is decided in `shared/egress`, what an answer
may cost in `exchange.py`. Redirects, sizes and times are limited, and no secret is ever part
of what it says: headers are not logged, and an answer that repeats a credential is struck out.
"""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import httpcore
import httpx

from services.executor.actions.assertions import capture, in_words, judge
from services.executor.actions.http.connections import ConnectionRoom, Rules
from services.executor.actions.http.exchange import Answer, Call, exchange
from services.executor.actions.http.params import READ_MAX, HttpRequestParams
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.domain.texts.catalog import Text
from shared.egress import guard as egress

USER_AGENT = "automation-tasks"

CLIENT_ERRORS = range(400, 500)
#: Client errors that pass: too slow, too early, too many.
WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
#: Answers whose `Retry-After` tells when another try is welcome.
SAYS_WHEN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
RETRY_AFTER_MAX = 3600.0  # seconds
#: A pause that is waited for within the run.
PAUSE_MAX = 5.0  # seconds
STRUCK_OUT = "***"


class Credentials(NamedTuple):
    """The values of the secrets of one run."""

    auth: str | None = None
    """What is sent in the header that `auth` names."""
    key: str | None = None
    certificate: str | None = None

    def struck_out(self, text: str) -> str:
        """Return *text* without what we have sent: some servers answer with it."""
        return text.replace(self.auth, STRUCK_OUT) if self.auth else text


class Wanted(NamedTuple):
    """What one run asks for."""

    params: HttpRequestParams
    context: Context
    credentials: Credentials


class HttpRequest(Action[HttpRequestParams]):
    """Calls a URL and judges the answer. One instance serves all runs of a process."""

    name = "http_request"
    category = "web"
    title = Text("HTTP 請求", "HTTP request")
    description = Text(
        "呼叫一個網址，並依狀態碼與回應內容判斷成功或失敗。",
        "Calls a URL and judges by status code and content of the answer whether it worked.",
    )
    params = HttpRequestParams

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        resolve: egress.Resolve = egress.resolve,
    ) -> None:
        self._now = now
        self._room = ConnectionRoom(resolve)

    async def run(self, params: HttpRequestParams, context: Context) -> Outcome:
        if params.dry_run:
            return _plan(params)
        credentials = await _credentials(params, context)
        wanted = Wanted(params, context, credentials)
        call = self._call(wanted)
        answer = Answer(call.url)
        context.log(f"{call.method} {_shown(call.url)}")
        began = time.perf_counter()
        try:
            async with asyncio.timeout(params.timeout_seconds) as limit:
                await self._exchange(wanted, answer, limit)
            problem, permanent = "", False
        except egress.Refused as error:
            problem, permanent = str(error), True
        except TimeoutError:
            problem = f"no complete answer within {params.timeout_seconds:g} s"
            permanent = False
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            problem, permanent = _reason(error), False
        except zlib.error:
            problem, permanent = "the answer says that it is gzip, but it is not", False
        result = _result(call, answer, seconds=time.perf_counter() - began)
        result["excerpt"] = credentials.struck_out(answer.excerpt(params.max_response_bytes))
        if problem:
            raise ActionFailed(problem, permanent=permanent, data=result)
        return _judged(params, answer, result, context, self._now())

    async def close(self) -> None:
        """Close all connections, at the end of the process."""
        await self._room.close()

    async def _exchange(self, wanted: Wanted, answer: Answer, limit: asyncio.Timeout) -> None:
        """Fill *answer*; ask again while the other side is busy and says that it will not be long.

        Waiting costs a slot. So a longer pause is left to the task's own retry, which costs none;
        so is one that would not leave the time for another try.
        """
        params = wanted.params
        rules = Rules(wanted.context.egress_allow, params.verify_tls)
        keep = READ_MAX if params.reads_json else params.max_response_bytes
        async with self._room.under(rules, wanted.credentials.certificate) as connections:
            for tries_left in reversed(range(params.busy_retries + 1)):
                answer.start_afresh()
                call = self._call(wanted)
                await exchange(connections, call, answer, keep=keep, follow=params.follow_redirects)
                pause = _pause(answer, self._now())
                if params.expects(answer.status) or pause is None or not tries_left:
                    return
                left = (limit.when() or 0) - asyncio.get_running_loop().time()
                if pause > PAUSE_MAX or pause >= left:
                    return
                wanted.context.log(f"{_status(answer.status)}: once more in {pause:g} s")
                await asyncio.sleep(pause)

    def _call(self, wanted: Wanted) -> Call:
        params, context, credentials = wanted
        content = params.content()
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }
        if content is not None:
            is_json = params.json_body is not None
            headers["Content-Type"] = "application/json" if is_json else "text/plain; charset=utf-8"
        given = {name.lower() for name in params.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in given}
        headers |= params.headers
        headers |= {
            "Idempotency-Key": str(context.run_id),
            "X-Automation-Attempt": str(context.attempt),
        }
        headers |= _trace(params, context)
        if params.auth and credentials.auth is not None:
            headers[params.auth.header_name] = credentials.auth
        if params.hmac and credentials.key is not None:
            headers |= params.hmac.headers(
                credentials.key,
                at=self._now(),
                run_id=str(context.run_id),
                content=content or b"",
            )
        if content is None and params.method in ("POST", "PUT", "PATCH"):
            content = b""  # sends `Content-Length: 0`, which many servers want to see
        return Call(method=params.method, url=params.full_url(), headers=headers, content=content)


async def _credentials(params: HttpRequestParams, context: Context) -> Credentials:
    auth = params.auth
    return Credentials(
        auth.header_value(await context.secret(auth.secret)) if auth else None,
        await params.hmac.key(context) if params.hmac else None,
        await context.secret(params.client_certificate) if params.client_certificate else None,
    )


def _trace(params: HttpRequestParams, context: Context) -> dict[str, str]:
    """Return the trace for a neighbour that the administrator has named, and for nobody else.

    An id that is the same in all calls of a run is nothing for strangers. What the task says itself
    stays.
    """
    said = {name.lower() for name in params.headers}
    if context.traceparent is None or "traceparent" in said:
        return {}
    url = params.full_url()
    port = url.port or (443 if url.scheme == "https" else 80)
    named = egress.AllowList.parse(context.egress_allow).names(url.host, port)
    return {"traceparent": context.traceparent} if named else {}


def _plan(params: HttpRequestParams) -> Outcome:
    step = {
        "do": "call",
        "method": params.method,
        "url": _shown(params.full_url()),
        "auth": params.auth.type if params.auth else None,
        "signed": params.hmac is not None,
    }
    return Outcome(f"would call {params.method} {step['url']}", {"plan": [step]})


def _judged(
    params: HttpRequestParams, answer: Answer, result: dict[str, Any], context: Context, now: float
) -> Outcome:
    if answer.truncated:
        context.log(f"the answer is larger than {READ_MAX:,} bytes: the rest was not read")
    summary = f"{_status(answer.status)} from {answer.url.host} in {result['duration_ms']} ms"
    if not params.expects(answer.status):
        permanent = answer.status in CLIENT_ERRORS and answer.status not in WORTH_ANOTHER_TRY
        wait = _pause(answer, now)
        raise ActionFailed(summary, permanent=permanent, data=result, retry_after=wait)
    if params.reads_json:
        try:
            document = answer.json()
        except ValueError as error:
            raise ActionFailed(f"{summary}, but no JSON: {error}", data=result) from None
        result["captured"] = capture(document, params.capture)
        result["failed_expectations"] = judge(document, params.expect_json)
        if failed := result["failed_expectations"]:
            raise ActionFailed(f"{summary}, but {in_words(failed)}", data=result)
    return Outcome(summary, result)


def _pause(answer: Answer, now: float) -> float | None:
    return pause_asked_for(answer.retry_after, now) if answer.status in SAYS_WHEN else None


def pause_asked_for(text: str, now: float) -> float | None:
    """Return the seconds that a `Retry-After` asks for, at most an hour; None if it says nothing.

    It names seconds or a date (RFC 9110, 10.2.3).
    """
    if re.fullmatch(r"[0-9]{1,10}", text):
        return min(float(text), RETRY_AFTER_MAX)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:  # "-0000", or no zone at all: GMT is the only one allowed
        date = date.replace(tzinfo=UTC)
    return min(max(date.timestamp() - now, 0.0), RETRY_AFTER_MAX)


def _result(call: Call, answer: Answer, *, seconds: float) -> dict[str, Any]:
    result: dict[str, Any] = {
        "method": call.method,
        "url": _shown(answer.url),
        "status": answer.status or None,
        "duration_ms": round(seconds * 1000),
        "bytes": answer.size,
        "truncated": answer.truncated,
        "redirects": answer.redirects,
        "excerpt": "",
    }
    if answer.retry_after:
        result["retry_after"] = answer.retry_after[:100]
    return result


def _shown(url: httpx.URL) -> str:
    return str(url.copy_with(userinfo=b""))


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _reason(error: Exception) -> str:
    return str(error) or f"the connection broke ({type(error).__name__})"
