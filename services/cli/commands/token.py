"""`automation token` over HTTP: who may call the API. On the host: `--local`, without a server."""

from __future__ import annotations

from services.cli import kinds_platform
from services.cli.cells import harmless
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.options import Number
from services.cli.tree import Branch, argument, option

token = Branch(
    "token",
    both(
        "Access tokens.\n\nWith --local, or where no server is named: in this host's database.",
        "存取權杖。\n\n加上 --local，或未指定伺服器時：直接使用本機的資料庫。",
    ),
)

_OWN = option("--own", is_flag=True, help=both("My own only.", "只限自己的權杖。"))
_DAYS_MOST = 3650


@token.leaf(
    "create",
    both(
        "Create a token and print it; it cannot be shown again.",
        "建立並顯示權杖，之後無法再次顯示。",
    ),
    argument("name"),
    option(
        "--scope",
        "scopes",
        multiple=True,
        required=True,
        metavar="SCOPE",
        help=both("May be repeated.", "可重複。"),
    ),
    option(
        "--expires-in-days",
        type=Number(1, _DAYS_MOST),
        default=90,
        metavar="N",
        help=both("Default: 90.", "預設 90 天。"),
    ),
    _OWN,
    takes={"dry_run"},
)
def create(
    desk: Desk, *, name: str, scopes: tuple[str, ...], expires_in_days: int, own: bool
) -> None:
    body = {"name": name, "scopes": list(scopes), "expires_in_days": expires_in_days}
    answer = desk.change("POST", "/me/tokens" if own else "/tokens", body)
    if answer is None:
        return
    if desk.out.is_for_people:
        desk.out.line(harmless(str(answer.body["token"])))
    else:
        desk.out.document(answer.body)


@token.leaf(
    "list",
    both("List the tokens, without their secrets.", "列出權杖，不含機密。"),
    _OWN,
    takes={"query", "web"},
)
def list_tokens(desk: Desk, *, own: bool) -> None:
    desk.list(kinds_platform.TOKEN, "/me/tokens" if own else None)


@token.leaf(
    "revoke",
    both("Make a token worthless, at once.", "立即撤銷權杖。"),
    argument("id_", metavar="ID"),
    _OWN,
    takes={"dry_run"},
)
def revoke(desk: Desk, *, id_: str, own: bool) -> None:
    desk.confirm(both(f"Revoke the token {id_}?", f"要撤銷權杖 {id_} 嗎？"))
    if desk.change("DELETE", ("/me/tokens" if own else "/tokens") + path(id_)) is not None:
        desk.say(both(f"Revoked {id_}.", f"已撤銷 {id_}。"))
