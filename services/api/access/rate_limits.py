"""Requests counted against their budgets, and turned away when those are used up."""

from __future__ import annotations

from fastapi import Request

from services.api.access.credentials import ip_of
from services.api.access.known_tokens import Principal
from services.api.access.log_in import network_of
from services.api.access.rates import Standing
from services.api.parts import ApiParts
from services.api.wire.front_door import PROBES
from services.api.wire.problems import Refused

#: In `request.state`: headers that the answer gets, whatever it is.
SAID = "rate_limit"


def count_known(request: Request, parts: ApiParts, principal: Principal) -> None:
    """Count a request of *principal*, once however often they are asked who they are.

    Raises:
        Refused: 429.
    """
    if getattr(request.state, SAID, None) is None:
        _judge(request, parts.rates.ask(principal.holder, request.method), "rate.exceeded")
    parts.rates.was_good(shown_by(request, parts))


def count_public(request: Request, parts: ApiParts) -> None:
    """Count a request of a route that asks nobody; probes are free.

    Raises:
        Refused: 429.
    """
    if request.url.path not in PROBES:
        standing = parts.rates.stranger(network_of(ip_of(request)))
        _judge(request, standing, "rate.strangers")


def refuse_crowd(request: Request, parts: ApiParts) -> None:
    """Turn away who comes from a network from which too many came with nothing good.

    Raises:
        Refused: 429.
    """
    standing = parts.rates.turned_away(network_of(ip_of(request)), shown_by(request, parts))
    _judge(request, standing, "rate.strangers")


def count_unknown(request: Request, parts: ApiParts) -> None:
    """Count a request whose token or cookie was no good; it is answered with 401."""
    parts.rates.stranger(network_of(ip_of(request)))


def shown_by(request: Request, parts: ApiParts) -> str:
    """Return what *request* shows to say who it comes from."""
    if parts.trusted and (said := request.headers.get(parts.trusted.header)):
        return f"\x00{said}"
    return request.headers.get("authorization") or f" {parts.origin.secret_of(request) or ''}"


def _judge(request: Request, standing: Standing | None, code: str) -> None:
    if standing is None:
        return
    if not standing.allowed:
        seconds = max(1, standing.wait)
        raise Refused(429, code, headers=standing.headers(), params={"seconds": seconds})
    setattr(request.state, SAID, standing.headers())
