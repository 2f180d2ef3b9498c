"""What is said of scripts: what is wrong with a text, and why something is refused."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # The text as YAML.
    "script.yaml": Text(
        "第 {line} 行第 {column} 欄：YAML 語法錯誤。",
        "Line {line}, column {column}: this is not valid YAML.",
    ),
    "script.characters": Text(
        "內容含有 YAML 不允許的字元。", "The text has a character that YAML does not allow."
    ),
    "script.empty": Text("腳本是空的。", "The script is empty."),
    "script.too_large": Text(
        "腳本過大：上限為 {limit} 位元組。", "The script is too large: at most {limit} bytes."
    ),
    "script.depth": Text(
        "第 {line} 行：巢狀層數過多，最多 {limit} 層。",
        "Line {line}: nested too deeply, at most {limit} levels.",
    ),
    "script.nodes": Text(
        "第 {line} 行：內容過多，最多 {limit} 個值。",
        "Line {line}: too much in one script, at most {limit} values.",
    ),
    "script.alias": Text(
        "第 {line} 行：不可使用 YAML 的錨點與別名（& 與 *）。",
        "Line {line}: anchors and aliases of YAML (& and *) are not allowed.",
    ),
    "script.tag": Text(
        "第 {line} 行：不可使用 YAML 標籤（!）。", "Line {line}: tags of YAML (!) are not allowed."
    ),
    "script.key": Text(
        "第 {line} 行：鍵必須是文字；on、yes 之類的字，以及以 {{{{ 開頭的文字，請加上引號。",
        "Line {line}: a key must be text; put words such as on or yes, and text that begins with"
        " {{{{, in quotes.",
    ),
    "script.duplicate_key": Text(
        "第 {line} 行：同一個鍵在第 {first} 行已經出現過。",
        "Line {line}: the same key stands in line {first} already.",
    ),
    "script.quote": Text(
        "第 {line} 行：這個值會被當成日期或數字，請加上引號。",
        "Line {line}: this would be read as a date or number; put it in quotes.",
    ),
    # What it says.
    "script.mapping": Text(
        "第 {line} 行：這裡須為「鍵: 值」的形式。", "Line {line}: this must be a mapping."
    ),
    "script.list": Text("第 {line} 行：這裡須為清單。", "Line {line}: this must be a list."),
    "script.required": Text("第 {line} 行：缺少 {field}。", "Line {line}: {field} is missing."),
    "script.unknown_key": Text(
        "第 {line} 行：沒有這個欄位；可用的有：{allowed}。",
        "Line {line}: there is no such field; there are: {allowed}.",
    ),
    "script.too_many": Text(
        "第 {line} 行：項目過多，最多 {limit} 個。", "Line {line}: too many, at most {limit}."
    ),
    "script.text": Text(
        "第 {line} 行：須為文字；數字、日期與 yes、no 之類的字請加上引號。",
        "Line {line}: this must be text; put numbers, dates and words such as yes in quotes.",
    ),
    "script.length": Text(
        "第 {line} 行：長度須為 {least} 到 {most} 個字。",
        "Line {line}: this must have {least} to {most} characters.",
    ),
    "script.control": Text(
        "第 {line} 行：不可含有控制字元（換行與定位字元除外）。",
        "Line {line}: control characters are not allowed, but for line breaks and tabs.",
    ),
    "script.none": Text("第 {line} 行：清單不可為空。", "Line {line}: the list is empty."),
    "script.choice": Text(
        "第 {line} 行：只能是下列之一：{allowed}。", "Line {line}: this must be one of: {allowed}."
    ),
    "script.boolean": Text(
        "第 {line} 行：只能是 true 或 false。", "Line {line}: this must be true or false."
    ),
    "script.seconds": Text(
        "第 {line} 行：須為 0 到 {limit} 秒。", "Line {line}: this must be 0 to {limit} seconds."
    ),
    "script.step_id": Text(
        "第 {line} 行：代號由小寫英文字母、數字、- 與 _ 組成，並以字母開頭。",
        "Line {line}: an id is made of a-z, 0-9, - and _, and begins with a letter.",
    ),
    "script.duplicate_id": Text(
        "第 {line} 行：這個代號已用於第 {first} 行，或是保留字 end。",
        "Line {line}: this id is taken (line {first}), or is the reserved word end.",
    ),
    "script.variable_name": Text(
        "第 {line} 行：變數名稱由小寫英文字母、數字與 _ 組成，以字母開頭，且不可與內建變數同名。",
        "Line {line}: a variable is named with a-z, 0-9 and _, beginning with a letter, and not as"
        " a built-in one.",
    ),
    "script.default": Text(
        "第 {line} 行：預設值的型別與 {type} 不符。", "Line {line}: the default is no {type}."
    ),
    "script.trigger_when": Text(
        "第 {line} 行：觸發條件須有 keywords 或 event，且只能擇一。",
        "Line {line}: a trigger needs either keywords or event.",
    ),
    "script.trigger_then": Text(
        "第 {line} 行：觸發後須有 reply 或 goto。", "Line {line}: a trigger needs reply or goto."
    ),
    "script.nothing": Text(
        "第 {line} 行：至少要有一個 steps 或 triggers 的項目。",
        "Line {line}: a script needs at least one step or trigger.",
    ),
    "script.goto": Text(
        "第 {line} 行：沒有名為 {step} 的步驟。", "Line {line}: there is no step {step}."
    ),
    "script.blank": Text(
        "第 {line} 行：{{{{…}}}} 之間須為變數名稱。",
        "Line {line}: a variable's name belongs between the double braces.",
    ),
    "script.undeclared": Text(
        "第 {line} 行：變數 {variable} 沒有宣告。",
        "Line {line}: the variable {variable} is not declared.",
    ),
    "script.forbidden": Text(
        "第 {line} 行：含有禁用詞「{term}」。", "Line {line}: has the forbidden term “{term}”."
    ),
    # Scripts and their versions.
    "script.not_found": Text("沒有這個腳本。", "There is no such script."),
    "script.exists": Text("已有同名的腳本代號。", "There is a script with this id already."),
    "script.changed": Text(
        "腳本在你讀取之後已被更改。", "The script has changed since you looked at it."
    ),
    "script.transition": Text(
        "狀態為 {status} 的腳本不可執行 {verb}。", "A script that is {status} cannot {verb}."
    ),
    "script.in_use": Text("仍有帳號使用這個腳本：{users}。", "Accounts have this script: {users}."),
    "script.id_is_fixed": Text("腳本代號不可更改。", "The id of a script cannot change."),
    "script.disabled": Text(
        "腳本已停用，不可發布。", "The script is disabled; it is not published."
    ),
    "script_version.not_found": Text("沒有這個版本。", "There is no such version."),
    "script.publish_task": Text("發布腳本：{script}", "Publish script: {script}"),
    "script_publication.not_found": Text("沒有這次發布。", "There is no such publication."),
    "script.not_approved": Text(
        "版本 {version} 尚未核准，不可發布。",
        "Version {version} is not approved; it is not published.",
    ),
    "script.none_approved": Text(
        "這個腳本沒有核准過的版本。", "The script has no version that was approved."
    ),
    "script.no_previous": Text(
        "這個環境沒有上一個版本可以回復。", "There is no previous version to go back to."
    ),
    "script.pointer_moved": Text(
        "發布指標已被別人移動（現為 {revision}）。",
        "Somebody else has moved the published pointer (it is at {revision}).",
    ),
    "script.accounts_unknown": Text(
        "沒有這些帳號，或它們不使用這個腳本：{accounts}。",
        "There are no such accounts, or they do not play this script: {accounts}.",
    ),
    "script.no_publication": Text(
        "這次執行沒有進行中的發布。", "This run is not publishing anything."
    ),
    # Parameters of the action that publishes.
    "publish.version": Text(
        "版本須為版本號、SHA-256 或 latest_approved。",
        "A version is a number, a SHA-256, or latest_approved.",
    ),
    "publish.rollback_version": Text(
        "回復上一版時不可指定版本。", "A rollback goes to the previous version; name none."
    ),
    "publish.steps": Text(
        "步驟的百分比須遞增，且最後一步為 100。",
        "Percentages of steps grow, and the last one is 100.",
    ),
    "publish.steps_of_all": Text(
        "一次全部發布時沒有步驟。", "What is published to all at once has no steps."
    ),
}
