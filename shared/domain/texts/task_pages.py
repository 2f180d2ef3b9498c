"""What the API says about lists of tasks: the query language, bulk changes, saved views."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # The query language.
    "query.syntax": Text(
        "以空白分隔的條件須全部成立；前面加 - 表示排除，逗號表示任一個，* 代表任意文字，"
        '含空白的文字用 "" 括起來。沒有欄位的文字會比對名稱、說明與 ID。',
        "Conditions with blanks between them hold all at once; - in front excludes, a comma means"
        ' any of them, * stands for any text, "" hold text with blanks together. Text without a'
        " field is looked for in name, description and id.",
    ),
    "query.too_long": Text("查詢最多 {limit} 個字元。", "A query has at most {limit} characters."),
    "query.too_many_words": Text(
        "查詢最多 {limit} 個條件。", "A query has at most {limit} conditions."
    ),
    "query.too_many_values": Text(
        "一個條件最多 {limit} 個值。", "A condition has at most {limit} values."
    ),
    "query.value_missing": Text(
        "第 {at} 個字元處缺少值。", "A value is missing at character {at}."
    ),
    "query.quote_open": Text(
        "第 {at} 個字元的引號沒有結束。", "The quotation mark at character {at} is not closed."
    ),
    "query.field_unknown": Text(
        "第 {at} 個字元處：沒有這個欄位。可用的欄位：{allowed}。",
        "At character {at}: there is no such field. Fields are {allowed}.",
    ),
    "query.operator": Text(
        "第 {at} 個字元處：這個欄位可用的比較：{allowed}。",
        "At character {at}: this field is compared with {allowed}.",
    ),
    "query.one_value": Text(
        "第 {at} 個字元處：比大小時只能有一個值。",
        "At character {at}: more or less than takes one value.",
    ),
    "query.number": Text("第 {at} 個字元處：須為整數。", "At character {at}: this is no number."),
    "query.task_id": Text(
        "第 {at} 個字元處：須為任務 ID。", "At character {at}: this is no id of a task."
    ),
    "query.choice": Text(
        "第 {at} 個字元處：可用的值：{allowed}。", "At character {at}: use one of {allowed}."
    ),
    "query.time": Text(
        "第 {at} 個字元處：須為 1h、7d 這樣的時間長度、日期（2026-01-31），"
        "或含時區的時間（2026-01-31T09:00:00Z）。",
        "At character {at}: use a duration such as 1h or 7d, a day (2026-01-31), or a time with an"
        " offset (2026-01-31T09:00:00Z).",
    ),
    "query.help.name": Text("名稱含有這段文字", "The name holds this text"),
    "query.help.description": Text("說明含有這段文字", "The description holds this text"),
    "query.help.id": Text("ID 以此開頭", "The id begins with this"),
    "query.help.type": Text("任務類型", "Type of the task"),
    "query.help.action": Text("執行的動作", "The action it carries out"),
    "query.help.queue": Text("所在的佇列", "The queue it runs in"),
    "query.help.by": Text("建立者", "Who created it"),
    "query.help.timezone": Text("排程的時區", "Time zone of its schedule"),
    "query.help.enabled": Text("是否啟用", "Switched on or off"),
    "query.help.failing": Text("最近結束的一次未成功", "The latest run that ended did so badly"),
    "query.help.running": Text("有正在進行的執行紀錄", "It has a run under way"),
    "query.help.waiting": Text("有等待中的執行紀錄", "It has a run that is held"),
    "query.help.late": Text(
        "有執行紀錄逾期超過一分鐘仍未開始", "A run is due for over a minute and has not begun"
    ),
    "query.help.last": Text("最近一次的狀態", "Status of the latest run"),
    "query.help.has": Text("具有這個項目", "It has this"),
    "query.help.next": Text("下次執行時間", "When it runs next"),
    "query.help.last_run": Text("上次執行時間", "When it ran last"),
    "query.help.created": Text("建立時間", "When it was created"),
    "query.help.updated": Text("修改時間", "When it was changed"),
    "query.help.priority": Text("優先順序（1 最先）", "Priority, 1 comes first"),
    "query.help.failures": Text("失敗總次數", "How often it failed in all"),
    "query.help.runs": Text("執行總次數", "How often it ran in all"),
    "query.help.upstream": Text("相依於這個任務", "It follows this task"),
    "query.help.downstream": Text("這個任務相依於它", "This task follows it"),
    # Changes of many tasks.
    "task_bulk.not_found": Text("沒有這個批次作業。", "There is no such bulk change."),
    "task_bulk.ids_or_query": Text(
        "請以 ids 或 q 其中一種方式指定任務。", "Name the tasks by either ids or q."
    ),
    "task_bulk.too_many": Text(
        "一次最多 {limit} 個任務，請縮小查詢範圍。",
        "At most {limit} tasks at once; narrow the query.",
    ),
    "task_bulk.nothing": Text("沒有符合的任務。", "No task fits."),
    "task_bulk.over": Text("這個批次作業已經結束。", "The bulk change is over."),
    "task_bulk.under_way": Text(
        "這個批次作業還在進行，請先取消或等它完成。",
        "The bulk change is under way; cancel it or wait for its end.",
    ),
    "task_bulk.no_undo": Text(
        "只有啟用與停用可以復原。", "Only enabling and disabling can be undone."
    ),
    "task_bulk.undone": Text("已經復原過了。", "It was undone already."),
    "task_bulk.changed_since": Text(
        "任務在這之後被修改過，因此不復原。", "The task was changed since, so it is left as it is."
    ),
    # Saved views.
    "saved_view.not_found": Text("沒有這個檢視。", "There is no such view."),
    "saved_view.exists": Text("已有同名的檢視。", "There is a view of that name."),
    "saved_view.too_many": Text("最多儲存 {limit} 個檢視。", "At most {limit} views can be saved."),
    "saved_view.not_yours": Text(
        "這是 {owner} 的檢視，只有本人可以修改。", "This view is {owner}'s to change."
    ),
}
