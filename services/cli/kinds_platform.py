"""Columns of what surrounds tasks and runs: events, queues, executors, people."""

from __future__ import annotations

from services.cli.kinds import (
    CREATED,
    DESCRIPTION,
    ENABLED,
    ID,
    NAME,
    REASON,
    STATE,
    UPDATED,
    Column,
    Kind,
)
from services.cli.language import both

EVENT = Kind(
    name="event",
    path="/events/recent",
    id="sequence",
    query="q",
    page="/events",
    columns=(
        Column(both("PLACE", "序號"), "sequence", "count"),
        Column(both("STORED", "收到時間"), "stored_at", "time"),
        Column(both("SOURCE", "來源"), "source"),
        Column(both("TYPE", "類型"), "type"),
        Column(both("DATA", "資料"), "data", "json"),
        Column(both("SUBJECT", "主題"), "subject", wide=True),
        Column("ID", "id", wide=True),
    ),
)
TAKEN = Kind(
    name="event",
    path="",
    columns=(
        ID,
        Column(both("SOURCE", "來源"), "source"),
        Column(both("STATUS", "狀態"), "status", "status"),
    ),
)
QUEUE = Kind(
    name="queue",
    path="/queues",
    id="name",
    page="/queues",
    columns=(
        NAME,
        STATE,
        Column(both("WAITING", "等候"), "waiting", "count"),
        Column(both("RUNNING", "執行中"), "running", "count"),
        Column(both("OLDEST", "最久等候"), "oldest_waiting_seconds", "seconds"),
        Column(both("LIMIT", "上限"), "concurrency", "count"),
        Column(both("SLOTS", "容量"), "slots", "count"),
        Column(both("EXECUTORS", "執行器"), "executors", "count"),
        Column(both("PER MINUTE", "每分鐘"), "started_per_minute", "count", wide=True),
        Column(both("FOR A WHILE", "暫時上限"), "override.concurrency", "count", wide=True),
        Column(both("UNTIL", "直到"), "override.until", "time", wide=True),
        Column(both("PAUSED BY", "暫停者"), "pause.paused_by", wide=True),
        Column(both("REASON", "原因"), "pause.reason", wide=True),
    ),
)
DEAD_LETTER = Kind(
    name="dead letter",
    path="/dead-letters",
    query="q",
    page="/dead-letters",
    columns=(
        ID,
        Column(both("SINCE", "時間"), "created_at", "time"),
        Column(both("STREAM", "資料流"), "stream"),
        Column(both("SUBJECT", "主題"), "subject"),
        REASON,
        STATE,
        Column(both("TRIES", "嘗試"), "deliveries", "count", wide=True),
    ),
)
DEAD_RUN = Kind(
    name="dead run",
    path="/dead-runs",
    id="run_id",
    query="q",
    page="/dead-letters",
    columns=(
        Column("ID", "run_id"),
        Column(both("TASK", "任務"), "task_name"),
        Column(both("SINCE", "時間"), "died_at", "time"),
        Column(both("STATUS", "狀態"), "status", "status"),
        Column(both("ERROR", "錯誤"), "error_message"),
        STATE,
    ),
)
EXECUTOR = Kind(
    name="executor",
    path="/executors",
    id="executor_id",
    page="/executors",
    # STATE says it; the other one follows with the next report of the executor.
    hidden=frozenset({"draining", "silent_seconds"}),
    columns=(
        Column("ID", "executor_id"),
        Column(both("NAME", "名稱"), "instance"),
        Column(both("HOST", "主機"), "host"),
        STATE,
        Column(both("RUNNING", "執行中"), "running", "count"),
        Column(both("SLOTS", "容量"), "slots", "count"),
        Column(both("QUEUES", "佇列"), "queues", "names"),
        Column(both("SEEN", "上次回報"), "seen_at", "time"),
        Column(both("STARTED", "啟動"), "started_at", "time", wide=True),
        Column(both("CLOCK", "時鐘差"), "clock_offset_seconds", "seconds", wide=True),
        Column(both("VERSION", "版本"), "version", wide=True),
        Column(both("REASON", "原因"), "drain.reason", wide=True),
    ),
)
CHANNEL = Kind(
    name="channel",
    path="/channels",
    id="name",
    page="/channels",
    columns=(
        NAME,
        Column(both("KIND", "種類"), "kind"),
        Column(both("TARGET", "目標"), "target"),
        ENABLED,
        Column(both("SECRET", "機密"), "has_secret", "flag"),
        DESCRIPTION,
        UPDATED,
    ),
)
CALENDAR = Kind(
    name="calendar",
    path="/calendars",
    id="name",
    page="/calendars",
    columns=(
        NAME,
        Column(both("TIME ZONE", "時區"), "timezone"),
        Column(both("HOLIDAYS", "假日"), "holidays", "names"),
        DESCRIPTION,
        UPDATED,
    ),
)
ALERT_RULE = Kind(
    name="alert rule",
    path="/alert-rules",
    page="/alert-rules",
    columns=(
        ID,
        NAME,
        Column(both("TYPE", "類型"), "rule_type"),
        Column(both("LEVEL", "等級"), "alert_level"),
        ENABLED,
        Column(both("FIRING", "觸發中"), "firing", "count"),
        DESCRIPTION,
    ),
)
TOKEN = Kind(
    name="token",
    path="/tokens",
    page="/tokens",
    columns=(
        ID,
        NAME,
        Column(both("SCOPES", "權限"), "scopes", "names"),
        Column(both("OF", "擁有者"), "user_name"),
        Column(both("EXPIRES", "到期"), "expires_at", "time"),
        Column(both("LAST USED", "上次使用"), "last_used_at", "time"),
        Column(both("REVOKED", "撤銷"), "revoked_at", "time"),
        Column(both("LAST ADDRESS", "上次位址"), "last_used_ip", wide=True),
        CREATED,
    ),
)
USER = Kind(
    name="user",
    path="/users",
    query="text",
    page="/users",
    columns=(
        ID,
        NAME,
        Column(both("ROLE", "角色"), "role"),
        Column(both("DISABLED", "停用"), "disabled", "flag"),
        Column(both("LOGGED IN", "上次登入"), "logged_in_at", "time"),
        Column(both("SHOWN AS", "顯示名稱"), "display_name", wide=True),
        Column(both("E-MAIL", "電子郵件"), "email", wide=True),
        CREATED,
    ),
)
AUDIT = Kind(
    name="audit entry",
    path="/audit",
    page="/audit",
    columns=(
        Column(both("TIME", "時間"), "at", "time"),
        Column(both("WHO", "操作者"), "actor"),
        Column(both("DID", "動作"), "verb"),
        Column(both("WHAT", "對象"), "subject_kind"),
        Column(both("WHICH", "識別碼"), "subject_id"),
        Column(both("FROM", "來源位址"), "ip", wide=True),
        Column(both("REQUEST", "請求"), "request_id", wide=True),
        Column(both("BEFORE", "之前"), "before", "json", wide=True),
        Column(both("AFTER", "之後"), "after", "json", wide=True),
    ),
)
CONTEXT = Kind(
    name="context",
    path="",
    id="name",
    columns=(
        Column(both("CURRENT", "目前"), "current", "flag"),
        NAME,
        Column(both("SERVER", "伺服器"), "server"),
        Column(both("TOKEN", "權杖"), "token"),
        Column(both("CA", "憑證機構"), "ca_file", wide=True),
    ),
)
