"""What the API says of how tasks are run: policies, calendars, queues, the pause of everything."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # Fields of a task.
    "field.repeated": Text("這一項列了兩次。", "This is listed twice."),
    "retry.intervals": Text(
        "最長間隔不可短於第一次的間隔。",
        "The longest interval must not be shorter than the initial one.",
    ),
    "key.empty": Text("鍵不可為空白。", "A key must not be blank."),
    "key.too_long": Text("鍵最多 {limit} 個字元。", "A key has at most {limit} characters."),
    "key.syntax": Text(
        "鍵中的 {{{{ }}}} 只能放參數路徑，例如 account:{{{{ params.account_id }}}}。",
        "Between {{{{ and }}}} a key takes a path into the parameters only, such as"
        " account:{{{{ params.account_id }}}}.",
    ),
    # Calendars.
    "calendar.unknown": Text("沒有這個行事曆。", "There is no such calendar."),
    "calendar.not_found": Text("沒有這個行事曆。", "There is no such calendar."),
    "calendar.in_use": Text(
        "仍有任務使用這個行事曆：{tasks}。", "Tasks still use this calendar: {tasks}."
    ),
    "calendar.name": Text(
        "名稱須以小寫英文字母開頭，只含小寫英文字母、數字與 -，最多 63 個字元。",
        "A name begins with a lower-case letter and is made of lower-case letters, digits and -,"
        " at most 63 in all.",
    ),
    "calendar.empty": Text(
        "行事曆至少要有一個日期範圍、每週時段或假日。",
        "A calendar needs at least one range of dates, weekly window or holiday.",
    ),
    "calendar.always": Text(
        "每週時段涵蓋了整個星期，任務將永遠不會執行。",
        "The weekly windows cover the whole week: nothing would ever run.",
    ),
    "calendar.order": Text(
        "結束日期不可早於開始日期。", "The last date must not lie before the first one."
    ),
    "calendar.weekday": Text("須為下列之一：{allowed}。", "This must be one of: {allowed}."),
    "calendar.same_time": Text(
        "開始與結束時間不可相同；整天請寫 00:00 到 24:00。",
        "The two times must differ; for a whole day write 00:00 to 24:00.",
    ),
    "date.invalid": Text(
        "不是有效的日期。格式如 2026-11-24。", "This is not a valid date. Write it like 2026-11-24."
    ),
    "date.range": Text(
        "日期須介於 {low} 與 {high} 之間。", "The date must lie between {low} and {high}."
    ),
    "time.invalid": Text(
        "不是有效的時間。格式如 22:00。", "This is not a valid time of day. Write it like 22:00."
    ),
    # Queues.
    "queue.not_found": Text("沒有設定這個佇列。", "No such queue has been set up."),
    "queue.name": Text(
        "名稱須以小寫英文字母開頭，只含小寫英文字母、數字與 -，最多 63 個字元。",
        "A name begins with a lower-case letter and is made of lower-case letters, digits and -,"
        " at most 63 in all.",
    ),
}
