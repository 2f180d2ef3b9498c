"""What is wrong with an action's parameters, in words."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "url.syntax": Text("這不是有效的網址。", "This is not a valid URL."),
    "url.scheme": Text("網址必須以 http:// 或 https:// 開頭。", "A URL must be http or https."),
    "url.userinfo": Text(
        "網址不可包含使用者名稱或密碼。", "A URL must not hold a user name or password."
    ),
    "url.address": Text(
        "這個位址永遠不允許呼叫（雲端中繼資料或保留位址）。",
        "This address may never be called (cloud metadata or reserved).",
    ),
    "url.too_long": Text("網址過長。", "The URL is too long."),
    "header.invalid": Text("標頭含有不允許的字元。", "A header has a forbidden character."),
    "header.too_long": Text("標頭過長。", "A header is too long."),
    "header.reserved": Text("標頭 {name} 由系統設定。", "The header {name} is set by the system."),
    "header.duplicate": Text("標頭重複。", "A header is there twice."),
    "status.range": Text(
        "狀態碼須介於 100 到 599，或為 200-299 這樣的範圍。",
        "A status is 100 to 599, or a range such as 200-299.",
    ),
    "body.exclusive": Text("json 與 body 只能擇一。", "Give either json or body, not both."),
    "body.too_large": Text("內文超過 48 KiB。", "The body is larger than 48 KiB."),
    "data.too_large": Text("資料超過 48 KiB。", "The data is larger than 48 KiB."),
    "subject.syntax": Text(
        "主旨只能由英文字母、數字、- 與 _ 組成，以句點分隔。",
        "A subject is made of letters, digits, - and _, separated by dots.",
    ),
    "subject.forbidden": Text(
        "主旨必須以下列字首之一開頭：{prefixes}", "A subject must begin with one of: {prefixes}"
    ),
    "path.length": Text("路徑是空的或過長。", "The path is empty or too long."),
    "path.character": Text("路徑含有不允許的字元。", "The path has a forbidden character."),
    "path.absolute": Text(
        "路徑必須是相對路徑，位於備份資料夾之下。",
        "The path must be relative, below the backup folder.",
    ),
    "path.part": Text(
        "路徑不可包含 . 或 .. 之類的部分。", "The path must not hold parts such as . or .."
    ),
    "table.syntax": Text(
        "資料表名稱須為 schema.table 的形式。", "A table is named as schema.table."
    ),
}
