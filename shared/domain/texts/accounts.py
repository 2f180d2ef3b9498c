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
    "account.bulk_either": Text(
        "account_ids 與 filter 擇一填寫。", "Give either account_ids or filter."
    ),
    "account.bulk_hold": Text(
        "動作為 hold 時須填寫 hold，其他動作不可填寫。",
        "The action hold needs this, the others do without it.",
    ),
    "account.bulk_drain": Text("只有動作 stop 可填寫。", "Only the action stop takes this."),
    "account.bulk_too_many": Text(
        "符合條件的帳號超過 {limit} 個，請縮小範圍。",
        "The filter means more than {limit} accounts; narrow it.",
    ),
    "account.no_runtime_answers": Text(
        "這個帳號的伺服器目前沒有帳號執行環境回應。",
        "No account runtime of this account's server answers.",
    ),
    "account.not_stopped": Text(
        "帳號停止後才能移到另一台伺服器。",
        "An account moves to another server only while it is stopped.",
    ),
}
