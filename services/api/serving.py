"""How the API is served: the page before it, and limits on connections."""

from __future__ import annotations

import os
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.api.access.trusted_header import PeerKept
from services.api.page.files import read_page
from services.api.page.site import Site
from services.api.parts import ApiParts
from services.api.settings import ApiSettings
from services.api.web_app import create_asgi
from shared.runtime.web import WebServer

#: Connections, kept-alive idle ones included; the door itself limits requests.
MOST_CONNECTIONS = 2_000


def web_server(settings: ApiSettings, parts: ApiParts) -> WebServer:
    """Return what serves the API and the page."""
    proxies = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
    api = create_asgi(parts, max_in_flight=settings.max_in_flight)
    site: Any = Site(read_page(settings.page), api)  # uvicorn types the same protocol otherwise
    return WebServer(
        PeerKept(ProxyHeadersMiddleware(site, trusted_hosts=proxies)),
        proxy_headers=False,  # done here, behind what keeps the peer
        host=settings.host,
        port=settings.port,
        on_stop=parts.tails.close,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=30,
    )
