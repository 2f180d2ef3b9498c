"""A pool that tells how full it is and how long it was waited for (`/metrics`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from shared.runtime.metrics import POOL_WAIT_SECONDS, POOLS

if TYPE_CHECKING:
    _Pool = asyncpg.Pool[asyncpg.Record]
else:
    _Pool = asyncpg.Pool

#: What `asyncpg.create_pool` says for us otherwise.
_USUAL: Final[dict[str, Any]] = {
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 0,  # kept open: a new one costs more than an idle one
    "connect": None,
    "setup": None,
    "loop": None,
    "connection_class": asyncpg.Connection,
    "record_class": asyncpg.Record,
}


def pool_label(name: str) -> str:
    """Return what a pool is called among those of its process: `relay` of `api-relay:api-1`."""
    return "relay" if "-relay" in name else "main"


class MeasuredPool(_Pool):
    """Every way to a connection leads through `_acquire`, `fetch` and `execute` of the pool too."""

    def __init__(self, dsn: str, **options: Any) -> None:  # noqa: ANN401 - asyncpg's
        super().__init__(dsn, **{**_USUAL, **options})
        name = pool_label(options["server_settings"]["application_name"])
        self._waited = POOL_WAIT_SECONDS.labels(name)
        POOLS.add(name, self)

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ANN401, ASYNC109 - asyncpg's
        began = time.perf_counter()
        try:
            return await super()._acquire(timeout)  # type: ignore[misc]
        finally:
            self._waited.observe(time.perf_counter() - began)
