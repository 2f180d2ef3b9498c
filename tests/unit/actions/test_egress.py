"""What may be called: rows 67 to 73 of the bad-input list, and the allow-list that opens some."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

import httpcore
import pytest

from shared.egress.address import Address
from shared.egress.guard import (
    AllowList,
    GuardedBackend,
    Refused,
    Resolve,
    problem_with_url,
    resolve,
)
from tests.support.cases import table


@table(
    ("url", "code"),
    [
        ("ftp://example.com/x", "url.scheme"),
        ("file:///etc/passwd", "url.scheme"),
        ("gopher://example.com", "url.scheme"),
        ("javascript:alert(1)", "url.scheme"),
        ("//example.com/x", "url.scheme"),
        ("/relative", "url.scheme"),
        ("example.com", "url.scheme"),
        ("", "url.scheme"),
        ("http://", "url.syntax"),
        ("http:///x", "url.syntax"),
        ("http:example.com", "url.syntax"),
        ("http://a b/", "url.syntax"),
        ("http://a/\r\nHost: evil", "url.syntax"),
        ("http://a/\n", "url.syntax"),
        ("http://a/\0", "url.syntax"),
        ("http://a/\ud800", "url.syntax"),
        ("http://a/\u202e", "url.syntax"),
        ("http://a..b/", "url.syntax"),
        ("http://%31%32%37.0.0.1/", "url.syntax"),
        ("http://①②⑦.⓪.⓪.①/", "url.syntax"),
        ("http://１２７.0.0.1/", "url.syntax"),
        ("http://a:0/", "url.syntax"),
        ("http://a:65536/", "url.syntax"),
        ("http://[::1/", "url.syntax"),
        ("http://" + "a" * 3000, "url.syntax"),
        ("http://user@example.com/", "url.userinfo"),
        ("http://user:password@example.com/", "url.userinfo"),
        ("http://127.0.0.1\\@example.com/", "url.userinfo"),
        ("http://169.254.169.254/latest/meta-data", "url.address"),
        ("http://169.254.169.254./", "url.address"),
        ("http://2852039166/", "url.address"),
        ("http://0xa9fea9fe/", "url.address"),
        ("http://169.254.43518/", "url.address"),
        ("http://[::ffff:169.254.169.254]/", "url.address"),
        ("http://[64:ff9b::a9fe:a9fe]/", "url.address"),
        ("http://[fd00:ec2::254]/", "url.address"),
        ("http://100.100.100.200/", "url.address"),
        ("http://0/", "url.address"),
        ("http://[fe80::1%25eth0]/", "url.address"),
        ("http://Metadata.Google.Internal./", "url.address"),
    ],
)
def test_what_can_never_be_right_is_refused_when_it_is_saved(url: str, code: str) -> None:
    assert problem_with_url(url) == code


@table(
    "url",
    [
        "http://example.com",
        "https://example.com:8443/a?b=c#d",
        "HTTPS://EXAMPLE.com/",
        "https://例子.台灣/路徑",
        "http://127.0.0.1:8080/",  # the executor's allow-list decides
        "http://localhost/",
        "http://[::1]:8080/",
        "http://my_service:8000/hook",
    ],
)
def test_what_an_executor_may_be_allowed_to_call_is_accepted(url: str) -> None:
    assert problem_with_url(url) is None


@table(
    ("allow", "host", "port", "address", "allowed"),
    [
        ("", "example.com", 443, "1.1.1.1", True),
        ("", "example.com", 8080, "1.1.1.1", True),
        ("", "example.com", 22, "1.1.1.1", False),
        ("example.com:22", "example.com", 22, "1.1.1.1", True),
        ("", "localhost", 80, "127.0.0.1", False),
        ("127.0.0.1", "localhost", 80, "127.0.0.1", True),
        ("127.0.0.1", "localhost", 80, "::1", False),
        ("127.0.0.1", "x", 80, "::ffff:127.0.0.1", True),
        ("127.0.0.1", "x", 80, "127.0.0.2", False),
        ("127.0.0.1:8080", "x", 8080, "127.0.0.1", True),
        ("127.0.0.1:8080", "x", 8081, "127.0.0.1", False),
        ("[::1]:8080", "x", 8080, "::1", True),
        ("::1", "x", 8080, "::1", True),
        ("10.0.0.0/8, fd00::/8", "x", 80, "10.1.2.3", True),
        ("10.0.0.0/8,fd00::/8", "x", 80, "fd00::1", True),
        ("10.0.0.0/8", "x", 80, "11.0.0.1", True),
        ("10.0.0.0/8", "x", 80, "192.168.0.1", False),
        ("Hook.Internal", "hook.internal.", 80, "10.0.0.1", True),
        ("hook.internal", "evil-hook.internal", 80, "10.0.0.1", False),
        ("*.internal", "hook.internal", 80, "10.0.0.1", True),
        ("*.internal", "internal", 80, "10.0.0.1", False),
        ("*.internal", "evilinternal", 80, "10.0.0.1", False),
        ("*.internal:80", "hook.internal", 81, "10.0.0.1", False),
        # Never means never.
        ("0.0.0.0/0", "x", 80, "169.254.169.254", False),
        ("0.0.0.0/0", "x", 80, "127.0.0.1", True),
        ("hook.internal", "hook.internal", 80, "169.254.169.254", False),
        ("::/0", "x", 80, "64:ff9b::a9fe:a9fe", False),
        ("100.64.0.0/10", "x", 80, "100.100.100.200", False),
    ],
)
def test_the_allow_list(allow: str, host: str, port: int, address: str, *, allowed: bool) -> None:
    objection = AllowList.parse(allow).objection(host, port, ip_address(address))

    assert (objection is None) == allowed


@table(
    "text",
    ["10.0.0.1/8", "256.0.0.1", "http://x", "a b", "*", "*.*", "x:y", "10.0.0.0/33", "-", "[::1"],
)
def test_an_entry_that_means_nothing_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="AUTOMATION_EGRESS_ALLOW"):
        AllowList.parse(text)


class Dialled(httpcore.AsyncNetworkBackend):
    """Notes where it was to connect to."""

    def __init__(self, dead: Iterable[str] = ()) -> None:
        self.addresses: list[str] = []
        self._dead = set(dead)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del port, timeout, local_address, socket_options
        self.addresses.append(host)
        if host in self._dead:
            raise httpcore.ConnectError(host)
        return httpcore.AsyncMockStream([])


def answers(*rounds: str) -> Resolve:
    """Return a resolver that gives the next answer each time; an answer is a list of addresses."""
    left = list(rounds)

    async def resolver(host: str, port: int) -> list[Address]:
        del host, port
        return [ip_address(each) for each in left.pop(0).split()]

    return resolver


async def test_it_connects_to_the_address_that_it_has_judged() -> None:
    dialled = Dialled()
    backend = GuardedBackend(AllowList(), resolve=answers("1.1.1.1", "127.0.0.1"), dial=dialled)

    await backend.connect_tcp("rebinding.example", 80)
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        await backend.connect_tcp("rebinding.example", 80)

    assert dialled.addresses == ["1.1.1.1"]


async def test_one_bad_address_spoils_all() -> None:
    dialled = Dialled()
    backend = GuardedBackend(AllowList(), resolve=answers("1.1.1.1 10.0.0.1"), dial=dialled)

    with pytest.raises(Refused, match="blocked address"):
        await backend.connect_tcp("half.example", 80)

    assert dialled.addresses == []


async def test_a_dead_address_is_passed_over() -> None:
    dialled = Dialled(dead=["2606:4700:4700::1111"])
    backend = GuardedBackend(
        AllowList(), resolve=answers("2606:4700:4700::1111 1.1.1.1"), dial=dialled
    )

    await backend.connect_tcp("example.com", 443)

    assert dialled.addresses == ["2606:4700:4700::1111", "1.1.1.1"]


async def test_metadata_services_are_not_even_resolved() -> None:
    backend = GuardedBackend(AllowList(), resolve=answers(), dial=Dialled())

    with pytest.raises(Refused):
        await backend.connect_tcp("metadata.google.internal", 80)


@table(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "::1"),
        *("::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "localhost"),
    ],
)
async def test_whatever_the_systems_resolver_makes_of_it_is_judged(host: str) -> None:
    dialled = Dialled()
    backend = GuardedBackend(AllowList(), resolve=resolve, dial=dialled)

    with pytest.raises(Refused):
        await backend.connect_tcp(host, 80)

    assert dialled.addresses == []
