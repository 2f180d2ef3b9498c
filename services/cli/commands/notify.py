"""`automation notify`: where notifications go. Secrets are written, never read."""

from __future__ import annotations

from services.cli import kinds, kinds_platform
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Failed, Misused
from services.cli.kinds import Kind
from services.cli.language import both
from services.cli.tree import Branch, argument, option

notify = Branch("notify", both("Notification channels.", "通知管道。"))
channel = Branch(
    "channel", both("Channels: list, get, set, delete.", "管道：列出、顯示、設定、刪除。")
)
notify.add_command(channel)

_NAME = argument("name", metavar="CHANNEL")


@channel.leaf("list", both("List the channels.", "列出管道。"), takes={"query", "web"})
def list_channels(desk: Desk) -> None:
    desk.list(kinds_platform.CHANNEL)


@channel.leaf("get", both("Show a channel, without its secret.", "顯示管道，不含機密。"), _NAME)
def get(desk: Desk, *, name: str) -> None:
    desk.out.one(kinds_platform.CHANNEL, desk.client.get("/channels" + path(name)).body)


@channel.leaf(
    "set",
    both(
        "Create or replace a channel. Secrets belong in --secret-file, not on the command line.",
        "建立或取代管道。機密請放在 --secret-file，不要寫在命令列。",
    ),
    _NAME,
    option(
        "--kind",
        metavar="KIND",
        help=both(
            "email, webhook, alertmanager or apprise.", "email、webhook、alertmanager 或 apprise。"
        ),
    ),
    option(
        "-f",
        "--file",
        metavar="FILE",
        help=both("Fields as YAML or JSON.", "欄位的 YAML 或 JSON 檔案。"),
    ),
    option(
        "--secret-file",
        metavar="FILE",
        help=both(
            "The secret as YAML or JSON; - is stdin.", "機密的 YAML 或 JSON 檔案；- 為標準輸入。"
        ),
    ),
    option(
        "--set",
        "changes",
        multiple=True,
        metavar="FIELD=VALUE",
        help=both("A field: config.to=…", "欄位：config.to=…"),
    ),
    takes={"dry_run"},
)
def set_channel(
    desk: Desk,
    *,
    name: str,
    kind: str | None,
    file: str | None,
    secret_file: str | None,
    changes: tuple[str, ...],
) -> None:
    if any(each.startswith("secret") for each in changes):
        raise Misused(
            both(
                "A secret on the command line can be seen by others: --secret-file.",
                "命令列上的機密會被他人看見，請用 --secret-file。",
            )
        )
    body = fields_of(file, changes)
    if kind:
        body["kind"] = kind
    if secret_file:
        body["secret"] = fields_of(secret_file)
    answer = desk.change("PUT", "/channels" + path(name), body)
    if answer is not None:
        desk.out.one(kinds_platform.CHANNEL, answer.body)


@channel.leaf("delete", both("Delete a channel.", "刪除管道。"), _NAME, takes={"dry_run"})
def delete(desk: Desk, *, name: str) -> None:
    desk.confirm(both(f"Delete the channel {name}?", f"要刪除管道「{name}」嗎？"))
    if desk.change("DELETE", "/channels" + path(name)) is not None:
        desk.say(both(f"Deleted {name}.", f"已刪除 {name}。"))


@notify.leaf(
    "test",
    both(
        "Send a test message; exit code 1 if it did not arrive.",
        "傳送測試訊息；未送達時結束代碼為 1。",
    ),
    _NAME,
)
def test(desk: Desk, *, name: str) -> int:
    answer = desk.client.call("POST", "/channels" + path(name, "test")).body
    desk.out.one(_TESTED, answer)
    return 0 if answer["ok"] else Failed.exit_code


_TESTED = Kind(
    name="test",
    path="",
    id="ok",
    columns=(
        kinds.Column(both("ARRIVED", "送達"), "ok", "flag"),
        kinds.Column(both("DETAIL", "說明"), "detail"),
    ),
)
