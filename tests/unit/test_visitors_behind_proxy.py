"""Behind the proxies that we ship, each visitor is one: not all of them the proxy.

Else whoever guesses passwords, or asks too often, has everybody wait.
"""

from __future__ import annotations

import re
from pathlib import Path

from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.support.cases import table

DEPLOY = Path(__file__).parents[2] / "deploy"
SHIPPED = ("compose/tls.yaml", "k8s/components/ingress/kustomization.yaml")
VISITOR = "203.0.113.7"


async def seen_as(trusted: str, peer: str, forwarded: str) -> str:
    """Return where a request comes from, to the API."""
    seen: list[str] = []

    async def app(scope: Scope, *_: object) -> None:
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    await ProxyHeadersMiddleware(app, trusted_hosts=trusted)(scope, None, None)  # type: ignore[arg-type]
    return seen[0]


@table("file", SHIPPED)
async def test_each_visitor_is_one(file: str) -> None:
    text = (DEPLOY / file).read_text(encoding="utf-8")
    found = re.search(r"FORWARDED_ALLOW_IPS[:=]\s*\"?([^\s\"]+)", text)
    assert found, "nothing is believed"

    for proxy in ("10.42.0.7", "172.18.0.3", "192.168.65.2", "100.64.3.1", "fd00:1::5"):
        assert await seen_as(found[1], proxy, VISITOR) == VISITOR
        # What somebody writes there themselves stands before what the proxy adds.
        assert await seen_as(found[1], proxy, f"198.51.100.1, {VISITOR}") == VISITOR
    assert await seen_as(found[1], "198.51.100.9", VISITOR) == "198.51.100.9"
