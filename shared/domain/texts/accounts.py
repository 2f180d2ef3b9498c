"""What is said of accounts."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "account.not_found": Text("沒有這個帳號。", "There is no such account."),
    "account_hold.not_found": Text("這個帳號目前沒有人工鎖定。", "Nothing holds this account."),
    "account.exists": Text(
        "已有使用這個 account_id 的帳號。", "There is an account with this account_id."
    ),
    "account.changed": Text(
        "帳號已被他人修改，請重新載入後再試。",
        "The account was changed meanwhile; reload it and try again.",
    ),
    "account.id_is_fixed": Text("account_id 不可變更。", "The account_id cannot change."),
    "account.config_too_large": Text(
        "設定最多 {limit} 位元組。", "The config has at most {limit} bytes."
    ),
    "account.hold_is_past": Text("期限須在未來。", "This must be in the future."),
    "account.held": Text(
        "帳號已被人工鎖定在另一個狀態，請先解除鎖定。",
        "A person holds the account in the other state; take the hold back first.",
    ),
    "account.not_stopped": Text(
        "帳號停止後才能移到另一台伺服器。",
        "An account moves to another server only while it is stopped.",
    ),
}
