"""What is said of alert rules and alerts."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "alert_rule.not_found": Text("沒有這個告警規則。", "There is no such alert rule."),
    "alert_rule.changed": Text(
        "這個告警規則已被更動，請重新讀取後再試。",
        "The alert rule has changed in the meantime; read it again.",
    ),
    "alert_rule.name_taken": Text(
        "已經有同名的告警規則。", "There is an alert rule of that name already."
    ),
    "alert_rule.no_query": Text(
        "{type} 由本系統自行量測，不需要 query。",
        "{type} is measured by this system itself; it has no query.",
    ),
    "alert_rule.not_ours": Text(
        "{type} 不是由本系統量測的類型。", "{type} is not measured by this system itself."
    ),
    "alert_rule.channel": Text(
        "{method} 須填通知管道的名稱；請先建立管道。",
        "{method} needs the name of a notification channel; create the channel first.",
    ),
    "alert_rule.either": Text("不可與 {other} 並用。", "Give either this or {other}."),
    "alert_rule.label_name": Text(
        "名稱須以英文字母或底線開頭，只含英數字與底線，最多 63 個字元。",
        "A name begins with a letter or _ and has letters, digits and _ only, at most 63 of them.",
    ),
    "alert_rule.label_reserved": Text(
        "標籤 {name} 由系統填入。", "The label {name} is set by the system."
    ),
    "alert_rule.blank": Text(
        "預留位置只能是 value、threshold、rule、level 或 labels.<名稱>。",
        "A blank is one of value, threshold, rule, level, labels.<name>.",
    ),
    "alert_rule.status": Text(
        "須為兩個狀態碼（100 到 599），由小到大。",
        "These must be two status codes, 100 to 599, the lower one first.",
    ),
    "alert_rule.text": Text("不可空白。", "This must not be blank."),
    "alert_rule.odd_series": Text("樣本的標籤過長。", "The labels of a sample are too long."),
    "alert_check.one_query": Text(
        "promql、http、sql 須擇一提供。", "Give one of promql, http, sql."
    ),
    "alert_check.either": Text("rules 與 query 不可並用。", "Give either rules or query."),
    "alert_check.twice": Text("同一個規則列了兩次。", "A rule is named twice."),
    "alert.not_found": Text("沒有這個告警。", "There is no such alert."),
    "alert.resolved": Text("這個告警已經解除。", "The alert is over already."),
    "alert.label_filter": Text(
        "須為 名稱=值，多個以逗號分隔。", "This must be name=value, several with commas."
    ),
}
