"""What a task may say of a check: which rules, or one query of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import DryRun, Label
from shared.contracts.action import ActionParams
from shared.contracts.alert_queries import HttpProbe, Login, PromqlQuery, Query, SqlQuery
from shared.contracts.alerts_commands import MOST_NAMES
from shared.domain.alerting.samples import Operator
from shared.domain.texts.catalog import Text
from shared.egress.guard import problem_with_url

PARALLEL_MAX = 20

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _labelled(labels: Mapping[str, Label]) -> Callable[[dict[str, Any]], None]:
    """Return what adds *labels* to the schema of a model whose fields are declared elsewhere."""

    def add(schema: dict[str, Any]) -> None:
        for name, label in labels.items():
            schema["properties"][name] |= label.shown()

    return add


def _judge_url(url: str) -> str:
    if code := problem_with_url(url):
        raise PydanticCustomError(code, code)
    return url


class LoginParams(Login):
    """Who we say that we are."""

    model_config = ConfigDict(
        json_schema_extra=_labelled(
            {
                "secret": Label(
                    Text("機密名稱", "Secret"),
                    Text("權杖或密碼的機密名稱", "Names the token or the password"),
                ),
                "username": Label(
                    Text("帳號", "User name"),
                    Text("填寫時使用 HTTP basic", "With it, HTTP basic is used"),
                ),
            }
        )
    )


_LOGIN = Label(
    Text("登入", "Login"), Text("權杖，或帳號與密碼", "A token, or a user name and password")
)
_VERIFY = Label(
    Text("驗證憑證", "Verify certificates"),
    Text("關閉後任何人都能冒充對方", "Without it anybody can pretend to be the other side"),
)


class PromqlParams(PromqlQuery):
    """An instant query."""

    model_config = ConfigDict(
        json_schema_extra=_labelled(
            {
                "url": Label(
                    Text("網址", "URL"),
                    Text("Prometheus 的網址，不含 /api/v1/query", "Without /api/v1/query"),
                ),
                "expr": Label(
                    Text("運算式", "Expression"), Text("PromQL", "PromQL"), widget="textarea"
                ),
                "login": _LOGIN,
                "verify_tls": _VERIFY,
            }
        )
    )
    login: LoginParams | None = None

    _url = field_validator("url")(_judge_url)


class ProbeParams(HttpProbe):
    """A call of a URL."""

    model_config = ConfigDict(
        json_schema_extra=_labelled(
            {
                "url": Label(
                    Text("網址", "URL"),
                    Text("內部位址須由管理員開放", "Private ones the administrator has to open"),
                ),
                "method": Label(Text("方法", "Method"), Text("GET 或 HEAD", "GET or HEAD")),
                "measure": Label(
                    Text("量測", "Measure"),
                    Text(
                        "up：1 或 0；latency_ms：毫秒；status：狀態碼",
                        "up: 1 or 0; latency_ms: milliseconds; status: its code",
                    ),
                    choices={
                        "up": Text("是否正常（1 或 0）", "is it up (1 or 0)"),
                        "latency_ms": Text("回應時間（毫秒）", "response time (ms)"),
                        "status": Text("狀態碼", "status code"),
                    },
                ),
                "expect_status": Label(
                    Text("正常的狀態碼", "Good status codes"),
                    Text("由小到大兩個數字，都包含在內", "From and to, both included"),
                ),
                "login": _LOGIN,
                "verify_tls": _VERIFY,
            }
        )
    )
    expect_status: Annotated[tuple[int, int], Field(strict=False)] = (200, 399)
    login: LoginParams | None = None

    _url = field_validator("url")(_judge_url)


class SqlParams(SqlQuery):
    """One statement that reads."""

    model_config = ConfigDict(
        json_schema_extra=_labelled(
            {
                "dsn_secret": Label(
                    Text("資料庫", "Database"),
                    Text(
                        "機密名稱，內容為 postgresql://帳號:密碼@主機/資料庫",
                        "Secret that holds postgresql://user:password@host/database",
                    ),
                ),
                "statement": Label(
                    Text("SQL", "SQL"),
                    Text(
                        "欄位 value 為數值，其餘欄位為標籤",
                        "Its column value is the number, the others are labels",
                    ),
                    widget="code:sql",
                ),
            }
        )
    )


class InlineCheck(ActionParams):
    """A query that is no rule: looked at and told, and nothing is remembered."""

    promql: Annotated[
        PromqlParams | None,
        Label(Text("PromQL", "PromQL"), Text("三者擇一", "One of the three")),
    ] = None
    http: Annotated[
        ProbeParams | None,
        Label(Text("HTTP 探測", "HTTP probe"), Text("三者擇一", "One of the three")),
    ] = None
    sql: Annotated[
        SqlParams | None,
        Label(Text("SQL", "SQL"), Text("三者擇一", "One of the three")),
    ] = None
    threshold_operator: Annotated[
        Operator,
        Label(
            Text("比較", "Comparison"), Text("符合時視為告警", "What meets it counts as an alert")
        ),
    ] = ">"
    threshold_value: Annotated[
        float,
        Label(Text("門檻", "Threshold"), Text("與量測值比較", "What is measured is compared")),
    ]

    @model_validator(mode="after")
    def _judge_kinds(self) -> Self:
        if sum(each is not None for each in (self.promql, self.http, self.sql)) != 1:
            raise PydanticCustomError("alert_check.one_query", "give one of promql, http, sql")
        return self

    @property
    def asked(self) -> Query:
        """Where it looks."""
        asked = self.promql or self.http or self.sql
        assert asked is not None  # noqa: S101 - one of them is there
        return asked


class AlertCheckParams(ActionParams):
    """Which rules are checked, and how."""

    rules: Annotated[
        list[RuleName],
        Label(
            Text("告警規則", "Alert rules"),
            Text("規則名稱；留空表示所有啟用中的規則", "By name; none: all that are enabled"),
            widget="alert-rules",
        ),
    ] = Field(default_factory=list, max_length=MOST_NAMES)
    query: Annotated[
        InlineCheck | None,
        Label(
            Text("單次查詢", "A query of its own"),
            Text(
                "不使用規則，只查詢一次並回報；不可與 rules 並用",
                "Instead of rules: looked at and told, nothing is remembered",
            ),
            is_advanced=True,
        ),
    ] = None
    timeout_seconds: Annotated[
        float,
        Label(
            Text("查詢逾時（秒）", "Time limit of a query (s)"),
            Text("每次嘗試", "Of each try"),
            is_advanced=True,
        ),
    ] = Field(default=30, ge=0.1, le=120)
    tries: Annotated[
        int,
        Label(
            Text("嘗試次數", "Tries"),
            Text("量測失敗時再試，共幾次", "How often a rule is tried before it counts as failed"),
            is_advanced=True,
        ),
    ] = Field(default=3, ge=1, le=5)
    parallel: Annotated[
        int,
        Label(
            Text("同時檢查", "At once"),
            Text("同時檢查的規則數", "Rules checked at once"),
            is_advanced=True,
        ),
    ] = Field(default=5, ge=1, le=PARALLEL_MAX)
    accept_partial: Annotated[
        bool,
        Label(
            Text("接受部分完成", "Accept a part"),
            Text(
                "部分規則無法量測時仍視為成功",
                "Some rules that cannot be measured do not make the run fail",
            ),
            is_advanced=True,
        ),
    ] = False
    dry_run: DryRun = False

    @model_validator(mode="after")
    def _judge_whole(self) -> Self:
        if self.query is not None and self.rules:
            raise PydanticCustomError("alert_check.either", "give either rules or query")
        if len(set(self.rules)) < len(self.rules):
            raise PydanticCustomError("alert_check.twice", "a rule is named twice")
        return self
