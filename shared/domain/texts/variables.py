"""What can be filled into a task, in words: the places, and what each variable means."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

PLACES: dict[str, dict[str, Text]] = {
    "map": {
        "title": Text("由事件帶入參數", "Parameters out of the event"),
        "description": Text(
            "觸發條件的 map：整個文字只有一個變數時保留原本的型別；事件沒有的值則沿用任務的參數。",
            "In the trigger's map: a text that is one variable keeps its type; what the event does "
            "not have stays as the task has it.",
        ),
    },
    "condition": {
        "title": Text("條件", "Conditions"),
        "description": Text(
            "直接以名稱取用事件資料的欄位，其餘以 event. 開頭。",
            "Fields of the event's data by their names, everything else as event.…",
        ),
    },
    "path": {
        "title": Text("分組依據", "Keys of events"),
        "description": Text(
            "for_each 以及批次、節流、速率限制的 key：每個不同的值各自計算。",
            "for_each, and the key of a batch, a throttle, a rate limit: each value counts alone.",
        ),
    },
    "key": {
        "title": Text("鎖定與並行的鍵", "Locks and keys of concurrency"),
        "description": Text(
            "由該次執行的參數帶入。", "Out of the parameters with which a run is admitted."
        ),
    },
    "environment": {
        "title": Text("程式的環境變數", "A program's environment"),
        "description": Text("執行程式時自動提供。", "Given to every program that is run."),
    },
    "header": {
        "title": Text("HTTP 標頭", "HTTP headers"),
        "description": Text(
            "送出 HTTP 請求時自動加上，重試時不變的是執行編號。",
            "Sent with every HTTP request; the id of the run is the same in every attempt.",
        ),
    },
}

WORDS: dict[str, Text] = {
    "event.id": Text("事件編號", "The event's id"),
    "event.source": Text("事件來源", "Who says it"),
    "event.type": Text("事件類型", "What has happened"),
    "event.time": Text("發生時間", "When it happened"),
    "event.subject": Text("事件主旨", "Its subject"),
    "event.data": Text("事件的全部資料", "All of its data"),
    "events": Text("整批事件（清單）", "All events of a batch, as a list"),
    "run.id": Text("執行編號，每次嘗試都相同", "The run's id, the same in every attempt"),
    "run.attempt": Text("第幾次嘗試", "Which attempt it is"),
}
