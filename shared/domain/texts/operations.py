"""What people are told about executors, dead letters, the dashboard and the graph."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "executor.not_found": Text(
        "沒有這個執行器，或它已經離開。", "There is no such executor, or it has left."
    ),
    "dead_letter.not_found": Text("沒有這則無法處理的訊息。", "There is no such dead letter."),
    "dead_letter.discarded": Text(
        "這則訊息已捨棄，不能再重送。", "This message was discarded; it cannot be sent again."
    ),
    "dead_letter.resent": Text(
        "這則訊息已重送，不能再捨棄。", "This message was sent again; it cannot be discarded."
    ),
    "dead_letter.kind": Text(
        "這類訊息不能重送：較新的內容可能已經取代它，重送會把新的蓋掉。",
        "A message of this kind cannot be sent again: it might take the place of a newer one.",
    ),
    "dead_letter.cut": Text(
        "訊息太大，只保留了一部分，無法重送。",
        "The message was too large: only a part of it was kept, so it cannot be sent again.",
    ),
    "dead_letter.unreadable": Text(
        "訊息內容無法解讀，重送也不會有不同的結果。",
        "Nobody can read this message; sending it again would change nothing.",
    ),
    "queue.until": Text("期限必須晚於現在。", "The end must be later than now."),
    "queue.override_alone": Text(
        "暫時的上限必須有結束時間。", "A limit for a while needs an end (`until`)."
    ),
    # Why a dependant did not run, on the edge of the graph that leads to it.
    "edge.upstream_never": Text("上游任務還沒有執行過。", "The upstream task has not run yet."),
    "edge.upstream_deleted": Text("上游任務已刪除。", "The upstream task was deleted."),
    "edge.disabled": Text(
        "這個任務已停用，上游結束時不會啟動它。",
        "This task is disabled: it is not started when its upstream ends.",
    ),
    "edge.started": Text("上游結束後，它已啟動。", "It was started after its upstream ended."),
    "edge.running": Text("上游正在執行。", "The upstream task is running."),
    "edge.waiting": Text(
        "這個上游已結束，但規則「{rule}」還在等其他上游。",
        "This upstream ended; the rule `{rule}` waits for the others.",
    ),
    "edge.owed": Text(
        "上一輪已判定規則「{rule}」不成立；這個上游須先補上那一輪的結果。",
        "The rule `{rule}` could not be met any more; this upstream still owes that round its end.",
    ),
    "edge.not_success": Text(
        "上游沒有成功（{status}），因此沒有啟動它。",
        "The upstream task did not succeed ({status}), so this one was not started.",
    ),
    "edge.not_met": Text(
        "上游以 {status} 結束，不符合規則「{rule}」。",
        "The upstream task ended as {status}, which the rule `{rule}` does not take.",
    ),
    "edge.not_started": Text("已輪到它，但沒有執行：{why}", "It was its turn, but: {why}"),
    "edge.queued": Text("已輪到它，正在等候：{why}", "It was its turn, and it waits: {why}"),
}
