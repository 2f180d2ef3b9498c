"""Whether a request comes from our own page, and not from another one that uses its cookie.

A browser says where a request comes from: `Sec-Fetch-Site` (only over TLS or on one's own machine),
else `Origin`. Neither can be set by a page. In addition our page sends a header of its own, which
another site cannot without asking first, and we never say yes. Bearer tokens need none of this: no
browser adds them by itself.
"""

from __future__ import annotations

from fastapi import Request

from services.api.access.cookies import Origin
from services.api.wire.problems import Refused

HEADER = "X-Requested-With"
VALUE = "automation"

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


def refuse_cross_site(request: Request, ours: Origin, *, has_cookie: bool) -> None:
    """Let only our own page change something with a cookie, or log somebody in.

    Without a cookie (*has_cookie*) a program that is no browser may ask as well: it tells nothing
    of where it comes from.

    Raises:
        Refused: 403.
    """
    if request.method in _READING:
        return
    told = _is_ours(request, ours)
    marked = request.headers.get(HEADER, "").lower() == VALUE
    if told is False or (has_cookie and not (told and marked)):
        raise Refused(403, "auth.csrf")


def _is_ours(request: Request, ours: Origin) -> bool | None:
    """Return what the browser tells; None: nothing, so perhaps it is none."""
    fetch_sites = request.headers.getlist("sec-fetch-site")
    if fetch_sites:
        return len(fetch_sites) == 1 and fetch_sites[0].lower() in _OURS
    origins = request.headers.getlist("origin")
    if not origins:
        return None
    if len(origins) != 1:
        return False
    origin = origins[0].lower()
    host = request.headers.get("host", "").lower()
    # Empty is not equal to an address that is not known; what is no address at all fits none.
    return origin != "" and (origin == ours.own or origin.partition("://")[2] == (host or None))
