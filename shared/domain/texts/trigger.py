"""What people are told about triggers and conditions."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "trigger.subject": Text(
        "主旨須為 NATS 樣式：各段以點分隔，`*` 代表一段，`>` 只能在最後，例如 event.orders.>。",
        "A subject is a NATS pattern: tokens joined by dots, `*` for one, `>` only at the end, "
        "such as event.orders.>.",
    ),
    "trigger.type": Text(
        "類型不可含空白；`*` 只能在最後。",
        "A type holds no spaces, and `*` only at its end.",
    ),
    "trigger.path": Text(
        "須為事件欄位的路徑，例如 data.account_id。",
        "This must be the path of a field of the event, such as data.account_id.",
    ),
    "trigger.paths": Text(
        '須為路徑的清單，例如 ["data.account_id"]。',
        'This must be a list of paths, such as ["data.account_id"].',
    ),
    "trigger.too_many": Text("最多 {limit} 項。", "At most {limit} entries."),
    "trigger.template": Text(
        "樣板只能使用 {{{{ event.data.欄位 }}}} 或 {{{{ events }}}}。",
        "A template may only use {{{{ event.data.field }}}} or {{{{ events }}}}.",
    ),
    "trigger.every_event": Text(
        "須指定 subject、type 或 condition，否則任何事件都會觸發。",
        "Give a subject, a type or a condition; otherwise every event would start the task.",
    ),
    "trigger.within_required": Text(
        "計數或等待事件時須指定 within_seconds。",
        "Counting events, or waiting for one, needs within_seconds.",
    ),
    "trigger.proactive_alone": Text(
        "posture 為 proactive 時不可使用：沒有事件可以收集。",
        "Not with posture proactive: there is no event to collect.",
    ),
    "trigger.batch_or_debounce": Text(
        "batch 與 debounce_seconds 只能擇一。", "Use either batch or debounce_seconds."
    ),
    "trigger.debounce_required": Text(
        "須同時指定 debounce_seconds。", "This needs debounce_seconds, too."
    ),
    "trigger.loop": Text(
        "這個事件源自同一個任務，或因果鏈過長，故不觸發。",
        "The event was caused by the same task, or the chain of causes is too long.",
    ),
    "trigger.rate_limited": Text(
        "在期間內觸發次數已達上限，故捨棄。", "The limit of its period was reached; dropped."
    ),
    "condition.too_long": Text(
        "條件最多 {limit} 個字元。", "A condition has at most {limit} characters."
    ),
    "condition.syntax": Text("條件無法解讀：{detail}", "The condition cannot be read: {detail}"),
    "condition.not_boolean": Text(
        "條件的結果須為真或假，這個條件的結果是 {kind}。",
        "A condition must be true or false; this one gives {kind}.",
    ),
    "condition.missing": Text("事件沒有欄位 {name}。", "The event has no field {name}."),
    "condition.error": Text(
        "計算條件時出錯：{detail}", "Evaluating the condition failed: {detail}"
    ),
    "condition.timeout": Text(
        "條件的計算超過時間或記憶體上限，已中止。",
        "The condition exceeded its limit of time or memory and was stopped.",
    ),
    "condition.suspended": Text(
        "條件多次超過上限，暫停計算。",
        "The condition exceeded its limits several times and rests for a while.",
    ),
}
