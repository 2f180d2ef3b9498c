"""What notifications say, and what the API says about channels."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # The subject of an e-mail, the first line of everything else.
    "notify.title.start": Text("「{task}」已開始執行", "{task} has started"),
    "notify.title.success": Text("「{task}」執行成功", "{task} succeeded"),
    "notify.title.failure": Text("「{task}」執行失敗", "{task} failed"),
    "notify.title.failure_again": Text(
        "「{task}」已連續失敗 {count} 次", "{task} has failed {count} times in a row"
    ),
    "notify.title.recovered": Text("「{task}」已恢復正常", "{task} works again"),
    "notify.title.late": Text("「{task}」未準時開始", "{task} is late"),
    "notify.title.missed": Text("「{task}」錯過了執行時間", "{task} missed its time"),
    "notify.title.skipped": Text("「{task}」已略過一次執行", "A run of {task} was skipped"),
    "notify.title.cancelled": Text("「{task}」的執行已取消", "A run of {task} was cancelled"),
    "notify.title.dead": Text(
        "「{task}」重試後仍失敗，不再重試", "{task} failed for good: no more retries"
    ),
    "notify.title.needs_operator": Text(
        "「{task}」需要人工處理", "{task} needs somebody to look after it"
    ),
    "notify.title.silent": Text(
        "「{task}」的排程沒有觸發", "The schedule of {task} has gone silent"
    ),
    "notify.title.more": Text("還有 {count} 則通知", "{count} more notifications"),
    "notify.title.test": Text("通知管道測試", "Test of a notification channel"),
    # The lines below it.
    "notify.line.task": Text("任務：{task}（{task_id}）", "Task: {task} ({task_id})"),
    "notify.line.result": Text("結果：{result}", "Result: {result}"),
    "notify.line.error": Text("錯誤：{error}", "Error: {error}"),
    "notify.line.no_error": Text("錯誤：未提供訊息", "Error: no message was given"),
    "notify.line.reason": Text("原因：{reason}", "Reason: {reason}"),
    "notify.line.attempt": Text("嘗試次數：{attempt}", "Attempts: {attempt}"),
    "notify.line.since": Text("自 {since} 起，共 {count} 次", "Since {since}; so far: {count}"),
    "notify.line.scheduled": Text("預定時間：{scheduled_for}", "Scheduled for: {scheduled_for}"),
    "notify.line.started": Text("開始時間：{started_at}", "Started: {started_at}"),
    "notify.line.at": Text("發生時間：{at}", "Time: {at}"),
    "notify.line.run": Text("執行紀錄：{url}", "Run: {url}"),
    "notify.line.run_id": Text("執行編號：{run_id}", "Run: {run_id}"),
    "notify.line.more": Text(
        "自 {since} 起通知過多，另有 {count} 則（{tasks} 個任務或告警群組）未逐一送出。",
        "Since {since} there were too many messages; {count} more, of {tasks} tasks or groups of"
        " alerts, were not sent one by one.",
    ),
    "notify.line.more_where": Text(
        "全部列於 GET …/notifications?channel={channel}&state=folded。",
        "All are listed at GET …/notifications?channel={channel}&state=folded.",
    ),
    "notify.line.test": Text(
        "收到這則訊息，表示通知管道「{task}」設定正確。",
        "If you can read this, the channel {task} works.",
    ),
    # What the API says about channels.
    "channel.not_found": Text("沒有這個通知管道。", "There is no such notification channel."),
    "channel.unknown": Text(
        "沒有這個通知管道，也不是電子郵件地址。",
        "There is no such notification channel, and this is no e-mail address.",
    ),
    "channel.in_use": Text(
        "仍有任務使用這個通知管道：{tasks}。", "Tasks still name this channel: {tasks}."
    ),
    "notify.unreachable": Text(
        "這不是通知管道也不是電子郵件地址，不會收到通知。",
        "This is neither a channel nor an e-mail address: nobody is told there.",
    ),
    "notify.nobody": Text(
        "這條規則沒有通知對象：未指定管道與收件人，也無法通知建立者。",
        "This rule tells nobody: it names no channel, there are no recipients, and the task's"
        " creator cannot be reached.",
    ),
    "channel.name": Text(
        "名稱須以小寫英文字母開頭，只含小寫英文字母、數字與 -，最多 63 個字元。",
        "A channel's name begins with a lower case letter and is made of lower case letters,"
        " digits and -; at most 63 characters.",
    ),
    "channel.address": Text("這不是電子郵件地址。", "This is not an e-mail address."),
    "channel.no_key": Text(
        "伺服器沒有加密金鑰，無法保存機密：請設定 AUTOMATION_SECRET_KEY。",
        "The server has no key to keep secrets with; set AUTOMATION_SECRET_KEY.",
    ),
    "notification.not_found": Text("沒有這則通知。", "There is no such notification."),
    "notification.waiting": Text(
        "這則通知正要送出，不必重送。", "This message is about to be sent; it needs no resending."
    ),
    "notification.no_channel": Text(
        "通知管道「{channel}」已不存在，無法重送。",
        "The channel {channel} is gone; the message cannot be sent again.",
    ),
    "channel.no_notifier": Text(
        "通知服務沒有回應，請稍後再試。", "The notifier does not answer; please try again soon."
    ),
}
