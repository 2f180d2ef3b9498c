"""Why a fire or a run became what it did: the codes of the ledger.

What a code is about follows it after a colon (`lock.taken:account:7`) and fills `{what}`.
"""

from __future__ import annotations

from shared.domain.texts.catalog import Language, Text

TEXTS: dict[str, Text] = {
    "task.deleted": Text("任務已刪除。", "The task was deleted."),
    "task.disabled": Text("任務已停用。", "The task was disabled."),
    "claimed_before_cancel": Text(
        "取消之前，執行器已經接下。", "An executor had claimed it before it was taken back."
    ),
    "overlap.live": Text("同一任務的另一次執行尚未結束。", "Another run of the task was live."),
    "overlap.waiting": Text(
        "同一任務已有另一次執行在等候。", "Another run of the task was waiting already."
    ),
    "overlap.cancel_other": Text(
        "同一任務的新執行要求取消較早的執行。", "A newer run of the task had it cancelled."
    ),
    "overlap.terminate_other": Text(
        "同一任務的新執行要求中止較早的執行並立即開始。",
        "A newer run of the task had it cancelled and began at once.",
    ),
    "concurrency.cancel_oldest": Text(
        "同時執行的數量已達上限，取消最早的一次，讓位給較新的執行。",
        "As many runs as allowed were live; a newer one had the oldest cancelled.",
    ),
    "overlap.newer": Text("由較新的一次執行取代。", "A newer run took its place."),
    "overlap.buffer_full": Text(
        "等候中的執行已達上限。", "As many runs of the task as allowed were waiting already."
    ),
    "start.deadline": Text("未能在期限前開始。", "It could not start before its deadline."),
    "concurrency.limit": Text(
        "同時執行的數量已達上限。", "As many runs as allowed were live already."
    ),
    "queue.full": Text(
        "佇列 {what} 等候中的執行已達上限。",
        "As many runs as allowed were waiting in the queue {what} already.",
    ),
    "lock.taken": Text("目標 {what} 正由另一次執行占用。", "Another run had the target {what}."),
    "lock.superseded": Text(
        "較新的一次執行取得了目標 {what}。", "A newer run took the target {what} in its stead."
    ),
    "unique.rejected": Text(
        "相同的執行 {what} 已存在，因此拒絕。", "Rejected: the same run is there already, {what}."
    ),
    "unique.existing": Text("相同的執行已存在：{what}。", "The same run is there already: {what}."),
    "unique.replaced": Text("由執行 {what} 取代。", "The run {what} took its place."),
    "blackout": Text("行事曆 {what} 此時停用。", "The calendar {what} says no at this time."),
}


def in_words(text: str, language: Language) -> str:
    """Return the sentence of *text* if it is one of these codes; if not, it speaks for itself."""
    code, _, what = text.partition(":")
    sentence = TEXTS.get(code)
    return text if sentence is None else sentence.fill(language, {"what": what})
