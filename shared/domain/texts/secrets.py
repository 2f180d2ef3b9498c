"""What is said of secrets."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "secret.not_found": Text("沒有這個機密。", "There is no such secret."),
    "secret.unknown": Text("沒有這個機密，請先建立。", "There is no such secret; store it first."),
    "secret.from_event": Text(
        "機密的名稱須直接寫在任務中，不可取自事件。",
        "Which secret is meant must stand in the task itself; an event must not choose it.",
    ),
    "secret.of_writers": Text(
        "指定機密需要權限 tasks:write：能指定機密，就能決定它送往何處。",
        "To name a secret takes tasks:write: whoever names it says where it goes.",
    ),
    "params.of_writers": Text(
        "這個動作會執行程式；自訂參數需要權限 tasks:write。",
        "This action executes programs: to choose its parameters takes tasks:write.",
    ),
    "secret.name": Text(
        "名稱須以小寫英文字母開頭，只含小寫英文字母、數字與 -，最多 63 個字元。",
        "A name begins with a lower-case letter and is made of lower-case letters, digits and -,"
        " at most 63 in all.",
    ),
    "secret.value": Text(
        "機密的值須為 {low} 到 {high} 位元組，不可全為空白，也不可含 NUL；太短就無法從紀錄中遮蔽。",
        "A secret has {low} to {high} bytes, not all of them blank, and no NUL; a shorter one could"
        " not be struck out of logs.",
    ),
    "secret.in_use": Text(
        "仍有任務或告警規則使用這個機密：{users}。", "This secret is still named by: {users}."
    ),
    "secret.changed": Text(
        "機密已被他人修改，請重新載入後再試。",
        "The secret was changed meanwhile; reload it and try again.",
    ),
    "secret.no_key": Text(
        "伺服器沒有加密金鑰：請設定 AUTOMATION_SECRET_KEY。",
        "The server has no key to seal it with: set AUTOMATION_SECRET_KEY.",
    ),
}
