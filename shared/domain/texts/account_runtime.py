"""What is wrong with how an account is to be run (`runtime` in its config)."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "account.runtime.nul": Text("不可包含 NUL 字元。", "Must not contain the character NUL."),
    "account.runtime.variable": Text(
        "不是環境變數名稱：只能用英文字母、數字與底線。",
        "Is no name of a variable: letters, digits and _.",
    ),
    "account.runtime.reserved": Text(
        "不可設定這個環境變數：它可能改變實際執行的程式。",
        "May not be set: it could change which program runs.",
    ),
    "account.runtime.outside": Text(
        "必須是帳號資料夾內的相對路徑。", "Must be a path inside of the account's folder."
    ),
    "account.runtime.program": Text(
        "第一個字必須是要執行的程式。", "Must begin with the program to run."
    ),
}
