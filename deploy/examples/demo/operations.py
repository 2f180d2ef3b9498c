"""Tasks that look after the system itself, and those that events start."""

from __future__ import annotations

from deploy.examples.demo.task import DemoTask, daily, each, says, task

OPERATIONS: tuple[DemoTask, ...] = (
    task(
        "alert-check",
        "檢查告警規則",
        "alert_check",
        schedule_config=each(30),
        timeout_seconds=300,
        runs=1,
    ),
    task(
        "backup",
        "每夜備份",
        "data_backup",
        description="備份本系統的資料庫，並試還原一次。",
        schedule_config=daily("30 2 * * *", misfire={"policy": "fire_once"}),
        action_config={"verify": "restore", "keep_last": 3, "keep_daily": 7},
        timeout_seconds=14_400,
        dependents=("tell-backup",),
        notify=[{"on": ["failure", "missed", "silent"], "channels": ["ops-mail"]}],
        runs=1,
    ),
    task("tell-backup", "備份後通知", action_config=says("備份已通知")),
    task(
        "backup-hourly",
        "Hourly backup of settings",
        "data_backup",
        schedule_config=daily("10 * * * *"),
        action_config={"folder": "hourly", "keep_last": 12, "count_rows": False},
        runs=1,
    ),
    task(
        "health",
        "健康檢查：API",
        "http_request",
        schedule_config=each(20),
        action_config={"url": "{api}/healthz", "timeout_seconds": 5},
        notify_on_failure=False,
        notify=[{"on": ["failure", "recovered"], "after_failures": 3}],
        runs=1,
    ),
    task(
        "cache-warm",
        "預熱快取",
        schedule_config=daily("*/15 * * * * *"),
        action_config=says("快取已預熱", 1),
    ),
    task(
        "clean-up",
        "清理暫存檔",
        schedule_config=daily("45 3 * * *", jitter_seconds=600),
        action_config=says("1.2 GiB freed", 3),
    ),
    task(
        "certificates",
        "Check certificates",
        schedule_config=daily("0 6 * * *"),
        action_config=says("all good for 30 days", 1),
    ),
    task(
        "heartbeat",
        "定期發出心跳事件",
        "nats_publish",
        schedule_config=each(60),
        action_config={"subject": "event.demo.heartbeat", "data": {"message": "alive"}},
    ),
    task(
        "maintenance",
        "資料庫維護",
        action_config=says("vacuumed", 30),
        queue="maintenance",
        runs=3,
    ),
    task(
        "new-year",
        "新年祝福",
        schedule_config={"at": "2027-01-01T00:00:00+08:00"},
        action_config=says("新年快樂！"),
    ),
    task(
        "berlin",
        "Berlin office: night batch",
        schedule_config={"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
        action_config=says("done", 2),
    ),
)

EVENTS: tuple[DemoTask, ...] = (
    task(
        "error-alarm",
        "錯誤率過高時通知值班",
        trigger_config={"subject": "event.monitor.metric", "condition": "error_rate > 10"},
        action_config=says("值班人員已通知", 1),
    ),
    task(
        "order-paid",
        "訂單付款後開立發票",
        trigger_config={
            "subject": "event.shop.order.paid",
            "condition": "amount >= 1000",
            "map": {"message": "發票 {{ event.data.order_id }}"},
        },
        action_config=says("發票已開立", 1),
        queue="crm",
    ),
    task(
        "login-storm",
        "Three failed logins of one user",
        trigger_config={
            "subject": "event.shop.login.failed",
            "for_each": ["data.user"],
            "threshold": 3,
            "within_seconds": 60,
        },
        action_config=says("user was locked"),
    ),
    task(
        "stock-digest",
        "庫存異動彙整",
        trigger_config={"subject": "event.shop.stock.changed", "debounce_seconds": 5},
        action_config=says("庫存已彙整", 1),
    ),
    task(
        "approval",
        "等待主管核准",
        "wait_for_event",
        action_config={"subject": "event.shop.approved", "within_seconds": 3600},
        runs=1,
    ),
)
