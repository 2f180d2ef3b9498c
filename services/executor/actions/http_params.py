"""The parameters of a web request, and all that can be refused before anything is sent.

No secret is among them. A definition is stored, shown and exported, so the key of a signature is
named, not given: `secret_env` is a variable in the executor's own environment, and its prefix keeps
tasks away from the executor's other variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

import httpx
from pydantic import Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import Label
from shared.contracts.action import ActionParams
from shared.domain.texts.catalog import Text
from shared.egress.guard import URL_MAX, problem_with_url

KEY_VARIABLE = r"^AUTOMATION_SECRET_[A-Z0-9_]{1,100}$"
SIGNATURE_HEADER = "X-Automation-Signature"

#: Below the limit of a whole task definition (64 KiB).
BODY_MAX = 48 * 1024  # bytes
FULL_URL_MAX = 8192  # characters, with the query; most servers stop here
HEADERS_MAX = 50
HEADER_VALUE_MAX = 4096  # characters; servers refuse about 8 KiB for all headers
#: Reading stops here, decoded or not: no task needs more, and memory is shared by all runs.
READ_MAX = 1 << 20  # bytes
KEEP_DEFAULT = 64 * 1024  # bytes

#: What the connection is made of, and what says who we are.
RESERVED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
RESERVED_PREFIXES = ("proxy-", "x-automation-")

# `fullmatch` everywhere: `$` would let a trailing newline through.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_STATUS_RANGE = re.compile(r"([1-5][0-9]{2})-([1-5][0-9]{2})")

_PROBLEMS = {
    "url.syntax": "this is no URL of a web server",
    "url.scheme": "a URL must begin with http:// or https://",
    "url.userinfo": "a URL must not contain a user name or password",
    "url.address": "this address is never called",
}


class Hmac(ActionParams):
    """How the receiver can tell that a request is ours and fresh.

    The signature is the HMAC of `<timestamp>.<run id>.<body>`, sent as `sha256=<hex>`; the
    timestamp (Unix seconds) is in `X-Automation-Timestamp`, the run id in `Idempotency-Key`.
    """

    secret_env: Annotated[
        str,
        Label(
            Text("金鑰的環境變數", "Secret's variable"),
            Text(
                "執行器環境變數的名稱，以 AUTOMATION_SECRET_ 開頭；金鑰本身不會存入任務",
                "Environment variable of the executor that holds the key; begins with "
                "AUTOMATION_SECRET_. The key itself is never part of a task",
            ),
        ),
    ] = Field(pattern=KEY_VARIABLE)
    header: Annotated[
        str,
        Label(
            Text("簽章標頭", "Signature header"),
            Text("放置簽章的標頭名稱", "Name of the header that carries the signature"),
        ),
    ] = SIGNATURE_HEADER
    algorithm: Annotated[
        Literal["sha256"],
        Label(Text("演算法", "Algorithm"), Text("雜湊演算法", "Hash algorithm")),
    ] = "sha256"

    @field_validator("header")
    @classmethod
    def _judge_header(cls, name: str) -> str:
        if name != SIGNATURE_HEADER:
            judge_headers({name: ""})
        return name


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
        ),
    ] = Field(default_factory=dict, max_length=HEADERS_MAX)
    query: Annotated[
        dict[str, str | int | float | bool | list[str]],
        Label(
            Text("查詢參數", "Query"),
            Text("附加於網址的查詢參數", "Parameters added to the URL"),
        ),
    ] = Field(default_factory=dict, max_length=HEADERS_MAX)
    json_body: Annotated[
        JsonValue,
        Label(
            Text("JSON 內容", "JSON body"),
            Text("以 JSON 送出，最多 48 KiB；不可與 body 並用", "At most 48 KiB; instead of body"),
        ),
    ] = Field(default=None, alias="json")
    body: Annotated[
        str | None,
        Label(
            Text("文字內容", "Text body"),
            Text("以 UTF-8 送出，最多 48 KiB；不可與 json 並用", "At most 48 KiB; instead of json"),
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
        ),
    ] = Field(default=KEEP_DEFAULT, ge=0, le=READ_MAX)
    follow_redirects: Annotated[
        bool,
        Label(
            Text("跟隨轉址", "Follow redirects"),
            Text("最多 3 次，每次都重新檢查位址", "At most 3; each address is checked again"),
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
        ),
    ] = True
    hmac: Annotated[
        Hmac | None,
        Label(
            Text("簽章", "Signature"),
            Text("讓接收端確認請求來自本系統", "Lets the receiver see that the request is ours"),
        ),
    ] = None

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
        if self.hmac and self.hmac.header.lower() in (name.lower() for name in self.headers):
            raise PydanticCustomError(
                "header.reserved",
                "the header {name} is needed for the signature",
                {"name": self.hmac.header},
            )
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

    def expects(self, status: int) -> bool:
        """Say whether this is a good answer."""
        return any(low <= status <= high for low, high in map(bounds, self.expect_status))


def bounds(expected: float | str) -> Sequence[int]:
    """Read one entry of `expect_status`; (0, 0) if it makes no sense."""
    if isinstance(expected, str):
        found = _STATUS_RANGE.fullmatch(expected)
        return (int(found[1]), int(found[2])) if found else (0, 0)
    return (int(expected), int(expected))


def judge_headers(headers: dict[str, str]) -> None:
    """Refuse what would break the request apart or speak in our place."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise PydanticCustomError("header.invalid", "a header has a forbidden character")
        if len(value) > HEADER_VALUE_MAX:
            raise PydanticCustomError("header.too_long", "a header is too long")
        if name.lower() in RESERVED_HEADERS or name.lower().startswith(RESERVED_PREFIXES):
            raise PydanticCustomError(
                "header.reserved", "the header {name} is set by the system", {"name": name}
            )
    if len({name.lower() for name in headers}) != len(headers):
        raise PydanticCustomError("header.duplicate", "a header is there twice")
