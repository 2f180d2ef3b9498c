"""One statement that reads a PostgreSQL database: each row is a sample.

The column `value`, or the only one, is the number; the others are labels. The statement is executed
by a program of its own (`actions/sql/client.py`), in a transaction that cannot write.
"""

from __future__ import annotations

import json
from typing import Any

from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.programs import program
from shared.contracts.action import ActionFailed
from shared.contracts.alert_queries import SqlQuery
from shared.domain.alerting.samples import Sample

CLIENT = "services.executor.actions.sql.client"
LOCK_SECONDS = 2.0
ROWS_MAX = 5000
#: The client's output is read up to 1 MiB.
BYTES_MAX = 900_000
VALUE = "value"
REASON_MAX = 300  # characters


async def measure(query: SqlQuery, dsn: str, *, seconds: float) -> list[Sample]:
    """Return the rows as samples.

    Raises:
        NotMeasured: the database is away or refuses, or the rows are no samples.
    """
    asked = {
        "dsn": dsn,
        "statement": query.statement,
        "parameters": [],
        "write": False,
        "statement_ms": max(round(seconds * 1000), 1),
        "lock_ms": round(LOCK_SECONDS * 1000),
        "rows": ROWS_MAX,
        "count": ROWS_MAX,
        "bytes": BYTES_MAX,
    }
    client = program.python_module(CLIENT, folder="/", stdin=json.dumps(asked).encode())
    try:
        ended = await program.run(client, hear=None, hear_errors=lambda _: None)
        said: dict[str, Any] = json.loads(ended.output)
    except ActionFailed as error:
        raise NotMeasured(str(error), permanent=error.permanent) from error
    except ValueError:
        raise NotMeasured("the client of the database said nothing") from None
    if "problem" in said:
        raise NotMeasured(said["problem"][:REASON_MAX], permanent=bool(said.get("permanent")))
    return read_rows(said)


def read_rows(said: dict[str, Any]) -> list[Sample]:
    """Return the samples of an answer of the client.

    Raises:
        NotMeasured: they are none.
    """
    columns: list[str] = said["columns"]
    if said["count"] > len(said["rows"]):
        raise NotMeasured(f"more than {ROWS_MAX} rows or {BYTES_MAX} bytes", permanent=True)
    if VALUE not in columns and len(columns) != 1:
        raise NotMeasured("no column is named value", permanent=True)
    place = columns.index(VALUE) if VALUE in columns else 0
    samples = []
    for row in said["rows"]:
        value = row[place]
        if value is None:  # no number is no sample, as in Prometheus
            continue
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise NotMeasured("the column value holds no number", permanent=True)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise NotMeasured("the column value holds no number", permanent=True) from None
        labels = {
            name: _text(cell)
            for at, (name, cell) in enumerate(zip(columns, row, strict=True))
            if at != place and cell is not None
        }
        samples.append(Sample(labels, number))
    return samples


def _text(cell: Any) -> str:  # noqa: ANN401 - JSON
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
