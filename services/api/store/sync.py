"""All tasks in short, and page by page, for the scheduler's repair.

A page is written by PostgreSQL: making a million `TaskChanged` in Python and writing them out again
would take minutes. A test holds the bytes against the contract.
"""

from __future__ import annotations

from shared.contracts.sync import Bucket, PageRequest
from shared.db.pool import Connection

#: The server takes 1 MiB in one message.
MOST_PAGE_BYTES = 900_000
MOST_TASKS = 10_000

#: Both sides sum up the same words; see `services/scheduler/store`.
_DIGEST = (
    "SELECT get_byte(uuid_send(id), 0) AS bucket, count(*) AS tasks,"
    " (sum(hashtextextended(id::text || ':' || version, 0)::numeric)"
    "  % 9007199254740993)::bigint AS digest"
    " FROM api.tasks GROUP BY 1 ORDER BY 1"
)
_PAGE = """
WITH page AS (
    SELECT id, json_build_object(
        'v', 1,
        'change', CASE version WHEN 1 THEN 'created' ELSE 'updated' END,
        'task_id', id,
        'version', version,
        'changed_at', updated_at,
        'task', json_build_object(
            'name', name,
            'task_type', task_type,
            'task_action', task_action,
            'schedule_config', schedule_config,
            'trigger_config', trigger_config,
            'action_config', action_config,
            'enabled', enabled,
            'dependent_tasks', dependent_tasks,
            'timeout_seconds', timeout_seconds,
            'policy', policy
        ))::text AS document
    FROM api.tasks WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3 + 1
), measured AS (
    SELECT id, document, row_number() OVER w AS number,
           sum(octet_length(document) + 1) OVER w AS bytes
    FROM page WINDOW w AS (ORDER BY id)
), marked AS (
    -- The first always goes: one task is far below the limit.
    SELECT id, document, number = 1 OR (number <= $3 AND bytes <= $4) AS fits FROM measured
)
SELECT coalesce(string_agg(document, ',' ORDER BY id) FILTER (WHERE fits), ''),
       (array_agg(id ORDER BY id) FILTER (WHERE NOT fits))[1]
FROM marked
"""


async def digest(connection: Connection) -> list[Bucket]:
    """Return one bucket for each first byte that a task id has."""
    rows = await connection.fetch(_DIGEST)
    return [Bucket(bucket=row[0], tasks=row[1], digest=row[2]) for row in rows]


async def page(connection: Connection, request: PageRequest) -> bytes:
    """Return an encoded `Page` of tasks in the order of their ids."""
    limit = max(1, min(request.limit, MOST_TASKS))
    row = await connection.fetchrow(_PAGE, request.first, request.last, limit, MOST_PAGE_BYTES)
    assert row is not None  # noqa: S101 - an aggregate has one row
    following = f'"{row[1]}"' if row[1] else "null"
    return f'{{"v":1,"tasks":[{row[0]}],"next":{following}}}'.encode()
