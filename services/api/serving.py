"""How the API is served: the page before it, and limits on connections."""

from __future__ import annotations

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
    api = create_asgi(parts, max_in_flight=settings.max_in_flight)
    return WebServer(
        Site(read_page(settings.page), api),
        host=settings.host,
        port=settings.port,
        on_stop=parts.tails.close,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=30,
    )
