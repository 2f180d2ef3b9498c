"""What the schedule says to people: refusals, warnings, DST notes, reasons in the ledger."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # A definition that makes no sense.
    "cron.empty": Text("cron 運算式是空的。", "The cron expression is empty."),
    "cron.too_long": Text(
        "cron 運算式最長 {high} 個字元。",
        "A cron expression has at most {high} characters.",
    ),
    "cron.fields": Text(
        "cron 運算式須有 5 欄（分 時 日 月 週），或 6 欄（最前面加秒）；這裡有 {count} 欄。",
        "A cron expression has 5 fields (minute hour day month weekday), or 6 with the second"
        " first; this one has {count}.",
    ),
    "cron.syntax": Text(
        "看不懂 cron 運算式中的「{value}」。",
        "“{value}” cannot be understood in a cron expression.",
    ),
    "cron.range": Text(
        "cron 第 {position} 欄的「{value}」超出範圍：須介於 {low} 與 {high} 之間，且由小到大。",
        "Field {position} of the cron expression: “{value}” is out of range; it must lie between"
        " {low} and {high}, the smaller number first.",
    ),
    "cron.step": Text(
        "cron 第 {position} 欄的「{value}」：間隔須介於 1 與 {high} 之間，不可大於範圍。",
        "Field {position} of the cron expression: the step of “{value}” must lie between 1 and"
        " {high}, no larger than the range.",
    ),
    "cron.unsupported": Text(
        "不支援 cron 寫法「{value}」。可用：* , - /，日欄的 L，週欄的 5L 與 1#2，以及 @daily 等。",
        "“{value}” is not supported in a cron expression. Supported: * , - /, L as the day, 5L and"
        " 1#2 as the weekday, and @daily and the like.",
    ),
    "cron.never_fires": Text(
        "這個 cron 運算式永遠不會觸發：沒有符合的日期。",
        "This cron expression never fires: no such date exists.",
    ),
    "text.control": Text(
        "不可含有控制字元（例如換行或定位字元）。",
        "Control characters, such as line breaks and tabs, are not allowed.",
    ),
    "interval.syntax": Text("間隔須為整數。", "The interval must be a whole number."),
    "interval.min": Text("間隔最短 1 秒。", "The interval must be at least 1 second."),
    "interval.max": Text("間隔最長 366 天。", "The interval must be at most 366 days."),
    "datetime.invalid": Text(
        "不是有效的時間。格式如 2026-11-24T09:00:00+08:00。",
        "This is not a valid time. Write it like 2026-11-24T09:00:00+08:00.",
    ),
    "datetime.zone_required": Text(
        "時間須註明時區：結尾加 Z 或 +08:00。",
        "The time needs a zone: end it with Z or an offset such as +08:00.",
    ),
    "datetime.range": Text(
        "時間須介於 {low} 與 {high} 之間。",
        "The time must lie between {low} and {high}.",
    ),
    "tz.unknown": Text(
        "沒有這個時區。請用 IANA 名稱，例如 Asia/Taipei。",
        "There is no such time zone. Use an IANA name such as Asia/Taipei.",
    ),
    "once.past": Text("這個時間已經過去。", "This time has already passed."),
    "schedule.empty": Text(
        "在開始與結束時間之間，不會再有任何一次執行。",
        "Between start and end there is no run left.",
    ),
    "schedule.no_kind": Text(
        "排程須指定其中一項：{allowed}。",
        "A schedule needs one of: {allowed}.",
    ),
    "schedule.several_kinds": Text(
        "排程只能指定其中一項：{allowed}。",
        "A schedule takes only one of: {allowed}.",
    ),
    "field.unknown": Text("沒有這個欄位。", "There is no such field."),
    "field.integer": Text("須為整數。", "This must be a whole number."),
    "field.boolean": Text("須為 true 或 false。", "This must be true or false."),
    "field.string": Text("須為字串。", "This must be a string."),
    "field.object": Text("須為物件。", "This must be an object."),
    "field.choice": Text("須為下列之一：{allowed}。", "This must be one of: {allowed}."),
    "field.range": Text("須介於 {low} 與 {high} 之間。", "This must lie between {low} and {high}."),
    # Allowed, but look again.
    "cron.either_day": Text(
        "日期與星期都有限制：符合其中一項就會執行。若要兩項都符合，請將 day_or 設為 false。",
        "Day of month and weekday are both restricted: either one is enough. Set day_or to false"
        " to require both.",
    ),
    # Notes on a single fire.
    "dst.gap_run_after": Text(
        "{wall} 不存在（時鐘往前撥）→ {ran} 執行一次",
        "{wall} does not exist (clocks go forward) → runs once at {ran}",
    ),
    "dst.gap_run_before": Text(
        "{wall} 不存在（時鐘往前撥）→ 提前於 {ran} 執行一次",
        "{wall} does not exist (clocks go forward) → runs once, early, at {ran}",
    ),
    "dst.gap_skipped": Text(
        "前一次已略過：{wall} 不存在（時鐘往前撥）",
        "The one before is skipped: {wall} does not exist (clocks go forward)",
    ),
    "dst.fold_first": Text(
        "{wall} 出現兩次（時鐘往回撥）→ 只執行第一次",
        "{wall} happens twice (clocks go back) → runs the first time only",
    ),
    "dst.fold_second": Text(
        "{wall} 出現兩次（時鐘往回撥）→ 只執行第二次",
        "{wall} happens twice (clocks go back) → runs the second time only",
    ),
    "dst.fold_both": Text(
        "{wall} 出現兩次（時鐘往回撥）→ 兩次都執行，這是第 {pass} 次",
        "{wall} happens twice (clocks go back) → runs both times; this is time {pass}",
    ),
    # Reasons in the ledger.
    "misfire.fired_once": Text(
        "逾時補跑：這一次代表所有錯過的執行。",
        "Run late, once for all the runs that were missed.",
    ),
    "misfire.fired_all": Text("逾時補跑。", "Run late, to make up for a missed run."),
    "misfire.coalesced": Text(
        "錯過了執行時間，已併入另一次補跑。",
        "Missed its time; another late run stands for it.",
    ),
    "misfire.older_than_window": Text(
        "錯過的時間超過補跑期限，不再執行。",
        "Missed for longer than the catch-up window; not run any more.",
    ),
    "misfire.policy_skip": Text(
        "錯過了執行時間；依設定不補跑。",
        "Missed its time; the policy is not to make up for it.",
    ),
    "misfire.over_limit": Text(
        "錯過了執行時間；補跑次數已達上限。",
        "Missed its time; the limit of runs to make up for is reached.",
    ),
    "task.paused": Text("任務已停用，略過這次執行。", "The task is disabled; this run is skipped."),
    "schedule.superseded": Text(
        "排程在執行前已被修改，舊的執行時間作廢。",
        "The schedule was edited before this run; the old time no longer counts.",
    ),
}
