"""The guard between us and the network: which address may be called.

Our processes stand inside the network of whoever runs them. Without a guard, a URL that a user
wrote is a way to reach whatever only the inside can reach: databases, monitoring ports, the cloud's
metadata service with its credentials.

    problem_with_url   what can be said about the text alone; the API asks when a task is saved
    verdict            (address.py) what an address is: public, private, or never to be called
    AllowList          the private ones that the administrator has opened
    GuardedBackend     resolves a name once, judges *every* answer, connects to what it has judged

Only the last one protects. A name may mean another address a moment later, and `127.1`,
`2130706433` and `①②⑦.⓪.⓪.①` all mean 127.0.0.1; so the decision is about the address that is
connected to, at the moment of connecting, whatever the URL looked like. Each connection is judged,
thus each hop of a redirect as well. There is one parser of URLs, `httpx.URL`: what is judged and
what is requested cannot differ.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

import httpcore
import httpx

from shared.egress.address import Address, Network, Verdict, literal, verdict

Resolve = Callable[[str, int], Awaitable[list[Address]]]

URL_MAX = 2048  # characters; what proxies and servers agree to take
#: Web servers listen here or above 1023. The ports in between speak mail, files, shells: services
#: that an HTTP request can be smuggled into. The allow-list opens others.
WEB_PORTS = frozenset({80, 443})
FIRST_UNPRIVILEGED_PORT = 1024
PORTS = range(1, 65536)
HOST_MAX = 253  # RFC 1035
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")

#: Names of metadata services, which resolve inside a cloud only.
METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog"})


class Refused(Exception):
    """The guard does not let this connection happen; trying again will not change that."""


class _Entry(NamedTuple):
    """One entry of the allow-list: a network or a name, for one port or for all."""

    network: Network | None
    name: str
    port: int | None

    def covers(self, host: str, port: int, address: Address) -> bool:
        if self.port not in (None, port):
            return False
        if self.network is not None:
            return address in self.network
        return self.covers_name(host)

    def covers_name(self, host: str) -> bool:
        """Return whether it is a name, and *host* one of those that it stands for."""
        if self.name.startswith("*."):
            return host.endswith(self.name[1:])
        return bool(self.name) and host == self.name


class AllowList:
    """What the administrator has opened: `AUTOMATION_EGRESS_ALLOW`.

    Comma-separated: addresses, networks (`10.0.0.0/8`), names (`hook.internal`, `*.internal`),
    each but a network also with a port (`127.0.0.1:8080`, `[::1]:8080`). An entry with a port
    opens that port only. A name opens whatever private address it stands for, so list names only
    where you trust the DNS.
    """

    def __init__(self, entries: Iterable[_Entry] = ()) -> None:
        self._entries = tuple(entries)

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """Read the setting.

        Raises:
            ValueError: an entry means nothing; the message names it.
        """
        return cls(_entry(part.strip()) for part in text.split(",") if part.strip())

    def names(self, host: str, port: int) -> bool:
        """Return whether the administrator has named *host* itself, by its name or its address.

        Not whether its addresses lie in a network that is open: that takes a look-up, and decides
        where one may connect, not whom one knows.
        """
        name = host.rstrip(".").lower()
        address = literal(name)
        return any(
            entry.port in (None, port)
            and (
                address in entry.network
                if entry.network is not None and address is not None
                else entry.network is None and entry.covers_name(name)
            )
            for entry in self._entries
        )

    def objection(self, host: str, port: int, address: Address) -> str | None:
        """Say why *address*, which *host* stands for, may not be connected to on *port*."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        judged = verdict(address)
        if judged is Verdict.NEVER:
            return f"{address} is never called"
        name = host.rstrip(".").lower()
        if any(entry.covers(name, port, address) for entry in self._entries):
            return None
        if judged is Verdict.PRIVATE:
            return f"{address} is not a public address; AUTOMATION_EGRESS_ALLOW can open it"
        if port not in WEB_PORTS and port < FIRST_UNPRIVILEGED_PORT:
            return f"port {port} is not for the web; AUTOMATION_EGRESS_ALLOW can open it"
        return None


_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
_WITH_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]/]+):(?P<port>[0-9]{1,5})")


def _entry(text: str) -> _Entry:
    host, port = text, None
    if found := _WITH_PORT.fullmatch(text):
        host, port = found["host"], int(found["port"])
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    host = host.lower()
    try:
        return _Entry(ip_network(host), "", port)
    except ValueError as error:
        # `10.0.0.1/8` and `256.0.0.1` were meant to be numbers; a wrong one must not open a name.
        looks_like_number = "/" in host or re.fullmatch(r"[0-9.:]+", host)
        if looks_like_number or not _NAME.fullmatch(host) or "://" in text:
            raise ValueError(f"AUTOMATION_EGRESS_ALLOW: {text!r}: {error}") from error
    return _Entry(None, host, port)


def problem_with_url(url: str) -> str | None:
    """Say what is wrong with the text of a URL, as a code; None if nothing is.

    Refuses only what no executor would ever call, because whoever asks (the API) does not know the
    executors' allow-lists: a wrong scheme, nonsense, credentials in the URL, metadata services.
    """
    if len(url) > URL_MAX or not url.isprintable() or " " in url:
        return "url.syntax"
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        return "url.syntax"
    if parsed.scheme not in ("http", "https"):
        return "url.scheme"
    if parsed.userinfo:
        return "url.userinfo"
    if not _is_host(host) or (parsed.port is not None and parsed.port not in PORTS):
        return "url.syntax"
    return "url.address" if _never_called(host.rstrip(".")) else None


def _is_host(host: str) -> bool:
    # `httpx.URL` lets a colon into a host only as part of an IPv6 address, which it has checked.
    return len(host) <= HOST_MAX and (":" in host or _HOST.fullmatch(host) is not None)


def _never_called(host: str) -> bool:
    address = literal(host)
    return host in METADATA_NAMES or (address is not None and verdict(address) is Verdict.NEVER)


async def resolve(host: str, port: int) -> list[Address]:
    """Ask the system's resolver.

    Raises:
        OSError: there is no such name, or nobody answers.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A link-local IPv6 address comes with its interface (`fe80::1%eth0`).
    addresses = [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
    return list(dict.fromkeys(addresses))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """The only way from an action to a socket. There are no Unix sockets here."""

    def __init__(
        self,
        allow: AllowList,
        *,
        resolve: Resolve = resolve,
        dial: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow = allow
        self._resolve = resolve
        self._dial = dial or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to *host*; TLS is verified against its name, not against the address.

        Raises:
            Refused: one of its addresses is not allowed.
        """
        addresses = await self._judged(host, port)
        for address in addresses[:-1]:
            try:
                return await self._dial.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # IPv6 that leads nowhere is common
        return await self._dial.connect_tcp(
            str(addresses[-1]), port, timeout, local_address, socket_options
        )

    async def _judged(self, host: str, port: int) -> list[Address]:
        if host.rstrip(".").lower() in METADATA_NAMES:
            raise Refused(f"{host} is never called")
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved: {error}") from error
        if not addresses:
            raise httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            # One bad answer spoils all: a name that is half inside is no public service.
            if objection := self._allow.objection(host, port, address):
                raise Refused(f"blocked address: {host}: {objection}")
        return addresses
