"""Execute one SQL statement; a program of its own, run by the action `sql` (`sql.py`).

In comes one JSON document: where, what, with which parameters and limits. Out comes one: the rows,
or what the server said. It lives for one statement, so a role's settings, temporary tables and
locks end with it; told to end, it asks the server to stop first.

Reading is what the server enforces, not what a look at the text finds: the transaction is
read-only, there is one statement in it, and it is rolled back. Texts of values stay as the server
writes them, numbers and JSON become JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from decimal import Decimal, InvalidOperation
from typing import Any

import asyncpg

CONNECT_SECONDS = 10
CLOSE_SECONDS = 2
PAGE = 50  # rows
#: As text over the wire: JSON has no such values, and what a task gives is text.
_AS_TEXT = (
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid"),
    *("inet", "cidr", "macaddr", "money", "xml", "bit", "varbit", "tsvector", "oid", "name"),
)


async def main() -> None:
    """Do what the standard input says."""
    asked = json.loads(await asyncio.to_thread(sys.stdin.read))
    work = asyncio.ensure_future(_answer(asked))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        sys.stdout.write(json.dumps(await work, ensure_ascii=False))


async def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        connection = await _connected(asked)
    except (OSError, ValueError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError) as e:
        # What is wrong with a DSN may quote it, password and all.
        name = type(e).__name__
        said = str(e) if isinstance(e, asyncpg.PostgresError) else name
        return {"problem": f"no connection: {said}", "permanent": isinstance(e, ValueError)}
    try:
        return await _executed(connection, asked)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        state = getattr(error, "sqlstate", None)
        return {"problem": str(error)[:1000], "sqlstate": state, "permanent": _is_for_good(state)}
    except (ValueError, TypeError) as error:  # a parameter that does not fit
        return {"problem": str(error)[:1000], "permanent": True}
    except (OSError, TimeoutError) as error:
        return {"problem": f"the connection broke: {type(error).__name__}"}
    finally:
        try:  # told to end in the middle, it asks the server to stop
            await connection.close(timeout=CLOSE_SECONDS)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()


async def _connected(asked: dict[str, Any]) -> asyncpg.Connection[asyncpg.Record]:
    connection = await asyncpg.connect(
        asked["dsn"],
        timeout=CONNECT_SECONDS,
        statement_cache_size=0,
        server_settings={
            "application_name": "automation-sql",
            "default_transaction_read_only": "off" if asked["write"] else "on",
            "statement_timeout": str(asked["statement_ms"]),
            "lock_timeout": str(asked["lock_ms"]),
            "idle_in_transaction_session_timeout": str(asked["statement_ms"]),
            "timezone": "UTC",
        },
    )
    for name in _AS_TEXT:
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=json.dumps, decoder=json.loads, format="text"
        )
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=_number, format="text"
    )
    return connection


async def _executed(
    connection: asyncpg.Connection[asyncpg.Record], asked: dict[str, Any]
) -> dict[str, Any]:
    kept: list[list[Any]] = []
    count = size = 0
    async with _transaction(connection, write=asked["write"]):
        statement = await connection.prepare(asked["statement"])
        columns = [each.name for each in statement.get_attributes()]
        if asked["write"] or not columns:  # all of it is done, however much of it is told
            source = _listed(await statement.fetch(*asked["parameters"]))
        else:
            source = statement.cursor(*asked["parameters"], prefetch=PAGE).__aiter__()
        async for record in source:
            count += 1
            if count > asked["count"]:
                break
            row = [_as_json(value) for value in record]
            size += len(json.dumps(row, ensure_ascii=False).encode())
            if len(kept) < asked["rows"] and size <= asked["bytes"]:
                kept.append(row)
    return {
        "columns": columns,
        "rows": kept,
        "count": count,
        "tag": statement.get_statusmsg(),
    }


@contextlib.asynccontextmanager
async def _transaction(
    connection: asyncpg.Connection[asyncpg.Record], *, write: bool
) -> AsyncIterator[None]:
    """Begin a transaction; of one that only reads nothing stays.

    `EXPLAIN ANALYZE CREATE TABLE AS` creates a table in a read-only transaction.
    """
    transaction = connection.transaction(readonly=not write)
    await transaction.start()
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            await transaction.rollback()
        raise
    await (transaction.commit() if write else transaction.rollback())


async def _listed(records: list[asyncpg.Record]) -> Any:  # noqa: ANN401 - an iterator of records
    for record in records:
        yield record


def _number(text: str) -> int | float | str:
    """Return a numeric as JSON has it; one that is no number there stays a text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    return int(value) if value == value.to_integral_value() and "." not in text else float(value)


def _as_json(value: Any) -> Any:  # noqa: ANN401 - whatever the driver makes of a type
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return str(value)


def _is_for_good(state: str | None) -> bool:
    """Say whether trying again cannot help: the statement is wrong, or not allowed."""
    return state is not None and state[:2] in ("22", "23", "25", "28", "3D", "3F", "42", "0A")


if __name__ == "__main__":
    asyncio.run(main())
