"""What is said of silences, of how alerts are told, and in the messages about alerts."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # What the API says.
    "silence.not_found": Text("沒有這個靜音。", "There is no such silence."),
    "silence.changed": Text(
        "靜音已被他人修改，請重新載入後再試。",
        "The silence was changed meanwhile; reload it and try again.",
    ),
    "silence.over": Text(
        "靜音已經結束，不可修改；請另建一個。",
        "The silence is over and cannot be changed; make another one.",
    ),
    "silence.ends": Text(
        "結束時間須晚於開始時間，且不可在過去。",
        "It must end after it starts, and not in the past.",
    ),
    "silence.long": Text("靜音最長 {days} 天。", "A silence lasts at most {days} days."),
    "silence.too_many": Text(
        "生效中與排定的靜音已達 {limit} 個。",
        "There are {limit} silences already that are not over.",
    ),
    "alert_settings.changed": Text(
        "告警通知設定已被他人修改，請重新載入後再試。",
        "The settings were changed meanwhile; reload them and try again.",
    ),
    "alert.group_by_all": Text(
        "「...」代表所有標籤，不可與其他標籤並用。",
        "`...` stands for all labels; it cannot be named beside others.",
    ),
    "alert.pattern": Text(
        "無法解讀這個規則運算式；可用文字、.、[a-z]、\\d \\w \\s、( )、|、* + ? {{m,n}}，"
        "不支援回溯參照與環視。",
        "This regular expression cannot be read; there are literals, ., [a-z], \\d \\w \\s, ( ), |,"
        " * + ? {{m,n}}, but no back references and no look-around.",
    ),
    "alert.pattern_large": Text(
        "這個規則運算式的重複太多。", "This regular expression repeats too much."
    ),
    "alert.matches_all": Text(
        "至少要有一個條件指定非空白的值，否則會比對到所有告警。",
        "At least one matcher must not match an empty value; else every alert would be meant.",
    ),
    "channel.in_use_by_rules": Text(
        "仍有告警規則使用這個通知管道：{rules}。", "Alert rules still name this channel: {rules}."
    ),
    "alert_group.unknown": Text("沒有這個告警群組。", "There is no such group of alerts."),
    # The subject of an e-mail, the first line of everything else.
    "alert_notice.title.firing": Text("[告警 {count}] {group}", "[FIRING {count}] {group}"),
    "alert_notice.title.resolved": Text("[已解除] {group}", "[RESOLVED] {group}"),
    # The lines below it.
    "alert_notice.firing": Text("發生中：{count} 則", "Firing: {count}"),
    "alert_notice.resolved": Text("已解除：{count} 則", "Resolved: {count}"),
    "alert_notice.value": Text("數值 {value}", "value {value}"),
    "alert_notice.since": Text("自 {since} 起", "since {since}"),
    "alert_notice.until": Text("{since} 至 {until}", "from {since} until {until}"),
    "alert_notice.nodata": Text("沒有資料", "no data"),
    "alert_notice.error": Text("無法檢查", "could not be checked"),
    "alert_notice.more": Text("另有 {count} 則未列出", "{count} more are not listed"),
    "alert_notice.where": Text("全部告警：{url}", "All alerts: {url}"),
    "alert_notice.all": Text("所有告警", "all alerts"),
}
