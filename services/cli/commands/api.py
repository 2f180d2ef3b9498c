"""`automation api`: any endpoint, for what has no command of its own."""

from __future__ import annotations

from typing import Any

from services.cli.bodies import fields_of, read_text, read_value
from services.cli.client import BASE
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.language import both
from services.cli.tree import Leaf, argument, option

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")

api = Leaf(
    "api",
    both(
        "Ask the API anything; prints what it says.\n\n"
        "Example: automation api GET /accounts --query-param state=running",
        "直接呼叫 API 並顯示回應。\n\n"
        "例如：automation api GET /accounts --query-param state=running",
    ),
    [
        argument("method", metavar="GET|POST|PUT|DELETE"),
        argument("where", metavar="PATH"),
        option(
            "--query-param",
            "params",
            multiple=True,
            metavar="NAME=VALUE",
            help=both("A parameter of the address.", "網址參數。"),
        ),
        option(
            "--set",
            "changes",
            multiple=True,
            metavar="FIELD=VALUE",
            help=both("A field of the body.", "內容欄位。"),
        ),
        option(
            "-f",
            "--file",
            metavar="FILE",
            help=both(
                "The body as YAML or JSON; - is stdin.", "內容的 YAML 或 JSON 檔案；- 為標準輸入。"
            ),
        ),
    ],
    frozenset({"dry_run"}),
)


def _ask(
    desk: Desk,
    *,
    method: str,
    where: str,
    params: tuple[str, ...],
    changes: tuple[str, ...],
    file: str | None,
) -> None:
    verb = method.upper()
    if verb not in METHODS:
        raise Misused(both(f"{method} is no method of HTTP.", f"{method} 不是 HTTP 方法。"))
    where = "/" + where.removeprefix(BASE).lstrip("/")
    asked: dict[str, Any] = {}
    for each in params:
        name, _, value = each.partition("=")
        asked.setdefault(name, []).append(value)
    body: Any = None
    if file and not changes:
        body = read_value(read_text(file))
    elif file or changes:
        body = fields_of(file, changes)
    answer = desk.change(verb, where, body, params=asked)
    if answer is not None and answer.body is not None:
        desk.out.document(answer.body)


api.body = _ask
