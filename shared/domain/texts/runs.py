"""What people are told about runs: what they wait for, what happened, how they ended."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # Why a run has not begun: `waits_for`.
    "waits.overlap": Text(
        "同一任務的另一次執行尚未結束。", "Another run of the same task has not ended yet."
    ),
    "waits.concurrency": Text(
        "同時執行的數量已達上限，等候空位。",
        "As many runs as allowed are live; it waits for one of them to end.",
    ),
    "waits.rate_limit": Text(
        "這段時間內的啟動次數已達上限。", "As many runs as allowed have started in this period."
    ),
    "waits.lock": Text(
        "所需的目標正由另一次執行占用。", "Another run has the target that this one needs."
    ),
    "waits.blackout": Text(
        "行事曆目前停用，等到停用期間結束。",
        "A calendar says no at this time; it waits for the end of the blackout.",
    ),
    "waits.queue_paused": Text("佇列已暫停。", "Its queue is paused."),
    "waits.paused_all": Text("整個系統已暫停。", "Everything is paused."),
    "waits.retry": Text(
        "上次嘗試失敗，等候重試。", "The last attempt failed; it waits for the next one."
    ),
    "waits.snooze": Text(
        "動作要求稍後再試。", "The action asked to be called again later; it waits until then."
    ),
    "waits.throttle": Text(
        "這段時間內的執行次數已達上限，稍後執行。",
        "There were enough runs in this period; it waits for the next one.",
    ),
    "waits.debounce": Text(
        "等候事件平息後才執行。", "It waits until no further event comes for a while."
    ),
    "waits.no_executor": Text(
        "沒有任何執行器能接手：沒有執行器支援這個佇列、動作與標籤，或都已離線。",
        "No live executor can take it: none has this queue, this action and these labels.",
    ),
    # What happened to a run.
    "timeline.due": Text("到了預定時間", "It was due"),
    "timeline.held": Text("等候放行", "It was held"),
    "timeline.admitted": Text("已放行", "It was admitted"),
    "timeline.ordered": Text("已交付執行（第 {attempt} 次嘗試）", "Attempt {attempt} was ordered"),
    "timeline.claimed": Text(
        "執行器接下第 {attempt} 次嘗試", "An executor claimed attempt {attempt}"
    ),
    "timeline.started": Text("第 {attempt} 次嘗試開始", "Attempt {attempt} started"),
    "timeline.attempt_failed": Text("第 {attempt} 次嘗試失敗", "Attempt {attempt} failed"),
    "timeline.retry_at": Text(
        "第 {attempt} 次嘗試最早於此時開始", "Attempt {attempt} begins at this time at the earliest"
    ),
    "timeline.snoozed": Text(
        "第 {attempt} 次嘗試要求稍後再試", "Attempt {attempt} asked to be called again"
    ),
    "timeline.cancel_requested": Text("要求取消", "It was asked to stop"),
    "timeline.finished": Text("結束", "It ended"),
    # How a run stands or ended.
    "status.success": Text("成功。", "Success."),
    "status.failure": Text("失敗。", "Failure."),
    "status.timed_out": Text("逾時。", "Timed out."),
    "status.cancelled": Text("已取消。", "Cancelled."),
    "status.needs_operator": Text("需要人員處理。", "It needs an operator."),
    "status.expired": Text("未能在期限前開始。", "It could not start before its deadline."),
    "status.missed": Text("錯過了執行時間。", "It missed its time."),
    "status.coalesced": Text(
        "錯過了執行時間，已併入另一次補跑。", "Missed its time; another late run stands for it."
    ),
    "status.superseded": Text(
        "排程已被修改，舊的執行時間作廢。", "The schedule was edited before it could run."
    ),
    "status.skipped_paused": Text("任務已停用，略過。", "Skipped: the task was disabled."),
    "status.skipped_condition": Text(
        "觸發條件不成立，略過。", "Skipped: the trigger's condition or rule was not met."
    ),
    "status.skipped_overlap": Text(
        "同一任務的另一次執行尚未結束，略過。", "Skipped: another run of the task was live."
    ),
    "status.skipped_lock": Text("目標被占用，略過。", "Skipped: another run had the target."),
    "status.skipped_blackout": Text("停用時段，略過。", "Skipped: a calendar says no."),
    "status.throttled": Text("次數過多，略過。", "Skipped: too many already run or wait."),
    "status.deduped": Text("相同的執行已存在。", "The same run is there already."),
    "status.upstream_failed": Text(
        "上游任務未依規則結束。", "What it depends on did not end as its rule demands."
    ),
    "run.cancelled": Text("開始前已取消。", "It was cancelled before it began."),
    # Refusals.
    "scheduler.unavailable": Text(
        "排程器暫時沒有回應，請稍後再試。",
        "No scheduler answers at the moment; please try again soon.",
    ),
    "run.on_its_way": Text(
        "排程器尚未收到這次執行，請稍後再試。",
        "The scheduler has not heard of this run yet; please try again soon.",
    ),
    "runs.choice": Text(
        "請擇一指定：run_ids，或條件（task_id、queue）。",
        "Name either run_ids or a filter (task_id, queue), one of the two.",
    ),
    "dead_runs.choice": Text(
        "請擇一指定：run_ids 或 task_id。", "Name either run_ids or a task_id, one of the two."
    ),
    "runs.too_large": Text(
        "這些執行的參數合計超過 {limit} 位元組。",
        "The parameters of these runs are larger than {limit} bytes together.",
    ),
    "dead_run.not_found": Text(
        "沒有這次失敗的執行。", "There is no such dead run: it is unknown, or did not die."
    ),
    "dead_run.requeued": Text(
        "這次執行已重新排入。", "This run was requeued already; it cannot be discarded."
    ),
    "dead_run.discarded": Text(
        "這次執行已捨棄；如仍要重新排入，請加上 again。",
        "This run was discarded; set `again` to requeue it all the same.",
    ),
    "dead_run.task_gone": Text(
        "任務已刪除，無法重新排入。", "Its task was deleted; there is nothing to run."
    ),
    "backfill.not_found": Text("沒有這次補跑。", "There is no such backfill."),
    "backfill.no_schedule": Text(
        "這個任務沒有排程，無法補跑。",
        "This task has no schedule, so it has no fires to run again.",
    ),
    "backfill.order": Text("to 須晚於 from。", "`to` must be later than `from`."),
    "backfill.future": Text("to 不可晚於現在。", "`to` must not be later than now."),
    "backfill.too_many": Text(
        "一次最多補跑 {limit} 次；請縮小範圍。",
        "At most {limit} fires in one backfill; choose a smaller range.",
    ),
    "backfill.empty": Text("這個範圍內沒有任何預定時間。", "There is no fire in this range."),
    "backfill.blackout": Text(
        "這個範圍內的預定時間都在停用期間；如仍要補跑，請加上 ignore_blackout。",
        "All fires of this range lie in blackouts; set `ignore_blackout` to run them all the same.",
    ),
}
