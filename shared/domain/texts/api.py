"""What the API says to people: refusals, warnings, short confirmations."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # The request as a whole.
    "request.invalid": Text("請求內容有誤。", "The request makes no sense."),
    "request.unreadable": Text("無法讀取這個請求。", "The request cannot be read."),
    "request.not_acceptable": Text(
        "回應一律為 JSON，請將 Accept 設為 application/json。",
        "Answers are JSON; send Accept: application/json.",
    ),
    "path.not_found": Text("沒有這個網址。", "There is nothing at this address."),
    "method.not_allowed": Text("這個網址不支援此方法。", "This address does not know this method."),
    "server.error": Text(
        "伺服器發生錯誤，已記錄下來。回報時請附上 instance 的值。",
        "Something went wrong on our side and was logged. Quote `instance` when you report it.",
    ),
    "server.unavailable": Text(
        "資料庫暫時沒有回應，請稍後再試。",
        "The database does not answer at the moment; please try again soon.",
    ),
    "server.busy": Text(
        "目前請求過多，請稍後再試。", "Too many requests at the moment; please try again soon."
    ),
    # The body.
    "body.too_large": Text(
        "內容過大：上限為 {limit} 位元組。", "The body is too large: at most {limit} bytes."
    ),
    "body.timeout": Text("內容未在時限內傳完。", "The body did not arrive in time."),
    "body.encoding": Text("不接受壓縮過的內容。", "Compressed bodies are not accepted."),
    "body.media_type": Text(
        "內容須為 application/json，編碼為 UTF-8。", "The body must be application/json in UTF-8."
    ),
    "body.object": Text("內容須為 JSON 物件。", "The body must be a JSON object."),
    "json.empty": Text("內容是空的。", "The body is empty."),
    "json.bom": Text(
        "JSON 須為 UTF-8，開頭不可有 BOM。", "JSON must be UTF-8 without a byte order mark."
    ),
    "json.utf8": Text("內容不是有效的 UTF-8。", "The body is not valid UTF-8."),
    "json.syntax": Text("內容不是有效的 JSON。", "The body is not valid JSON."),
    "json.depth": Text("JSON 最多 {limit} 層。", "JSON may be at most {limit} levels deep."),
    "json.size": Text(
        "JSON 最多 {keys} 個鍵、{values} 個值。",
        "JSON may hold at most {keys} keys and {values} values.",
    ),
    "json.duplicate_key": Text("同一個鍵出現了兩次。", "The same key stands here twice."),
    "json.number": Text("不是有限的數字。", "This is not a finite number."),
    "json.surrogate": Text(
        "文字含有不成對的代理字元。", "The text holds a lone surrogate, which is no character."
    ),
    "int.range": Text(
        "整數超出可精確表示的範圍（±9007199254740991）。",
        "The integer is beyond what JSON readers keep exactly (±9007199254740991).",
    ),
    # Query parameters and headers.
    "query.invalid": Text("查詢參數有誤。", "A query parameter cannot be read."),
    "query.repeated": Text("這個參數只能出現一次。", "This parameter may stand only once."),
    "query.integer": Text(
        "須為 1 到 9 位數字的整數。", "This must be a whole number of one to nine digits."
    ),
    "cursor.invalid": Text(
        "這不是有效的分頁游標，請使用前一頁回應中的 next。",
        "This is no cursor of ours; use `next` of the page before.",
    ),
    "header.if_match": Text(
        'If-Match 須為 ETag，例如 "3"。', 'If-Match must hold an ETag such as "3".'
    ),
    # Who asks.
    "auth.required": Text(
        "請登入，或提供權杖：Authorization: Bearer <token>。",
        "Please log in, or give a token: Authorization: Bearer <token>.",
    ),
    "auth.invalid": Text(
        "權杖無效、已過期或已撤銷。", "The token is not valid, has expired or was revoked."
    ),
    "auth.scope": Text("缺少權限 {scope}。", "The scope {scope} is lacking."),
    "rate.exceeded": Text(
        "請求過於頻繁，請於 {seconds} 秒後再試。",
        "Too many requests; please try again in {seconds} seconds.",
    ),
    "rate.strangers": Text(
        "來自此網路且未帶有效憑證的請求過多，請於 {seconds} 秒後再試。",
        "Too many requests without a good credential came from this network;"
        " please try again in {seconds} seconds.",
    ),
    # Idempotency-Key.
    "idempotency.key": Text(
        "Idempotency-Key 須為 1 到 255 個可列印的 ASCII 字元。",
        "Idempotency-Key must be 1 to 255 printable ASCII characters.",
    ),
    "idempotency.in_hand": Text(
        "使用相同 Idempotency-Key 的請求仍在處理中，請稍後再試。",
        "A request with this Idempotency-Key is still in hand; please try again soon.",
    ),
    "idempotency.other_body": Text(
        "這個 Idempotency-Key 已用於另一個請求。",
        "This Idempotency-Key was used for another request.",
    ),
    # Fields.
    "field.required": Text("必須提供此欄位。", "This field is required."),
    "field.null": Text("不可為 null。", "This must not be null."),
    "field.read_only": Text("此欄位唯讀，無法設定。", "This field is read-only."),
    "field.invalid": Text("此欄位的值不正確。", "The value of this field is not right."),
    "field.number": Text("須為數字。", "This must be a number."),
    "field.finite": Text("須為有限的數字。", "This must be a finite number."),
    "field.array": Text("須為陣列。", "This must be an array."),
    "field.pattern": Text("格式不正確。", "The format is not right."),
    "field.too_short": Text("至少 {limit} 個字元。", "At least {limit} characters are needed."),
    "field.too_long": Text("最多 {limit} 個字元。", "At most {limit} characters are allowed."),
    "field.too_few": Text("至少 {limit} 項。", "At least {limit} items are needed."),
    "field.too_many": Text("最多 {limit} 項。", "At most {limit} items are allowed."),
    "field.above": Text("須大於 {limit}。", "This must be greater than {limit}."),
    "field.at_least": Text("不可小於 {limit}。", "This must be at least {limit}."),
    "field.below": Text("須小於 {limit}。", "This must be less than {limit}."),
    "field.at_most": Text("不可大於 {limit}。", "This must be at most {limit}."),
    "field.multiple": Text("須為 {limit} 的倍數。", "This must be a multiple of {limit}."),
    "text.empty": Text("不可為空白。", "This must not be blank."),
    "text.too_long": Text("最多 {limit} 個字元。", "At most {limit} characters are allowed."),
    "text.bidi": Text(
        "不可含有改變書寫方向的字元。", "Marks that turn the writing direction are not allowed."
    ),
    # Tasks.
    "task.not_found": Text("沒有這個任務。", "There is no such task."),
    "task.unknown": Text("沒有這個任務。", "There is no such task."),
    "task.changed": Text(
        "任務已被他人修改，請重新載入後再試。",
        "The task was changed meanwhile; reload it and try again.",
    ),
    "task.too_large": Text(
        "任務編碼後超過 {limit} 位元組。", "The task, encoded, is larger than {limit} bytes."
    ),
    "config.too_large": Text("{field} 不可超過 64 KiB。", "{field} may be at most 64 KiB."),
    "schedule.required": Text("排程任務須有 schedule_config。", "A scheduled task needs one."),
    "trigger.required": Text("觸發任務須有 trigger_config。", "A triggered task needs one."),
    "action.unknown": Text(
        "沒有這個動作。可用的動作：{known}。", "There is no such action. Known ones: {known}."
    ),
    "action.not_installed": Text(
        "這個動作尚未安裝，無法使用。可用的動作：{known}。",
        "This action is not installed yet. Known ones: {known}.",
    ),
    "deps.unknown": Text("沒有這個任務。", "There is no such task."),
    "deps.duplicate": Text("同一個任務列了兩次。", "The same task is listed twice."),
    "deps.cycle": Text("相依任務形成循環：{path}。", "The tasks would start each other: {path}."),
    "deps.depth": Text(
        "後續任務超過 {high} 個。", "More than {high} tasks would follow from this one."
    ),
    # Runs and tokens.
    "run.started": Text("任務已開始執行。", "The task has been started."),
    "run.there": Text(
        "相同的執行已存在，未重複開始。",
        "The same run is there already; no second one was started.",
    ),
    "run.same": Text(
        "相同的執行 {run} 已存在，因此拒絕。", "Rejected: the same run is there already, {run}."
    ),
    "run.not_found": Text("沒有這次執行。", "There is no such run."),
    "runs.too_many": Text("一次最多 {limit} 次執行。", "At most {limit} runs in one call."),
    "token.not_found": Text(
        "沒有這個權杖，或已撤銷。", "There is no such token, or it is revoked already."
    ),
}
