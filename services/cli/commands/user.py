"""`automation user` over HTTP: who may log in. On the host: `--local`, without a server."""

from __future__ import annotations

from typing import Any

from services.cli import kinds_platform
from services.cli.cells import harmless
from services.cli.client import Answer, path
from services.cli.desk import Desk
from services.cli.failures import NotFound
from services.cli.finding import is_id
from services.cli.language import both
from services.cli.tree import Branch, argument, option

user = Branch(
    "user",
    both(
        "Who may log in.\n\nWith --local, or where no server is named: in this host's database.",
        "使用者。\n\n加上 --local，或未指定伺服器時：直接使用本機的資料庫。",
    ),
)

_USER = argument("user", metavar="USER")
_ROLE = option(
    "--role",
    required=True,
    metavar="ROLE",
    help=both("viewer, operator, editor or admin.", "viewer、operator、editor 或 admin。"),
)


@user.leaf(
    "list",
    both("List the users.", "列出使用者。"),
    option("--role", metavar="ROLE", help=both("Of this role.", "此角色的使用者。")),
    takes={"query", "web"},
)
def list_users(desk: Desk, *, role: str | None) -> None:
    desk.list(kinds_platform.USER, role=role)


@user.leaf("get", both("Show a user.", "顯示使用者。"), _USER)
def get(desk: Desk, *, user: str) -> None:
    desk.out.one(kinds_platform.USER, _found(desk, user).body)


@user.leaf(
    "create",
    both(
        "Create a user; print the link with which they choose a password.",
        "建立使用者，並顯示設定密碼的連結。",
    ),
    argument("name"),
    _ROLE,
    option("--display-name", metavar="TEXT", help=both("What others read.", "顯示名稱。")),
    option("--email", metavar="ADDRESS", help=both("Their address.", "電子郵件。")),
    takes={"dry_run"},
)
def create(
    desk: Desk, *, name: str, role: str, display_name: str | None, email: str | None
) -> None:
    given = {"name": name, "role": role, "display_name": display_name, "email": email}
    answer = desk.change("POST", "/users", {key: value for key, value in given.items() if value})
    if answer is not None:
        _print_link(desk, answer)


@user.leaf(
    "set-role", both("Change what somebody may do.", "變更角色。"), _USER, _ROLE, takes={"dry_run"}
)
def set_role(desk: Desk, *, user: str, role: str) -> None:
    _change(desk, user, {"role": role})


@user.leaf(
    "disable",
    both("Log somebody out everywhere and let them in no more.", "停用並登出。"),
    _USER,
    takes={"dry_run"},
)
def disable(desk: Desk, *, user: str) -> None:
    _change(desk, user, {"disabled": True})


@user.leaf("enable", both("Let somebody in again.", "重新啟用。"), _USER, takes={"dry_run"})
def enable(desk: Desk, *, user: str) -> None:
    _change(desk, user, {"disabled": False})


@user.leaf(
    "reset-password",
    both("Print a link for a new password.", "顯示重設密碼的連結。"),
    _USER,
    takes={"dry_run"},
)
def reset_password(desk: Desk, *, user: str) -> None:
    found = _found(desk, user).body
    answer = desk.change("POST", "/users" + path(found["id"], "reset-link"))
    if answer is not None:
        _print_link(desk, answer)


@user.leaf(
    "unlink",
    both(
        "Cut the link to a log-in service; who came that way is logged out.",
        "解除與登入服務的連結，並登出由此登入者。",
    ),
    _USER,
    takes={"dry_run"},
)
def unlink(desk: Desk, *, user: str) -> None:
    found = _found(desk, user).body
    name = found["name"]
    desk.confirm(
        both(
            f"Cut the link of {name} to {found['provider']}?",
            f"要解除「{name}」與 {found['provider']} 的連結嗎？",
        )
        if found["provider"]
        else both(f"Cut the link of {name}?", f"要解除「{name}」的連結嗎？")
    )
    answer = desk.change("DELETE", "/users" + path(found["id"], "identities"))
    if answer is not None:
        desk.out.one(kinds_platform.USER, answer.body)


@user.leaf("delete", both("Delete a user.", "刪除使用者。"), _USER, takes={"dry_run"})
def delete(desk: Desk, *, user: str) -> None:
    found = _found(desk, user)
    name = found.body["name"]
    desk.confirm(both(f"Delete the user {name}?", f"要刪除使用者「{name}」嗎？"))
    if desk.change("DELETE", "/users" + path(found.body["id"]), etag=found.etag) is not None:
        desk.say(both(f"Deleted {name}.", f"已刪除 {name}。"))


def _change(desk: Desk, word: str, fields: dict[str, Any]) -> None:
    found = _found(desk, word)
    answer = desk.change("PUT", "/users" + path(found.body["id"]), fields, etag=found.etag)
    if answer is not None:
        desk.out.one(kinds_platform.USER, answer.body)


def _found(desk: Desk, word: str) -> Answer:
    if not is_id(word):
        for each in desk.client.pages("/users", limit=0, text=word):
            if each["name"] == word:
                word = str(each["id"])
                break
        else:
            raise NotFound(both(f"There is no user {word!r}.", f"沒有「{word}」這個使用者。"))
    return desk.client.get("/users" + path(word))


def _print_link(desk: Desk, answer: Answer) -> None:
    if not desk.out.is_for_people:
        desk.out.document(answer.body)
        return
    link = str(answer.body["link"])
    whole = link if "://" in link else desk.place.server.rstrip("/") + link
    desk.out.line(harmless(whole))
