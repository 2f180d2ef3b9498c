"""Messages about the platform's own things, as they go over the wire (`test_golden_events.py`).

Questions of single subjects and their answers (`shared/contracts/*_commands.py`) are not frozen:
executors and API of one installation are of one release, or an executor tries again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.contracts import accounts, platform, scripts
from shared.contracts.message import Message

ACCOUNT = UUID("5f0f4f0e-2f0c-4a57-8a3c-0d5f5e2a1b7c")
RUNTIME = UUID("22222222-3333-4444-8555-666666666666")
RUN = UUID("0b8e3a52-6c0f-5d2e-9d3e-6f0b1a2c3d4e")
TASK = UUID("7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1, microseconds=234567)
PIN = accounts.ScriptPin(script_id="welcome", version="0f" * 32)

DESIRED = accounts.AccountDesired(
    id=ACCOUNT,
    account_id="客服-1",
    server_id="default",
    generation=7,
    desired="running",
    config={"runtime": {"command": ["play", "{script}"]}, "名": 1e300},
    script=PIN,
    drain=accounts.Drain(mode="now", wait_seconds=0),
    cause=RUN,
    at=LATER,
)

MESSAGES: dict[str, Message] = {
    "account_desired": DESIRED,
    "account_state": accounts.AccountState(
        id=ACCOUNT,
        account_id="客服-1",
        server_id="default",
        runtime_id=RUNTIME,
        seq=42,
        generation=7,
        state="working",
        since=NOON,
        healthy=True,
        pid=4711,
        restarts=1,
        script=PIN,
        detail="就緒",
        at=LATER,
    ),
    "account_runtime_seen": accounts.RuntimeSeen(
        runtime_id=RUNTIME,
        instance="account-runtime-1",
        server_id="default",
        host="host",
        started_at=NOON,
        running=3,
    ),
    "account_output_asked": accounts.AccountOutputAsked(id=ACCOUNT, lines=50),
    "account_output_told": accounts.AccountOutputTold(lines=("就緒", "ended: 1"), cut=True),
    "account_desired_page_request": accounts.DesiredPageRequest(
        server_id="default", after=ACCOUNT, limit=100
    ),
    "account_desired_page": accounts.DesiredPage(
        accounts=(
            accounts.AccountDesired(
                id=ACCOUNT,
                account_id="gone",
                server_id="default",
                generation=8,
                desired="absent",
                at=NOON,
            ),
        ),
        next=None,
    ),
    "script_text_request": scripts.ScriptTextRequest(version=PIN.version),
    "script_text": scripts.ScriptText(text="name: 歡迎\n"),
    "platform_asked": platform.Asked(
        run_id=RUN, task_id=TASK, attempt=2, question={"v": 1, "ids": [str(ACCOUNT)]}
    ),
    "platform_answered": platform.Answered(
        refusal=platform.Refusal(code="platform.stale", detail="over", permanent=True)
    ),
    "platform_nothing": platform.Nothing(),
}
