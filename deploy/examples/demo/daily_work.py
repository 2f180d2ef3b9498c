"""Tasks that start accounts, publish scripts and make reports: each day the same."""

from __future__ import annotations

from deploy.examples.demo.task import Body, DemoTask, daily, each, says, task

_WAVES = {"wave": {"size": 5, "delay_seconds": 10}, "accept_partial": True}
_TOLD = [{"on": ["failure", "recovered", "missed"], "channels": ["ops-mail"]}]

ACCOUNTS: tuple[DemoTask, ...] = (
    task(
        "start-north",
        "早上啟動北區帳號",
        "account_start",
        description="平日早上分批啟動，手動保留的帳號不動。",
        schedule_config=daily("0 8 * * 1-5"),
        action_config={"tags": ["north"], **_WAVES},
        blackout={"calendars": ["taiwan-holidays"]},
        notify=_TOLD,
    ),
    task(
        "start-south",
        "早上啟動南區帳號",
        "account_start",
        schedule_config=daily("15 8 * * 1-5"),
        action_config={"tags": ["south"], **_WAVES},
        notify=_TOLD,
    ),
    task(
        "stop-all",
        "晚上停止所有帳號",
        "account_stop",
        schedule_config=daily("0 23 * * *"),
        action_config={"drain": {"mode": "graceful", "wait_seconds": 120}},
    ),
    task(
        "stop-on-alert",
        "告警觸發時停止帳號",
        "account_stop",
        trigger_config={
            "subject": "event.alert.firing",
            "condition": 'data.rule == "帳號離線" && has(data.labels.account_id)',
            "map": {"account_ids": ["{{ event.data.labels.account_id }}"]},
            "rate_limit": {"limit": 1, "period_seconds": 300, "key": "data.labels.account_id"},
        },
        enabled=False,
    ),
    task(
        "publish-morning",
        "發布腳本：早安互動",
        "script_publish",
        action_config={"script_id": "morning-chat"},
        dependents=("tell-publish",),
        timeout_seconds=86_400,
        runs=1,
    ),
    task(
        "publish-care",
        "發布腳本：客服問答（金絲雀）",
        "script_publish",
        action_config={
            "script_id": "customer-care",
            "strategy": {
                "type": "canary",
                "steps": [{"percent": 30, "hold_seconds": 5}, {"percent": 100}],
            },
            "gate": {"alert_rule": "執行失敗率過高"},
            "on_gate_fail": "pause",
            "accept_partial": True,
        },
        timeout_seconds=86_400,
        runs=1,
    ),
    task("tell-publish", "發布後更新公告", action_config=says("公告已更新", 1)),
    task(
        "account-audit",
        "每週盤點帳號",
        schedule_config=daily("30 9 * * 1"),
        action_config=says("20 accounts looked through", 2),
    ),
)

_REPORT: Body = {"queue": "reports", "notify_on_success": False}

REPORTS: tuple[DemoTask, ...] = (
    task(
        "extract",
        "擷取訂單資料",
        description="把商店訂單擷取到資料倉儲；後續的轉換、報表都等它。",
        schedule_config=each(120),
        action_config=says("1,284 orders", 3),
        dependents=("transform",),
        runs=1,
    ),
    task(
        "transform",
        "轉換訂單資料",
        action_config=says("1,284 rows in 6 tables", 4),
        retry={"max_attempts": 3, "initial_interval_seconds": 5},
    ),
    task(
        "customers",
        "同步客戶資料",
        schedule_config=each(180),
        action_config=says("312 customers", 2),
        runs=1,
    ),
    task(
        "sales-report",
        "業務日報",
        upstream=("transform", "customers"),
        action_config=says("業務日報已產生", 5),
        priority=2,
        **_REPORT,
    ),
    task(
        "finance-report",
        "財務日報",
        upstream=("transform",),
        action_config=says("財務日報已產生", 5),
        **_REPORT,
    ),
    task(
        "send-reports",
        "寄送報表",
        upstream=("sales-report", "finance-report"),
        action_config=says("sent to 14 people", 1),
    ),
    task(
        "weekly-report",
        "Weekly management report",
        schedule_config=daily("0 9 * * 1", misfire={"policy": "fire_once"}),
        action_config=says("weekly report made", 8),
        **_REPORT,
    ),
    task(
        "monthly-close",
        "每月結帳",
        schedule_config=daily("0 2 1 * *"),
        action_config=says("closed", 10),
        blackout={"calendars": ["taiwan-holidays"], "on_blackout": "run_at_end"},
        **_REPORT,
    ),
    task(
        "shop-kpi",
        "Shop KPI by SQL",
        "sql",
        schedule_config=daily("0 7 * * *"),
        action_config={"dsn": "shop-db", "statement": "select count(*) from orders"},
        queue="crm",
    ),
    task(
        "rebuild-index",
        "重建搜尋索引",
        action_config=says("索引已重建", 20),
        queue="reports",
        runs=4,
    ),
)
