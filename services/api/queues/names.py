"""Names that people give to things and that stand in a path: queues, calendars."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Path, Request

from services.api.wire.problems import Refused
from shared.domain.errors import NotFound

PATTERN = r"^[a-z][a-z0-9-]{0,62}$"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)


def named(kind: str) -> Callable[..., Awaitable[str]]:
    """Return a dependency: the `name` of the path, which must be one for a *kind*."""

    async def name_of(
        request: Request, name: Annotated[str, Path(json_schema_extra={"pattern": PATTERN})]
    ) -> str:
        """Return the name.

        Raises:
            NotFound: there can be no such thing.
            Refused: 422, none can be made under that name.
        """
        if _NAME.fullmatch(name):
            return name
        if request.method in ("GET", "HEAD", "DELETE"):
            raise NotFound(kind, "")
        raise Refused(422, f"{kind}.name")

    return name_of
