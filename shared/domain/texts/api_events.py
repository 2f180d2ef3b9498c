"""What the API says of events, and of trying and replaying triggers."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "events.too_many": Text("一次最多 {limit} 個事件。", "At most {limit} events in one call."),
    "event.object": Text("事件須為 JSON 物件。", "An event must be a JSON object."),
    "event.too_large": Text(
        "事件編碼後最多 {limit} 位元組。", "An event, encoded, may have at most {limit} bytes."
    ),
    "event.source_reserved": Text(
        "來源 {source} 保留給本系統使用。", "The source {source} is reserved for this system."
    ),
    "event.binary": Text(
        "不支援 data_base64，請以 JSON 提供 data。",
        "data_base64 is not supported; give the data as JSON.",
    ),
    "event.extension_name": Text(
        "延伸屬性的名稱須為 1 到 20 個小寫英文字母或數字。",
        "The name of an extension has 1 to 20 lower-case letters and digits.",
    ),
    "event.extension_value": Text(
        "延伸屬性的值須為布林、32 位元整數，或最多 {limit} 個字元的文字。",
        "An extension is a boolean, a 32-bit integer, or a text of at most {limit} characters.",
    ),
    "trigger.one_of": Text("請擇一提供 event 或 last。", "Give either event or last."),
    "trigger.no_trigger": Text("這個任務沒有 trigger_config。", "This task has no trigger_config."),
    "replay.range": Text("from 須早於 to。", "`from` must come before `to`."),
    "replay.too_long": Text(
        "範圍內的事件或執行超過 {limit} 個，請縮小範圍。",
        "There are more than {limit} events or runs in the range; choose a shorter one.",
    ),
    "event.not_found": Text(
        "沒有這個事件，或已超過保存期限。", "There is no such event, or it is not kept any more."
    ),
    "events.unavailable": Text(
        "目前無法讀取事件，請稍後再試。", "Events cannot be read at the moment; try again soon."
    ),
}
