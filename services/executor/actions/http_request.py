"""Call a URL: the action for everything that has an HTTP interface.

Every attempt of a run sends the same `Idempotency-Key`, so that the receiver can drop the double of
a request whose answer was lost. Where it may connect is decided in `shared/egress`, what an answer
may cost in `http_exchange.py`. Redirects, sizes and times are limited, and no secret is ever part
of what it says: the key of a signature stays in the environment, headers are not logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import time
import zlib
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpcore
import httpx

from services.executor.actions.http_exchange import Answer, Call, exchange
from services.executor.actions.http_params import READ_MAX, Hmac, HttpRequestParams
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.domain.texts.catalog import Text
from shared.egress import guard as egress
from shared.egress.connections import Connections

USER_AGENT = "automation-tasks"

CLIENT_ERRORS = range(400, 500)
#: Client errors that pass: too slow, too early, too many.
WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
#: Answers whose `Retry-After` tells when another try is welcome.
SAYS_WHEN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
RETRY_AFTER_MAX = 3600.0  # seconds


class HttpRequest(Action[HttpRequestParams]):
    """Calls a URL and judges the answer. One instance serves all runs of a process."""

    name = "http_request"
    title = Text("HTTP 請求", "HTTP request")
    description = Text(
        "呼叫一個網址，並依狀態碼判斷成功或失敗。",
        "Calls a URL and judges by the status code whether it worked.",
    )
    params = HttpRequestParams

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        resolve: egress.Resolve = egress.resolve,
    ) -> None:
        self._now = now
        self._resolve = resolve
        # Connections are shared by requests under the same rules only. There is one allow-list
        # per process, so these are two at most.
        self._connections: dict[tuple[str, bool], Connections] = {}

    async def run(self, params: HttpRequestParams, context: Context) -> Outcome:
        call = self._call(params, context)
        answer = Answer(call.url)
        context.log(f"{call.method} {_shown(call.url)}")
        began = time.perf_counter()
        try:
            async with asyncio.timeout(params.timeout_seconds):
                await exchange(
                    self._shared(context.egress_allow, verify=params.verify_tls),
                    call,
                    answer,
                    keep=params.max_response_bytes,
                    follow=params.follow_redirects,
                )
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
        if problem:
            raise ActionFailed(problem, permanent=permanent, data=result)
        return _judged(params, answer, result, context, self._now())

    async def close(self) -> None:
        """Close all connections, at the end of the process."""
        while self._connections:
            _, connections = self._connections.popitem()
            await connections.close()

    def _call(self, params: HttpRequestParams, context: Context) -> Call:
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
        if params.hmac:
            headers |= self._signature(params.hmac, context, content or b"")
        if content is None and params.method in ("POST", "PUT", "PATCH"):
            content = b""  # sends `Content-Length: 0`, which many servers want to see
        return Call(method=params.method, url=params.full_url(), headers=headers, content=content)

    def _signature(self, wanted: Hmac, context: Context, content: bytes) -> dict[str, str]:
        secret = os.environ.get(wanted.secret_env)
        if not secret:
            raise ActionFailed(f"the executor has no variable {wanted.secret_env}", permanent=True)
        timestamp = str(int(self._now()))
        signed = b".".join([timestamp.encode(), str(context.run_id).encode(), content])
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return {
            wanted.header: f"{wanted.algorithm}={digest}",
            "X-Automation-Timestamp": timestamp,
        }

    def _shared(self, allow: str, *, verify: bool) -> Connections:
        if (connections := self._connections.get((allow, verify))) is not None:
            return connections
        try:
            allowed = egress.AllowList.parse(allow)
        except ValueError as error:
            raise ActionFailed(str(error), permanent=True) from error
        connections = self._connections[allow, verify] = Connections(
            # The system's certificates can be given in SSL_CERT_FILE; proxy variables are ignored.
            ssl=httpx.create_ssl_context(verify=verify),
            network=egress.GuardedBackend(allowed, resolve=self._resolve),
        )
        return connections


def _judged(
    params: HttpRequestParams, answer: Answer, result: dict[str, Any], context: Context, now: float
) -> Outcome:
    if answer.truncated:
        context.log(f"the answer is larger than {READ_MAX:,} bytes: the rest was not read")
    summary = f"{_status(answer.status)} from {answer.url.host} in {result['duration_ms']} ms"
    if params.expects(answer.status):
        return Outcome(summary, result)
    permanent = answer.status in CLIENT_ERRORS and answer.status not in WORTH_ANOTHER_TRY
    wait = pause_asked_for(answer.retry_after, now) if answer.status in SAYS_WHEN else None
    raise ActionFailed(summary, permanent=permanent, data=result, retry_after=wait)


def pause_asked_for(text: str, now: float) -> float | None:
    """Return the seconds that a `Retry-After` asks for, at most an hour; None if it says nothing.

    It names seconds or a date (RFC 9110, 10.2.3).
    """
    if re.fullmatch(r"[0-9]{1,10}", text):
        return min(float(text), RETRY_AFTER_MAX)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
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
        "excerpt": answer.excerpt(),
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
