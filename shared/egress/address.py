"""What an IP address is to us: public, private, or never to be called.

Python's `is_global` is a start and not enough: it calls the metadata service public if it is
written as a NAT64 address, multicast too, and its tables differ from version to version.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Never called, not even if the allow-list covers them.
NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # "this host": Linux connects to itself
            "169.254.0.0/16",  # link-local, with the metadata service of most clouds
            "100.100.100.200/32",  # metadata: Alibaba
            "168.63.129.16/32",  # platform service: Azure
            "192.0.0.192/32",  # metadata: Oracle
            "224.0.0.0/4",  # multicast
            "255.255.255.255/32",
            "::/128",
            "fe80::/10",  # link-local
            "fd00:ec2::254/128",  # metadata: Amazon
            "fd20:ce::254/128",  # metadata: Google
            "ff00::/8",  # multicast
        ),
    )
)
#: Not public although `is_global` says so, in this or an older Python.
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "100.64.0.0/10",  # shared by carriers, and by overlay networks
            "192.0.0.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "240.0.0.0/4",  # reserved
            "2001::/23",  # Teredo and other protocol assignments
            "3fff::/20",  # documentation
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")
NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
GLOBAL_UNICAST = IPv6Network("2000::/3")


_NUMBERS = re.compile(r"[0-9a-fA-FxX.]+")


class Verdict(StrEnum):
    """What an address is to us."""

    PUBLIC = "public"
    PRIVATE = "private"  # only if the administrator says so
    NEVER = "never"


def verdict(address: Address) -> Verdict:
    """Judge one address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return verdict(address.ipv4_mapped)
        if any(verdict(inner) is not Verdict.PUBLIC for inner in _embedded(address)):
            return Verdict.NEVER  # a translator would carry it to a private address
    if _in(NEVER, address):
        return Verdict.NEVER
    return Verdict.PUBLIC if _is_public(address) else Verdict.PRIVATE


def _is_public(address: Address) -> bool:
    if address in NAT64 or address in SIX_TO_FOUR:
        return True  # the inner address has been judged; what Python says differs between versions
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_reserved and not _in(NOT_PUBLIC, address)


def _in(networks: Iterable[Network], address: Address) -> bool:
    return any(address in network for network in networks)


def _embedded(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a translator or tunnel may read out of *address*."""
    bits = int(address)
    last = IPv4Address(bits & 0xFFFFFFFF)
    if address in NAT64:
        return [last]
    if address in NAT64_LOCAL:
        # RFC 6052 with a /48 prefix skips bits 64 to 71; operators use /96 prefixes in it as well.
        split = (bits >> 64 & 0xFFFF) << 16 | (bits >> 40 & 0xFFFF)
        return [last, IPv4Address(split)]
    if address.sixtofour:
        return [address.sixtofour]
    return list(address.teredo or ())


def literal(host: str) -> Address | None:
    """Read *host* as an address in any notation that a resolver would take; None: a name."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(host):  # inet_aton itself ignores what follows a space
        return None
    try:
        return IPv4Address(socket.inet_aton(host))  # 127.1, 2130706433, 0x7f000001, 0177.0.0.1
    except OSError:
        return None
