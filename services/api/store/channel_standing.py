"""How channels stand: who names them, and how they did lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So many tasks and alert rules that name a channel are shown with it.
MOST_USERS = 100


class User(NamedTuple):
    """A task or an alert rule that names a channel."""

    kind: str
    id: UUID
    name: str


class Lately(NamedTuple):
    """Messages of the last day by their state, and the last one ever ordered."""

    sent: int
    failed: int
    given_up: int
    waiting: int
    last_state: str | None
    last_at: datetime | None
    last_answer: str | None


class Standing(NamedTuple):
    """All of it, of one channel."""

    users: tuple[User, ...]
    lately: Lately


# One pass over the tasks, however many channels there are.
_USERS = f"""
SELECT channel, kind, id, name FROM (
    SELECT u.*, row_number() OVER (PARTITION BY channel ORDER BY kind DESC, seq) AS place FROM (
        SELECT DISTINCT n.channel, 'task' AS kind, t.id, t.name, t.seq
        FROM api.tasks t CROSS JOIN LATERAL (
            SELECT unnest(t.notify_recipients) AS channel
            UNION ALL
            SELECT named #>> '{{}}' FROM jsonb_path_query(
                coalesce(t.policy::jsonb, '{{}}'), '$.notify[*].channels[*]') AS named
        ) n
        WHERE (cardinality(t.notify_recipients) > 0 OR t.policy ->> 'notify' IS NOT NULL)
          AND n.channel = ANY($1::text[])
        UNION ALL
        SELECT DISTINCT n.channel, 'alert_rule', r.id, r.name, r.seq
        FROM api.alert_rules r CROSS JOIN LATERAL regexp_split_to_table(
            btrim(r.notification_target), '\\s*,\\s*') AS n (channel)
        WHERE n.channel = ANY($1::text[])
    ) u
) numbered WHERE place <= {MOST_USERS} ORDER BY channel, place
"""  # noqa: S608 - our own number

_LATELY = """
SELECT c.channel, coalesce(d.sent, 0), coalesce(d.failed, 0), coalesce(d.given_up, 0),
       coalesce(d.waiting, 0), l.state, l.created_at, l.answer
FROM unnest($1::text[]) AS c (channel)
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'sent') AS sent,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state = 'given_up') AS given_up,
           count(*) FILTER (WHERE state = 'waiting') AS waiting
    FROM notify.api_deliveries
    WHERE channel = c.channel AND created_at > now() - interval '1 day'
) d ON true
LEFT JOIN LATERAL (
    SELECT state, created_at, answer FROM notify.api_deliveries
    WHERE channel = c.channel ORDER BY created_at DESC LIMIT 1
) l ON true
"""


async def standing(connection: Connection, names: Sequence[str]) -> dict[str, Standing]:
    """Return how each of the channels *names* stands."""
    users: dict[str, list[User]] = {name: [] for name in names}
    for channel, *user in await connection.fetch(_USERS, list(names)):
        users[channel].append(User(*user))
    rows = await connection.fetch(_LATELY, list(names))
    return {name: Standing(tuple(users[name]), Lately(*lately)) for name, *lately in rows}
