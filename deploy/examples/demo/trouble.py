"""Tasks that fail, wait, take too long or are in each other's way."""

from __future__ import annotations

from deploy.examples.demo.task import Body, DemoTask, each, says, task

_TOLD: Body = {"notify": [{"on": ["failure", "recovered", "dead"], "channels": ["ops-webhook"]}]}

TROUBLE: tuple[DemoTask, ...] = (
    task(
        "crm-sync",
        "同步 CRM 名單",
        "http_request",
        description="權杖已過期，等待更新。",
        schedule_config=each(60),
        action_config={
            "url": "{api}/api/v1/group-ai/automation-tasks",
            "auth": {"type": "bearer", "secret": "crm-token"},
        },
        queue="crm",
        retry={"max_attempts": 2, "initial_interval_seconds": 5},
        runs=1,
        **_TOLD,
    ),
    task(
        "import",
        "匯入供應商報價",
        schedule_config=each(90),
        action_config=says("第 14 列：價格不是數字", 1, fail=True),
        runs=2,
        **_TOLD,
    ),
    task(
        "slow-export",
        "匯出大型報表（會逾時）",
        schedule_config=each(120),
        action_config=says("exported", 60),
        timeout_seconds=6,
    ),
    task(
        "patient",
        "Retries for a long while",
        action_config=says("the other side is down", 1, fail=True),
        retry={
            "max_attempts": 10,
            "initial_interval_seconds": 600,
            "max_interval_seconds": 3600,
        },
        runs=1,
    ),
    task(
        "overlapping",
        "重疊時略過",
        description="每 20 秒觸發，一次要跑 50 秒。",
        schedule_config=each(20),
        action_config=says("完成", 50),
        overlap="skip",
    ),
    task(
        "long",
        "影片轉檔",
        action_config=says("轉檔完成", 1800),
        concurrency={"limit": 1},
        runs=2,
    ),
    task(
        "gpu",
        "Train the model (needs a GPU)",
        action_config=says("trained", 60),
        selector={"labels": {"gpu": "a100"}},
        runs=1,
    ),
    task(
        "off",
        "舊版同步（已停用）",
        schedule_config=each(300),
        action_config=says("不再使用"),
        enabled=False,
    ),
)
