"""One way to open a pool, so that no process ever hangs on a silent database.

asyncpg alone waits for minutes in a blackholed network: `command_timeout` needs the socket to tell
it. So each socket gets TCP_USER_TIMEOUT and keepalives, on both ends, and each session gets
server-side time-outs that free its locks when the process behind it is frozen.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Record: TypeAlias = asyncpg.Record

#: Unacknowledged data and a silent peer are noticed after this many milliseconds.
SILENCE_MS = 5_000
COMMAND_TIMEOUT = timedelta(seconds=20)


async def open_pool(
    dsn: str,
    *,
    name: str,
    min_size: int = 1,
    max_size: int = 4,
    statement_timeout: timedelta = timedelta(seconds=15),
    transaction_pause: timedelta = timedelta(seconds=2),
) -> Pool:
    """Open a pool whose sessions free their locks when their process freezes.

    *transaction_pause* is how long a session may idle inside a transaction before the server ends
    it: the fence against a process that was stopped while it held row locks.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        timeout=5,
        command_timeout=COMMAND_TIMEOUT.total_seconds(),
        max_inactive_connection_lifetime=0,
        init=_limit_silence,
        reset=_keep,
        server_settings={
            "application_name": name,
            "timezone": "UTC",
            "statement_timeout": _ms(statement_timeout),
            "idle_in_transaction_session_timeout": _ms(transaction_pause),
            "lock_timeout": "3000",
            "tcp_keepalives_idle": "2",
            "tcp_keepalives_interval": "1",
            "tcp_keepalives_count": "3",
            "tcp_user_timeout": str(SILENCE_MS),
            "jit": "off",  # our statements are short; compiling them costs more than it saves
        },
    )


async def answers(pool: Pool) -> None:
    """Check that the database answers; raises whatever is wrong."""
    await pool.execute("SELECT 1")


def _ms(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))


async def _keep(_: Connection) -> None:
    """Leave a released session as it is: nothing of ours sets anything in it.

    asyncpg would clean it with a statement of its own, a second round trip for every query. An open
    transaction is rolled back all the same.
    """


async def _limit_silence(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    transport = connection._transport  # type: ignore[attr-defined]  # noqa: SLF001 - asyncpg has no public way to its socket
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
