"""The parameters of a web request, and all that can be refused before anything is sent.

No secret is among them: those are named (`auth.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

import httpx
from pydantic import Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.assertions import Captures, Expectations
from services.executor.actions.form import DryRun, Label
from services.executor.actions.http.auth import Auth, Hmac
from services.executor.actions.http.headers import judge_headers
from shared.contracts.action import ActionParams, SecretName
from shared.domain.texts.catalog import Text
from shared.egress.guard import URL_MAX, problem_with_url

#: Below the limit of a whole task definition (64 KiB).
BODY_MAX = 48 * 1024  # bytes
FULL_URL_MAX = 8192  # characters, with the query; most servers stop here
HEADERS_MAX = 50
#: Reading stops here, decoded or not: no task needs more, and memory is shared by all runs.
READ_MAX = 1 << 20  # bytes
KEEP_DEFAULT = 64 * 1024  # bytes

_STATUS_RANGE = re.compile(r"([1-5][0-9]{2})-([1-5][0-9]{2})")

_PROBLEMS = {
    "url.syntax": "this is no URL of a web server",
    "url.scheme": "a URL must begin with http:// or https://",
    "url.userinfo": "a URL must not contain a user name or password",
    "url.address": "this address is never called",
}


class HttpRequestParams(ActionParams):
    """What to send, and which answer is a good one."""

    url: Annotated[
        str,
        Label(
            Text("網址", "URL"),
            Text(
                "http:// 或 https://；內部位址須由管理員開放",
                "http:// or https://; private addresses must be opened by the administrator",
            ),
        ),
    ] = Field(min_length=1, max_length=URL_MAX)
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        Label(Text("方法", "Method"), Text("HTTP 方法", "HTTP method")),
    ] = "GET"
    headers: Annotated[
        dict[str, str],
        Label(
            Text("標頭", "Headers"),
            Text(
                "額外的請求標頭；轉址到其他主機時不會帶過去",
                "Additional request headers; not sent on when redirected to another host",
            ),
            widget="key-value",
        ),
    ] = Field(default_factory=dict, max_length=HEADERS_MAX)
    query: Annotated[
        dict[str, str | int | float | bool | list[str]],
        Label(
            Text("查詢參數", "Query"),
            Text("附加於網址的查詢參數", "Parameters added to the URL"),
            widget="key-value",
        ),
    ] = Field(default_factory=dict, max_length=HEADERS_MAX)
    json_body: Annotated[
        JsonValue,
        Label(
            Text("JSON 內容", "JSON body"),
            Text("以 JSON 送出，最多 48 KiB；不可與 body 並用", "At most 48 KiB; instead of body"),
            widget="code:json",
        ),
    ] = Field(default=None, alias="json")
    body: Annotated[
        str | None,
        Label(
            Text("文字內容", "Text body"),
            Text("以 UTF-8 送出，最多 48 KiB；不可與 json 並用", "At most 48 KiB; instead of json"),
            widget="textarea",
        ),
    ] = None
    timeout_seconds: Annotated[
        float,
        Label(
            Text("逾時（秒）", "Time limit (s)"),
            Text("從開始到收完回應的總時間", "Total time until the answer is complete"),
        ),
    ] = Field(default=30, ge=1, le=300)
    expect_status: Annotated[
        list[int | str],
        Label(
            Text("成功的狀態碼", "Good status codes"),
            Text("狀態碼或範圍，例如 200、200-299", "Codes or ranges, such as 200 or 200-299"),
            widget="codes",
        ),
    ] = Field(default_factory=lambda: list[int | str](["200-299"]), min_length=1, max_length=20)
    max_response_bytes: Annotated[
        int,
        Label(
            Text("保留的回應大小", "Bytes kept"),
            Text(
                "保留回應開頭的位元組數，摘要取自其中；0 表示不保留。最多讀取 1 MiB",
                "How much of the answer's beginning is kept, for the excerpt; 0 keeps nothing. "
                "Reading stops at 1 MiB",
            ),
            is_advanced=True,
        ),
    ] = Field(default=KEEP_DEFAULT, ge=0, le=READ_MAX)
    follow_redirects: Annotated[
        bool,
        Label(
            Text("跟隨轉址", "Follow redirects"),
            Text("最多 3 次，每次都重新檢查位址", "At most 3; each address is checked again"),
            is_advanced=True,
        ),
    ] = True
    verify_tls: Annotated[
        bool,
        Label(
            Text("驗證憑證", "Verify certificates"),
            Text(
                "關閉後任何人都能冒充對方，僅供測試",
                "Without it anybody can pretend to be the other side; for tests only",
            ),
            is_advanced=True,
        ),
    ] = True
    hmac: Annotated[
        Hmac | None,
        Label(
            Text("簽章", "Signature"),
            Text("讓接收端確認請求來自本系統", "Lets the receiver see that the request is ours"),
            is_advanced=True,
        ),
    ] = None
    auth: Annotated[
        Auth | None,
        Label(
            Text("驗證", "Authentication"),
            Text(
                "以機密登入；轉址到其他主機時不會帶過去",
                "By a secret; not sent on when redirected to another host",
            ),
        ),
    ] = None
    client_certificate: Annotated[
        SecretName | None,
        Label(
            Text("用戶端憑證", "Client certificate"),
            Text(
                "機密名稱，內容為 PEM 格式的私鑰與憑證",
                "Secret that holds a private key and its certificate (PEM)",
            ),
            is_advanced=True,
        ),
    ] = None
    expect_json: Annotated[
        Expectations,
        Label(
            Text("回應內容的條件", "Expected in the answer"),
            Text(
                "回應的 JSON 必須全部符合，否則執行失敗",
                "The answer is JSON for which all of this holds; otherwise the run fails",
            ),
            is_advanced=True,
        ),
    ] = Field(default_factory=list)
    capture: Annotated[
        Captures,
        Label(
            Text("擷取", "Capture"),
            Text(
                "名稱對應回應 JSON 中的位置；值會存入執行結果",
                "Names and places in the answer's JSON; the values become part of the result",
            ),
            widget="key-value",
            is_advanced=True,
        ),
    ] = Field(default_factory=dict)
    busy_retries: Annotated[
        int,
        Label(
            Text("忙碌時重試", "Tries when busy"),
            Text(
                "對方回應 429 或 503 並以 Retry-After 要求等待至多 5 秒時，"
                "在同一次執行內重試的次數；更久的等待交由任務的重試設定",
                "How often it tries again within the run after 429 or 503 with a Retry-After of at "
                "most 5 seconds; longer pauses are the task's own retry's",
            ),
            is_advanced=True,
        ),
    ] = Field(default=2, ge=0, le=10)
    dry_run: DryRun = False

    @field_validator("url")
    @classmethod
    def _judge_url(cls, url: str) -> str:
        if code := problem_with_url(url):
            raise PydanticCustomError(code, _PROBLEMS[code])
        return url

    @field_validator("headers")
    @classmethod
    def _judge_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        judge_headers(headers)
        return headers

    @field_validator("expect_status")
    @classmethod
    def _judge_status(cls, expected: list[int | str]) -> list[int | str]:
        for each in expected:
            low, high = bounds(each)
            if not 100 <= low <= high <= 599:  # noqa: PLR2004 - RFC 9110
                raise PydanticCustomError(
                    "status.range", "a status is 100 to 599, or a range such as 200-299"
                )
        return expected

    @model_validator(mode="after")
    def _judge_whole(self) -> Self:
        if self.body is not None and self.json_body is not None:
            raise PydanticCustomError("body.exclusive", "give either json or body")
        if len(self.content() or b"") > BODY_MAX:
            raise PydanticCustomError("body.too_large", "the body is larger than 48 KiB")
        if len(str(self.full_url())) > FULL_URL_MAX:
            raise PydanticCustomError("url.too_long", "the URL with its query is too long")
        given = [name.lower() for name in self.headers]
        for name in self._credential_headers():
            if name.lower() in given:
                raise PydanticCustomError(
                    "header.reserved", "the header {name} is set by the system", {"name": name}
                )
            given.append(name.lower())
        return self

    def content(self) -> bytes | None:
        """Return the body as it is sent; None: there is none."""
        if self.json_body is not None:
            text = json.dumps(
                self.json_body, ensure_ascii=False, separators=(",", ":"), allow_nan=False
            )
            return text.encode()
        return None if self.body is None else self.body.encode()

    def full_url(self) -> httpx.URL:
        """Return the URL with the query."""
        url = httpx.URL(self.url)
        return url.copy_merge_params(self.query) if self.query else url

    @property
    def reads_json(self) -> bool:
        """True if the answer is looked into."""
        return bool(self.expect_json or self.capture)

    def _credential_headers(self) -> list[str]:
        return [
            *([self.hmac.header] if self.hmac else []),
            *([self.auth.header_name] if self.auth else []),
        ]

    def expects(self, status: int) -> bool:
        """Say whether this is a good answer."""
        return any(low <= status <= high for low, high in map(bounds, self.expect_status))


def bounds(expected: float | str) -> Sequence[int]:
    """Read one entry of `expect_status`; (0, 0) if it makes no sense."""
    if isinstance(expected, str):
        found = _STATUS_RANGE.fullmatch(expected)
        return (int(found[1]), int(found[2])) if found else (0, 0)
    return (int(expected), int(expected))
