"""What a change of a task would do, as one sentence put together from these parts."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "dry_run.not_here": Text(
        "這項操作不支援 dry_run。", "This operation cannot be tried by dry_run; nothing was done."
    ),
    "dry_run.create": Text("將會建立任務", "The task would be created"),
    "dry_run.update": Text("將會變更任務", "The task would be changed"),
    "dry_run.delete": Text("將會刪除任務", "The task would be deleted"),
    "dry_run.fires": Text(
        "，七天內增加 {added} 次、減少 {removed} 次排定的執行",
        ", with {added} fires more and {removed} fewer within 7 days",
    ),
    "dry_run.fires_until": Text(
        "，到 {until} 為止增加 {added} 次、減少 {removed} 次排定的執行，之後未再計算",
        ", with {added} fires more and {removed} fewer until {until}, as far as was counted",
    ),
    "dry_run.same_fires": Text(
        "，七天內排定的執行不變", ", with the same fires within the next 7 days"
    ),
    "dry_run.queued_taken_back": Text(
        "，收回等待中的執行 {count} 次",
        "; waiting runs: {count}, which would be taken back",
    ),
    "dry_run.queued_changed": Text(
        "，等待中的 {count} 次執行將改用新的設定",
        "; waiting runs: {count}, which would run by the new definition",
    ),
    "dry_run.running": Text(
        "，進行中的 {count} 次執行會照舊跑完", "; running now: {count}, which would end as they are"
    ),
    "dry_run.now": Text("，並且會立即執行一次。", ", and it would fire at once."),
    "dry_run.not_now": Text("，不會立即執行。", "; it would not fire at once."),
}
