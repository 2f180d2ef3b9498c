"""What is said of the platform's own things: accounts, scripts, alerts, backups, secrets."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "platform.unknown": Text("沒有這個平台指令。", "There is no such platform command."),
    "platform.malformed": Text("平台指令的內容不正確。", "The platform command is malformed."),
    "platform.stale": Text(
        "這次嘗試已經結束或被取代，不可再更動平台資料。",
        "This attempt is over or was replaced; it may change nothing any more.",
    ),
    "platform.too_large": Text("回覆過大，請縮小範圍。", "The answer is too large; ask for less."),
}
