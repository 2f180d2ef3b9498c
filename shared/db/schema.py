"""Whether the database has all that this version of the code needs; /readyz says what it lacks.

Each service reads the names of what was migrated through a view of its own. `post` files are not
waited for: they come after the roll-out. Once all is there it stays there; from then on it is only
asked whether the database answers.
"""

from __future__ import annotations

import asyncpg

from shared.db.pool import Pool, answers
from shared.domain.texts import readiness as texts
from shared.domain.texts.catalog import Text
from shared.runtime.trouble import Unready

#: Shown of many.
MOST_NAMED = 3


class Schema:
    """The schema, as one service sees it."""

    def __init__(self, pool: Pool, view: str) -> None:
        self._pool = pool
        self._view = view
        self._is_current = False

    async def check(self) -> None:
        """Be sure that the database answers, and that nothing is missing in it.

        Raises:
            Unready: migrations are missing; the words name them.
        """
        if self._is_current:
            await answers(self._pool)
            return
        try:
            rows = await self._pool.fetch(f"SELECT name FROM {self._view}")  # noqa: S608 - a name of ours
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
            rows = []
        missing = missing_of({row["name"] for row in rows})
        if missing:
            names = ", ".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else "")
            words = texts.MIGRATIONS_MISSING
            raise Unready(
                Text(words.zh_tw.format(names=names), words.en.format(names=names)),
                "MigrationsMissing",
            )
        self._is_current = True


def missing_of(applied: set[str]) -> list[str]:
    """Return the files that this version needs and that were not applied."""
    from shared.db.migrate import FOLDER  # noqa: PLC0415 - services need nothing else of it

    return sorted(path.stem for path in FOLDER.glob("*_pre_*.sql") if path.stem not in applied)
