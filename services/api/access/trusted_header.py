"""Log-in at a reverse proxy: it has found out who somebody is, and says so in a header.

Off, unless the header and the proxies are named (AUTOMATION_TRUSTED_HEADER and _PROXIES). Anybody
else who sends that header wants to be somebody they are not, or the proxy is not the one that was
meant: refused and noted, whatever else the request shows. The proxy itself must strike the header
out of what comes from outside.

It is the peer of the connection that counts, never what `X-Forwarded-For` says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from starlette.types import Receive, Scope, Send

from services.api.access.denials import Denials
from services.api.access.outsiders import RoleMap

#: In the scope: who is at the other end of the connection.
PEER = "automation.peer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedHeader:
    """Which header is believed, and from whom."""

    header: str
    proxies: Sequence[IPv4Network | IPv6Network]
    groups_header: str = ""
    """Holds groups, with commas between them."""
    role_map: RoleMap = field(default_factory=lambda: RoleMap({}))
    role_if_new: str = ""
    denials: Denials = field(default_factory=Denials)

    @classmethod
    def parse(
        cls, header: str, proxies: str, *, groups_header: str, roles: str, default_role: str
    ) -> TrustedHeader | None:
        """Read the settings; None: the mode is off.

        Raises:
            ValueError: they do not fit together; the message names the variable.
        """
        networks = [ip_network(each.strip()) for each in proxies.split(",") if each.strip()]
        if not header and not networks:
            return None
        if not header or not networks:
            raise ValueError("AUTOMATION_TRUSTED_HEADER and AUTOMATION_TRUSTED_PROXIES go together")
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("AUTOMATION_TRUSTED_PROXIES must not name everybody")
        if not roles and not default_role:
            raise ValueError(
                "AUTOMATION_TRUSTED_ROLES or AUTOMATION_TRUSTED_DEFAULT_ROLE is needed"
            )
        if roles and not groups_header:
            raise ValueError("AUTOMATION_TRUSTED_ROLES needs AUTOMATION_TRUSTED_GROUPS_HEADER")
        return cls(
            header=header,
            proxies=tuple(networks),
            groups_header=groups_header,
            role_map=RoleMap.parse(roles, default_role),
            role_if_new=default_role,
        )

    def trusts(self, peer: str | None) -> bool:
        """Return whether *peer* is one of the proxies."""
        try:
            address = ip_address(peer or "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.proxies)


class PeerKept:
    """Keeps who is at the other end, before anybody believes `X-Forwarded-For`."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - an ASGI application, whoever types it
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        await self._app({**scope, PEER: client[0] if client else None}, receive, send)
