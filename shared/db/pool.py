"""One way to open a pool, so that no process ever hangs on a silent database.

asyncpg alone waits for minutes in a blackholed network: `command_timeout` needs the socket to tell
it. So each socket gets TCP_USER_TIMEOUT and keepalives, on both ends, and each session gets
server-side time-outs that free its locks when the process behind it is frozen.

Behind a pooler in transaction mode (PgBouncer) a session is ours for one transaction only: it can
be told nothing, so the pooler has to set the time-outs, and a process whose pooler does not will
not start. Nothing of ours needs a session: no LISTEN, no temporary table, no lock or setting that
outlives its transaction.

A password may lie in a file, which is read for each connection. PostgreSQL knows one password per
role, so whoever changes it writes the file first and tells the server then; in between a process
comes in with the password that worked last (`_Login`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.db.measured_pool import MeasuredPool
from shared.settings import DatabaseAddress, NoPassword

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Record: TypeAlias = asyncpg.Record

#: Unacknowledged data and a silent peer are noticed after this many milliseconds.
SILENCE_MS = 5_000
COMMAND_TIMEOUT = timedelta(seconds=20)
#: How long somebody whose password is refused looks whether file or server are changed meanwhile.
#: A rotation takes a moment; whoever has a wrong password is to hear it soon.
ROTATION_TAKES = timedelta(seconds=3)
ROTATION_POLL = timedelta(milliseconds=200)
#: Prepared statements kept per session; we have fewer.
STATEMENTS = 100


#: What else a session is told to which nobody lies in between.
_DIRECT = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": str(SILENCE_MS),
    "jit": "off",  # our statements are short; compiling them costs more than it saves
}


class NoFence(Exception):
    """The pooler lets sessions keep their locks for ever; the text says what it must set."""


class _Login:
    """Connects with the password that the file has now, or else with the one that worked last.

    So nobody is turned away while a password is being changed, whichever of file and server is
    ahead: the last one works until the server is told, and then the file has the new one.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self._worked: str | None = None

    async def connect(self, *args: Any, **options: Any) -> asyncpg.Connection[asyncpg.Record]:  # noqa: ANN401 - asyncpg's own arguments, handed on
        """Do what `asyncpg.connect` does."""
        if self._address.password_file is None:
            return await asyncpg.connect(*args, **options)
        clock = asyncio.get_running_loop().time
        deadline = clock() + ROTATION_TAKES.total_seconds()
        while True:
            for password in self._passwords():
                try:
                    connection = await asyncpg.connect(*args, **{**options, "password": password})
                except asyncpg.InvalidPasswordError:
                    if clock() > deadline:
                        raise
                else:
                    self._worked = password
                    return connection  # type: ignore[no-any-return]
            await asyncio.sleep(ROTATION_POLL.total_seconds())

    def _passwords(self) -> tuple[str, ...]:
        """Return what to try, each once."""
        try:
            now = self._address.password()
        except NoPassword:
            if self._worked is None:
                raise
            now = None  # whoever changes it is not done
        known = dict.fromkeys((now, self._worked, *self._address.former()))
        return tuple(each for each in known if each is not None)


async def open_pool(
    database: DatabaseAddress | str,
    *,
    name: str,
    min_size: int = 1,
    max_size: int = 4,
    statement_timeout: timedelta = timedelta(seconds=15),
    transaction_pause: timedelta = timedelta(seconds=2),
    pooled: bool = False,
    by_key: bool = False,
) -> Pool:
    """Open a pool whose sessions free their locks when their process freezes.

    *transaction_pause* is how long a session may idle inside a transaction before the server ends
    it: the fence against a process that was stopped while it held row locks. *pooled*: a pooler in
    transaction mode lies between. *by_key*: its statements look rows up by their keys; they are
    never to read a whole table, as a plan that was made while it was empty would go on to do.

    Raises:
        NoFence: that pooler does not set the time-outs.
    """
    fence = {
        "statement_timeout": _ms(statement_timeout),
        "idle_in_transaction_session_timeout": _ms(transaction_pause),
        "lock_timeout": "3000",
    }
    session = {"application_name": name, "timezone": "UTC"}
    if not pooled:
        session |= fence | _DIRECT | ({"enable_seqscan": "off"} if by_key else {})
    address = _address(database)
    pool = await MeasuredPool(
        address.url,
        connect=_Login(address).connect,
        min_size=min_size,
        max_size=max_size,
        timeout=5,
        command_timeout=COMMAND_TIMEOUT.total_seconds(),
        init=_limit_silence,
        reset=_keep,
        # A named statement would be left behind in a session that the next one does not get.
        statement_cache_size=0 if pooled else STATEMENTS,
        server_settings=session,
    )
    if pooled:
        try:
            await _check_fence(pool, fence)
        except BaseException:
            pool.terminate()
            raise
    return pool


async def _check_fence(pool: Pool, fence: Mapping[str, str]) -> None:
    rows = await pool.fetch(
        "SELECT name, setting::bigint AS ms FROM pg_settings WHERE name = ANY($1::text[])",
        list(fence),
    )
    if all(0 < row["ms"] <= int(fence[row["name"]]) for row in rows):
        return
    wanted = "; ".join(f"SET {name} = {ms}" for name, ms in fence.items())
    raise NoFence(
        "the pooler must limit what a session may hold: in the [databases] section of"
        f" pgbouncer.ini, connect_query='{wanted}'"
    )


@asynccontextmanager
async def connected(database: DatabaseAddress | str) -> AsyncIterator[Connection]:
    """Connect once, for something small that is done once, whether there is a pooler or not."""
    address = _address(database)
    login = _Login(address)
    connection = await login.connect(address.url, timeout=10, statement_cache_size=0)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def answers(pool: Pool) -> None:
    """Check that the database answers; raises whatever is wrong."""
    await pool.execute("SELECT 1")


def _address(database: DatabaseAddress | str) -> DatabaseAddress:
    return DatabaseAddress(database) if isinstance(database, str) else database


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
