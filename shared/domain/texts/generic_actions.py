"""What is wrong with the parameters of the generic actions, in words."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "path.json": Text("不是有效的 JSON 位置：{why}", "This is no JSON path: {why}"),
    "claim.number": Text("{op} 需要一個數字。", "{op} needs a number."),
    "claim.list": Text("in 的值必須是陣列。", "in needs a list."),
    "claim.boolean": Text("exists 的值為 true 或 false。", "exists takes true or false."),
    "claim.pattern": Text(
        "matches 需要 RE2 正規表示式，最多 500 個字元。",
        "matches needs a pattern (RE2) of at most 500 characters.",
    ),
    "hmac.key": Text("secret 與 secret_env 必須擇一。", "Give either secret or secret_env."),
    "hmac.own": Text(
        "{name} 是系統本身的金鑰，任務不可使用。",
        "{name} holds this system's own keys; no task may use it.",
    ),
    "auth.username": Text("帳號不可包含冒號。", "A user name must not hold a colon."),
    "auth.basic": Text("basic 需要帳號，其他方式則不可有。", "Only basic takes a user name."),
    "auth.header": Text(
        "header 需要標頭名稱，其他方式則不可有。", "Only header takes the name of a header."
    ),
    "subject.own": Text(
        "主旨 {subject} 屬於系統本身，任務不可使用。",
        "The subject {subject} is this system's own; no task may use it.",
    ),
    "subject.pattern": Text(
        "須為 event. 開頭的主旨，可用 * 與 >，例如 event.orders.>。",
        "A subject that begins with event., perhaps with * and >, such as event.orders.>.",
    ),
    "sql.not_reading": Text(
        "未開啟 write 時，陳述式須以 SELECT、WITH、VALUES、TABLE、SHOW 或 EXPLAIN 開頭。",
        "Without write, a statement begins with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN.",
    ),
    "rows.range": Text("最少筆數不可大於最多筆數。", "The least is more than the most."),
    "argv.program": Text(
        "第一項必須是程式的絕對路徑，或不含路徑的程式名稱。",
        "The first item is the full path of a program, or its name without a path.",
    ),
    "text.nul": Text("不可包含 NUL 字元。", "It must not hold a NUL character."),
    "env.name": Text(
        "環境變數 {name} 的名稱無效。", "{name} is no name of an environment variable."
    ),
    "env.twice": Text("環境變數 {name} 重複。", "The environment variable {name} is there twice."),
    "env.too_large": Text("環境變數的內容過長。", "The environment is too large."),
    "stdin.too_large": Text("標準輸入超過 48 KiB。", "The standard input is larger than 48 KiB."),
    "function.name": Text(
        "函式須為進入點名稱，或 package.module:function。",
        "A function is the name of an entry point, or package.module:function.",
    ),
    "arguments.too_large": Text("參數超過 48 KiB。", "The arguments are larger than 48 KiB."),
    "argument.name": Text("{name} 不是有效的參數名稱。", "{name} is no name of an argument."),
    "arguments.twice": Text("參數 {name} 重複。", "The argument {name} is there twice."),
}

#: How a value is compared with the one that is expected.
OPERATORS: dict[str, Text] = {
    "equals": Text("等於", "equals"),
    "not_equals": Text("不等於", "does not equal"),
    "contains": Text("包含", "contains"),
    "not_contains": Text("不包含", "does not contain"),
    "matches": Text("符合規則運算式", "matches a pattern"),
    "in": Text("為其中之一", "is one of"),
    "exists": Text("存在", "exists"),
    "lt": Text("小於", "is less than"),
    "le": Text("小於或等於", "is at most"),
    "gt": Text("大於", "is greater than"),
    "ge": Text("大於或等於", "is at least"),
}
