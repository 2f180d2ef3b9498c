"""What people are told about why a run is there, and about watching its log."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "why.schedule": Text("依排程執行。", "Its schedule was due."),
    "why.manual": Text("由 {who} 手動執行。", "{who} started it by hand."),
    "why.event": Text("由事件 {what} 觸發。", "The event {what} triggered it."),
    "why.dependency": Text("上游任務「{what}」結束後執行。", "It follows the task “{what}”."),
    "why.backfill": Text("由 {who} 要求補跑。", "{who} asked for a backfill."),
    "why.requeue": Text(
        "由 {who} 要求再執行一次先前的執行。", "{who} had an earlier run tried again."
    ),
    "why.somebody": Text("某人", "Somebody"),
    "run.live": Text(
        "這次執行尚未結束；請先取消，或等它結束。",
        "This run has not ended yet; cancel it first, or wait for its end.",
    ),
    "run.task_gone": Text(
        "任務已刪除，無法再執行一次。", "Its task was deleted; there is nothing to run."
    ),
    "lines.one_way": Text(
        "after 與 before 請擇一指定。", "Name either `after` or `before`, one of the two."
    ),
    "stream.many_of_yours": Text(
        "您同時觀看的記錄已達 {limit} 份；請先關閉其他分頁。",
        "You are watching {limit} logs at the same time, as many as allowed; close another one.",
    ),
    "stream.many": Text(
        "同時觀看記錄的人數已達上限，請稍後再試。",
        "As many logs are being watched as allowed; please try again soon.",
    ),
    "timeline.order": Text("to 須晚於 from。", "`to` must be later than `from`."),
    "timeline.span": Text(
        "時間範圍最長 {limit} 天。", "The range may have {limit} days at the most."
    ),
}
