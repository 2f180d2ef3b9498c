"""What is said to whoever writes a schedule: of its fires to come, and of lines of a crontab."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # Allowed, but look again.
    "preview.none": Text("從現在起不會再有任何一次執行。", "From now on there is no run any more."),
    "preview.all_dark": Text(
        "在看得到的範圍內，所有時間都落在停止執行的時段中，任務不會執行。",
        "As far as can be seen, every time falls into a blackout: nothing will run.",
    ),
    "preview.longer_than_interval": Text(
        "最近 {count} 次執行中，95% 在 {p95} 秒內結束，但兩次排定時間最近只隔 {gap} 秒："
        "執行可能會重疊，請留意重疊時的處理方式。",
        "Of the last {count} runs 95 % ended within {p95} s, but fires lie only {gap} s apart:"
        " runs may overlap, so look at the overlap policy.",
    ),
    "preview.crowded": Text(
        "另有 {count} 個任務也排在 {at} 這一分鐘。可以錯開時間，或設定隨機延遲。",
        "{count} other tasks are due within the same minute, {at}. Consider another minute, or"
        " some jitter.",
    ),
    "preview.jitter_over_gap": Text(
        "隨機延遲最多 {jitter} 秒，比兩次排定時間的間隔（{gap} 秒）還長："
        "實際順序可能與排定順序不同。",
        "The jitter of up to {jitter} s is longer than the {gap} s between fires: they may start in"
        " another order.",
    ),
    # What a blackout does to fires.
    "preview.dark_skipped": Text(
        "略過 {count} 次：落在「{names}」的停止時段，{start} 至 {end}",
        "{count} skipped: within the blackout of {names}, {start} to {end}",
    ),
    "preview.dark_at_end": Text(
        "{count} 次落在「{names}」的停止時段（{start} 至 {end}），只在結束時執行最後一次",
        "{count} within the blackout of {names} ({start} to {end}): only the last one runs, at its"
        " end",
    ),
    # Lines of a crontab.
    "crontab.too_many": Text("最多 {limit} 行。", "At most {limit} lines."),
    "crontab.too_long": Text(
        "這一行超過 {limit} 個字元。", "This line has more than {limit} characters."
    ),
    "crontab.fields": Text(
        "crontab 的一行須有 5 欄（分 時 日 月 週）加上指令；這裡只有 {count} 個字詞。",
        "A crontab line has 5 fields (minute hour day month weekday) and a command; this one has"
        " only {count} words.",
    ),
    "crontab.reboot": Text(
        "@reboot 沒有時間可排，請改用手動任務或事件觸發。",
        "@reboot names no time. Use a manual task, or one that an event triggers.",
    ),
    "crontab.no_command": Text("時間之後沒有指令。", "There is no command after the time."),
    "crontab.variable": Text(
        "變數 {name} 不影響排程，請在動作的參數中設定。",
        "The variable {name} has no say in the schedule; set it with the action's parameters.",
    ),
    "crontab.user": Text(
        "原本以使用者 {user} 執行；在這裡由執行器的帳號執行。",
        "It ran as the user {user}; here it runs as the executor's account.",
    ),
    "crontab.percent": Text(
        "指令中的 % 在 crontab 裡代表換行，之後的文字會送進標準輸入；請檢查後再使用。",
        "A % in a crontab's command stands for a line break, and what follows is its standard"
        " input: look at it before you use it.",
    ),
}
