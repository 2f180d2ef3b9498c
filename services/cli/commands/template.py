"""`automation template`: tasks that are ready but for their blanks."""

from __future__ import annotations

from services.cli import kinds
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.tree import Branch, argument, option

template = Branch("template", both("Tasks ready to use.", "任務範本。"))

_TEMPLATE = argument("template", metavar="TEMPLATE")


@template.leaf("list", both("List the templates.", "列出範本。"), takes={"query", "web"})
def list_templates(desk: Desk) -> None:
    desk.list(kinds.TEMPLATE)


@template.leaf(
    "show",
    both("Show a template, and what it asks for.", "顯示範本與所需的參數。"),
    _TEMPLATE,
    takes={"web"},
)
def show(desk: Desk, *, template: str) -> None:
    if desk.wishes.web:
        desk.show_page(kinds.TEMPLATE, template)
        return
    desk.out.document(desk.client.get("/task-templates" + path(template)).body)


@template.leaf(
    "use",
    both("Make a task of a template.", "以範本建立任務。"),
    _TEMPLATE,
    option(
        "--param",
        "params",
        multiple=True,
        metavar="NAME=VALUE",
        help=both("For a blank.", "填入參數。"),
    ),
    option(
        "-f",
        "--file",
        metavar="FILE",
        help=both("For the blanks, as YAML or JSON.", "參數的 YAML 或 JSON 檔案。"),
    ),
    option(
        "--set",
        "changes",
        multiple=True,
        metavar="FIELD=VALUE",
        help=both("Otherwise than the template: name=…", "覆寫範本的欄位：name=…"),
    ),
    takes={"dry_run"},
)
def use(
    desk: Desk,
    *,
    template: str,
    params: tuple[str, ...],
    file: str | None,
    changes: tuple[str, ...],
) -> None:
    body = {"parameters": fields_of(file, params), "overrides": fields_of(None, changes)}
    answer = desk.change("POST", "/task-templates" + path(template, "tasks"), body)
    if answer is not None:
        desk.out.one(kinds.TASK, answer.body)
