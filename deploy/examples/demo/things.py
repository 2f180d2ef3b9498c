"""What the demo has beside tasks: accounts, scripts, alert rules, channels and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.examples.guide import Json

Body = dict[str, Any]

CALENDARS: Mapping[str, Body] = {
    "taiwan-holidays": {
        "description": "台灣國定假日",
        "timezone": "Asia/Taipei",
        "holidays": ["2026-12-25", "2027-01-01", "2027-02-28", "2027-04-05", "2027-05-01"],
        "dates": [{"from": "2027-02-05", "to": "2027-02-10"}],
    },
    "release-freeze": {
        "description": "No releases at the weekend, nor at night",
        "timezone": "Asia/Taipei",
        "weekly": [
            {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"},
            {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "06:00"},
        ],
    },
}

QUEUES: Mapping[str, Body] = {
    "default": {"description": "一般任務"},
    "reports": {"description": "報表，一次只跑一份", "concurrency": 1, "max_depth": 20},
    "crm": {
        "description": "CRM API: 30 calls a minute",
        "rate_limit": {"limit": 30, "period_seconds": 60},
    },
    "maintenance": {"description": "維護期間暫停", "paused": True},
}

CHANNELS: Mapping[str, Body] = {
    "ops-mail": {
        "kind": "email",
        "description": "值班信箱",
        "config": {"to": ["ops@example.com"], "language": "zh-TW"},
    },
    "ops-webhook": {
        "kind": "webhook",
        "description": "Ops chat",
        "config": {"language": "en"},
        "secret": {
            "url": "https://hooks.example.com/automation",
            "signing_key": "only-for-the-demo-0123456789",
        },
    },
    "sales-mail": {
        "kind": "email",
        "description": "業務部",
        "enabled": False,
        "config": {"to": ["sales@example.com"], "language": "zh-TW"},
    },
}

SECRETS: Mapping[str, Body] = {
    "crm-token": {"value": "crm-demo-token-0123456789", "description": "CRM API 權杖"},
    "shop-db": {
        "value": "postgresql://report:demo-password@db.example.com/shop",
        "description": "Shop database, read only",
    },
    "old-webhook": {"value": "unused-demo-value-0123", "description": "已不使用"},
}


def _script(name: str, *steps: str, city: str = "台北") -> str:
    lines = [f"name: {name}", "variables:", f"  city: {{type: string, default: {city}}}", "steps:"]
    for number, reply in enumerate(steps, 1):
        lines += [f"  - id: step{number}", f"    reply: {reply}", "    wait_seconds: 2"]
    lines += ["triggers:", "  - keywords: [價格, 多少錢]", "    reply: 請私訊小編。"]
    return "\n".join(lines) + "\n"


#: Id: name, description, texts of its versions, what is decided on the last one.
SCRIPTS: Mapping[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "morning-chat": (
        "早安互動",
        "每天早上在群組裡打招呼",
        (
            _script("早安互動", "早安，{{city}}！"),
            _script("早安互動", '["早安，{{city}}！", 大家早！]', "今天也請多指教。"),
        ),
        ("submit", "approve"),
    ),
    "customer-care": (
        "客服問答",
        "回答常見問題，下班後轉真人",
        (
            _script("客服問答", "您好，請問需要什麼協助？"),
            _script("客服問答", "您好，{{sender_name}}，請問需要什麼協助？", "我們馬上為您處理。"),
        ),
        ("submit", "approve"),
    ),
    "weekend-promo": (
        "週末優惠",
        "週末限定活動訊息",
        (
            _script("週末優惠", "本週末全館九折！"),
            _script("週末優惠", "本週末全館八五折！", "結帳輸入 WEEKEND85。"),
        ),
        ("submit",),
    ),
    "night-quiz": (
        "晚間問答",
        "晚上九點的有獎徵答",
        (_script("晚間問答", "今晚的題目來了！", "答對的朋友請舉手。", city="台中"),),
        (),
    ),
    "welcome-tour": (
        "Welcome tour",
        "Shows newcomers around",
        (_script("Welcome tour", "Welcome to {{group_name}}!", "Say hello to everybody."),),
        ("submit", "reject"),
    ),
    "old-survey": (
        "滿意度調查（舊）",
        "已由新版取代",
        (_script("滿意度調查", "請為我們的服務打分數。"),),
        ("submit", "approve", "disable"),
    ),
}


def _account(script: str, *flags: str, **fields: Json) -> Body:
    command = ["demo-account", "--id", "{account_id}", "--port", "{port}", "--script", "{script}"]
    runtime = {
        "command": [*command, *flags],
        "ready": {"kind": "http"},
        "health": {"kind": "http"},
        "restart": {"max": 2, "backoff_seconds": 0.5},
    }
    return {"script_id": script, "config": {"runtime": runtime}, **fields}


_NORTH: Body = {"group_ids": ["北區社群"], "tags": ["vip", "north"]}
_SOUTH: Body = {"group_ids": ["南區社群"], "tags": ["south"]}
_CARE: Body = {"group_ids": ["客服"], "tags": ["care"]}
_PLACES: Body = {"server_id": "taichung-2", "group_ids": ["中區社群"], "tags": ["central"]}

ACCOUNTS: Mapping[str, Body] = {
    "mei-ling": {"display_name": "小編美玲", **_account("morning-chat", **_NORTH)},
    "chih-ming": {"display_name": "志明", **_account("morning-chat", **_NORTH)},
    "chun-chiao": {"display_name": "春嬌", **_account("morning-chat", **_NORTH)},
    "ya-ting": {"display_name": "雅婷", **_account("morning-chat", **_SOUTH)},
    "chia-hao": {"display_name": "家豪", **_account("morning-chat", **_SOUTH)},
    "care-01": {"display_name": "客服一號", **_account("customer-care", **_CARE)},
    "care-02": {"display_name": "客服二號", **_account("customer-care", **_CARE)},
    "care-03": {
        "display_name": "客服三號（待登入）",
        **_account("customer-care", "--needs-login", "logged-in", **_CARE),
    },
    "unstable": {
        "display_name": "不穩定的帳號",
        **_account("morning-chat", "--crash-after", "3", **_SOUTH),
    },
    "staging-bot": {
        "display_name": "Staging bot",
        **_account("customer-care", environment="staging", tags=["staging"]),
    },
    "retired": {
        "display_name": "已停用的帳號",
        "active": False,
        **_account("old-survey", **_SOUTH),
    },
    "on-leave": {"display_name": "請假中", **_account("morning-chat", **_NORTH)},
    **{
        f"central-{number:02}": {
            "display_name": f"中區 {number:02} 號",
            **_account("morning-chat", **_PLACES),
        }
        for number in range(1, 9)
    },
}
#: Nobody is to start them, whatever tasks say.
HELD_DOWN = ("on-leave",)
STARTED = ("mei-ling", "chih-ming", "chun-chiao", "ya-ting", "care-01", "care-02", "care-03")
STARTED_BADLY = ("unstable",)

RULES: tuple[Body, ...] = (
    {
        "name": "執行失敗率過高",
        "description": "五分鐘內失敗的比例",
        "rule_type": "error_rate",
        "alert_level": "error",
        "threshold_value": 20,
        "rule_conditions": {"by": "task", "min_runs": 3},
        "notification_method": "email",
        "notification_target": "ops-mail",
        "annotations": {"summary": "失敗率 {{ value }} %"},
    },
    {
        "name": "帳號離線",
        "rule_type": "account_offline",
        "alert_level": "warning",
        "threshold_operator": ">=",
        "threshold_value": 1,
        "notification_method": "webhook",
        "notification_target": "ops-webhook",
    },
    {
        "name": "Reports wait too long",
        "rule_type": "queue_age",
        "alert_level": "warning",
        "threshold_value": 60,
        "rule_conditions": {"queue": "maintenance"},
        "for_seconds": 30,
    },
    {
        "name": "備份過舊",
        "rule_type": "backup_age",
        "alert_level": "error",
        "threshold_value": 90_000,
        "notification_method": "email",
        "notification_target": "ops-mail",
    },
    {
        "name": "Slow runs",
        "rule_type": "response_time",
        "alert_level": "info",
        "threshold_value": 20_000,
        "rule_conditions": {"by": "queue"},
    },
    {
        "name": "官網無回應",
        "rule_type": "http",
        "alert_level": "error",
        "threshold_operator": "<",
        "threshold_value": 1,
        "query": {"url": "https://www.example.com/", "measure": "up"},
        "enabled": False,
    },
)
