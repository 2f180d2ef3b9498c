"""Serving HTTP inside a process that has other things to do as well.

uvicorn would take the process's signals for itself; here it is one part among others.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any

import uvicorn
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.runtime.metrics import READY, REGISTRY
from shared.runtime.trouble import Trouble, trouble_of

Check = Callable[[], Awaitable[None]]
"""Raises if what it checks is not so."""

#: A probe must answer before its prober gives up.
CHECK_SECONDS = 2.0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """One ASGI application on one port."""

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - any ASGI application
        *,
        host: str,
        port: int,
        on_stop: Callable[[], None] = lambda: None,
        **options: Any,  # noqa: ANN401 - any uvicorn option
    ) -> None:
        self._on_stop = on_stop
        self._config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
            **options,
        )
        self._server = _Server(self._config)

    async def run(self) -> None:
        """Serve until `stop`.

        Raises:
            OSError: the port is taken.
        """
        # Bound here and not by uvicorn, which answers a taken port with sys.exit.
        listener = self._bind()
        await self._server.serve(sockets=[listener])

    def stop(self) -> None:
        """Finish the requests in hand, then return from `run`."""
        self._on_stop()  # answers that go on and on would be waited for
        self._server.should_exit = True

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._config.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._config.host, self._config.port))
        return listener


async def failures(checks: Mapping[str, Check]) -> dict[str, Trouble]:
    """Run all checks at once; return what is wrong, by name."""

    async def run(name: str, check: Check) -> Trouble | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
            READY.labels(name).set(0)
            return trouble_of(error)
        READY.labels(name).set(1)
        return None

    results = await asyncio.gather(*(run(name, check) for name, check in checks.items()))
    return {name: wrong for name, wrong in zip(checks, results, strict=True) if wrong}


async def readiness(checks: Mapping[str, Check]) -> tuple[int, dict[str, object]]:
    """Return the status and the body with which /readyz answers."""
    wrong = await failures(checks)
    if not wrong:
        return 200, {"status": "ok", "checked": sorted(checks)}
    return 503, {
        "status": "not ready",
        "failed": {name: each.kind for name, each in wrong.items()},
        "problems": [{"check": name, **each.as_json()} for name, each in wrong.items()],
    }


def health_app(checks: Mapping[str, Check], answering: Collection[str] = ()) -> Starlette:
    """Return an application with the probes (/healthz, /readyz) and the numbers (/metrics).

    /readyz tells everything that is missing. /readyz/answering asks only what *answering* names:
    without what requests cannot be answered. Whoever sends us requests goes by that, or no replica
    would be left to take what waits in PostgreSQL while the bus is away.
    """

    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> JSONResponse:
        status, body = await readiness(checks)
        return JSONResponse(body, status_code=status)

    async def can_answer(_: Request) -> JSONResponse:
        needed = {name: check for name, check in checks.items() if name in (answering or checks)}
        status, body = await readiness(needed)
        return JSONResponse(body, status_code=status)

    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route("/readyz/answering", can_answer),
            Route("/metrics", metrics),
        ]
    )


async def metrics(request: Request) -> Response:
    """Answer Prometheus."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"Content-Type": content_type})
