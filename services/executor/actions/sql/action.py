"""Ask a PostgreSQL database, and judge what it answers.

Where it is says a secret (a DSN), so what a task may see and do is what the role of that DSN may:
give it one of its own. Reads only, enforced by the server, unless the task says `write` and whoever
runs the executor agrees (`AUTOMATION_SQL_WRITES=on`). Parameters are bound, never put into the
text. A statement that writes may be executed by a second attempt again, if an executor died between
its commit and its report: write what bears that (`ON CONFLICT`, `WHERE`).

The statement is executed by a program of its own (`client.py`), which ends with the run.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.assertions import Claim, shown
from services.executor.actions.form import DryRun, Label
from services.executor.actions.programs import program
from shared.contracts.action import (
    Action,
    ActionFailed,
    ActionParams,
    Context,
    Outcome,
    SecretName,
)
from shared.domain.texts.catalog import Text

CLIENT = "services.executor.actions.sql.client"
STATEMENT_MAX = 20_000  # characters
PARAMETERS_MAX = 100
ROWS_MAX = 1000
#: Rows that are counted.
COUNT_MAX = 1_000_000
#: Below what is kept of a run's result (64 KiB).
BYTES_MAX = 48 * 1024
#: The server ends the statement; if it does not answer, this later we end the client.
BEYOND = 15.0  # seconds, connecting included
#: Of a statement that reads.
READS = ("select", "with", "values", "table", "show", "explain")

_BEFORE = re.compile(r"(\s|\(|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)


class RowCount(ActionParams):
    """How many rows a good answer has."""

    min: Annotated[
        int | None, Label(Text("最少", "At least"), Text("最少筆數", "The least number of rows"))
    ] = Field(default=None, ge=0, le=COUNT_MAX)
    max: Annotated[
        int | None, Label(Text("最多", "At most"), Text("最多筆數", "The largest number of rows"))
    ] = Field(default=None, ge=0, le=COUNT_MAX)

    @field_validator("max")
    @classmethod
    def _judge_range(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("min")
        if least is not None and most is not None and least > most:
            raise PydanticCustomError("rows.range", "the least is more than the most")
        return most


class SqlParams(ActionParams):
    """What is asked, where, and which answer is a good one."""

    dsn: Annotated[
        SecretName,
        Label(
            Text("資料庫", "Database"),
            Text(
                "機密名稱，內容為 postgresql://帳號:密碼@主機/資料庫",
                "Secret that holds postgresql://user:password@host/database",
            ),
        ),
    ]
    write: Annotated[
        bool,
        Label(
            Text("允許寫入", "May write"),
            Text(
                "須由管理員以 AUTOMATION_SQL_WRITES=on 開放；預設唯讀",
                "Where AUTOMATION_SQL_WRITES=on allows it; otherwise it only reads",
            ),
        ),
    ] = False
    statement: Annotated[
        str,
        Label(
            Text("SQL", "SQL"),
            Text("一個陳述式；參數為 $1、$2…", "One statement; its parameters are $1, $2, …"),
            widget="code:sql",
        ),
    ] = Field(min_length=1, max_length=STATEMENT_MAX)
    parameters: Annotated[
        list[JsonValue],
        Label(
            Text("參數", "Parameters"),
            Text("依序繫結；日期與時間以文字表示", "Bound in order; dates and times as texts"),
            widget="code:json",
        ),
    ] = Field(default_factory=list, max_length=PARAMETERS_MAX)
    timeout_seconds: Annotated[
        float,
        Label(
            Text("逾時（秒）", "Time limit (s)"),
            Text("陳述式的時限", "Of the statement"),
            is_advanced=True,
        ),
    ] = Field(default=30, ge=0.1, le=3600)
    lock_timeout_seconds: Annotated[
        float,
        Label(
            Text("鎖定逾時（秒）", "Lock limit (s)"),
            Text("等待鎖定的時限", "For each lock"),
            is_advanced=True,
        ),
    ] = Field(default=5, ge=0.01, le=3600)
    max_rows: Annotated[
        int,
        Label(
            Text("最多列數", "Rows kept"),
            Text(
                "存入結果的列數上限，總共 48 KiB；其餘略過",
                "How many rows become part of the result, 48 KiB in all; more are dropped",
            ),
            is_advanced=True,
        ),
    ] = Field(default=100, ge=1, le=ROWS_MAX)
    expect_rows: Annotated[
        RowCount | None,
        Label(
            Text("預期列數", "Expected rows"),
            Text("不在範圍內則執行失敗", "The run fails if there are fewer or more"),
            is_advanced=True,
        ),
    ] = None
    expect_value: Annotated[
        Claim | None,
        Label(
            Text("預期值", "Expected value"),
            Text(
                "第一列第一欄必須符合，否則執行失敗",
                "Must hold for the first column of the first row; otherwise the run fails",
            ),
            is_advanced=True,
        ),
    ] = None
    dry_run: DryRun = False

    @field_validator("statement")
    @classmethod
    def _judge_statement(cls, statement: str, info: ValidationInfo) -> str:
        if "\0" in statement:
            raise PydanticCustomError("text.nul", "it holds a NUL character")
        if not info.data.get("write") and not is_reading(statement):
            raise PydanticCustomError("sql.not_reading", "only reading statements without write")
        return statement

    @field_validator("parameters")
    @classmethod
    def _judge_parameters(cls, parameters: list[JsonValue]) -> list[JsonValue]:
        if len(json.dumps(parameters, ensure_ascii=False).encode()) > BYTES_MAX:
            raise PydanticCustomError("arguments.too_large", "the parameters are too large")
        return parameters

    def counted(self) -> int:
        """Return how many rows are looked at."""
        wanted = self.expect_rows or RowCount()
        return max(self.max_rows, wanted.min or 0, wanted.max or 0)


def is_reading(statement: str) -> bool:
    """Say whether it begins as one that reads; the server sees to it that it does."""
    before = _BEFORE.match(statement)
    words = re.match(r"[A-Za-z]*", statement[before.end() if before else 0 :])
    return words is not None and words[0].lower() in READS


class Sql(Action[SqlParams]):
    """Executes one statement."""

    name = "sql"
    category = "data"
    title = Text("SQL 查詢", "SQL statement")
    description = Text(
        "在 PostgreSQL 資料庫執行一個陳述式並檢查結果；預設唯讀。",
        "Executes a statement in a PostgreSQL database and judges the result; reads by default.",
    )
    params = SqlParams

    async def run(self, params: SqlParams, context: Context) -> Outcome:
        if params.write and not context.rights.sql_writes:
            raise ActionFailed(
                "no task may write by SQL here: set AUTOMATION_SQL_WRITES=on", permanent=True
            )
        if params.dry_run:
            kind = "write" if params.write else "read"
            step = {"do": kind, "dsn": params.dsn, "statement": params.statement}
            return Outcome(f"would execute a statement on {params.dsn}", {"plan": [step]})
        asked = {
            "dsn": await context.secret(params.dsn),
            "statement": params.statement,
            "parameters": params.parameters,
            "write": params.write,
            "statement_ms": max(round(params.timeout_seconds * 1000), 1),
            "lock_ms": max(round(params.lock_timeout_seconds * 1000), 1),
            "rows": params.max_rows,
            "count": params.counted(),
            "bytes": BYTES_MAX,
        }
        client = program.python_module(CLIENT, folder="/", stdin=json.dumps(asked).encode())
        began = time.perf_counter()
        try:
            async with asyncio.timeout(params.timeout_seconds + BEYOND):
                ended = await program.run(client, hear=None, hear_errors=lambda _: None)
        except TimeoutError:
            raise ActionFailed("the database does not answer") from None
        duration = round((time.perf_counter() - began) * 1000)
        return _judged(params, _said(ended), duration)


def _said(ended: program.Ended) -> dict[str, Any]:
    """Return what the client said.

    Raises:
        ActionFailed: nothing, or that it did not work.
    """
    try:
        said: dict[str, Any] = json.loads(ended.output)
    except ValueError:
        raise ActionFailed(f"the client ended with {ended.words}") from None
    if "problem" in said:
        raise ActionFailed(
            said["problem"],
            permanent=bool(said.get("permanent")),
            data={"sqlstate": said.get("sqlstate")},
        )
    return said


def _judged(params: SqlParams, said: dict[str, Any], duration: int) -> Outcome:
    rows, count = said["rows"], said["count"]
    is_more = count > params.counted()
    result = {
        "columns": said["columns"],
        "rows": rows,
        "row_count": count - is_more,
        "truncated": count > len(rows),
        "tag": said["tag"],
        "duration_ms": duration,
    }
    counted = f"more than {count - 1}" if is_more else str(count)
    summary = f"{counted} rows in {duration} ms" if said["columns"] else str(said["tag"])
    if problem := _problem(params, rows, count):
        raise ActionFailed(f"{summary}; {problem}", data=result)
    return Outcome(summary, result)


def _problem(params: SqlParams, rows: list[list[Any]], count: int) -> str:
    wanted = params.expect_rows or RowCount()
    if wanted.min is not None and count < wanted.min:
        return f"expected: at least {wanted.min}"
    if wanted.max is not None and count > wanted.max:
        return f"expected: at most {wanted.max}"
    claim = params.expect_value
    if claim is None:
        return ""
    is_there = bool(rows and rows[0])
    if claim.op == "exists":
        holds = is_there is (claim.value is not False)
    else:
        holds = is_there and claim.holds(rows[0][0])
    seen = shown(rows[0][0]) if is_there else "not there"
    return "" if holds else f"the value is {seen}; expected: {claim.op} {shown(claim.value)}"
