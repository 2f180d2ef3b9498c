"""What may be called: rows 67 to 73 of the bad-input list, and the allow-list that opens some."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

import httpcore
import pytest

from services.executor.actions.address import Address, Verdict, literal, verdict
from services.executor.actions.egress import (
    AllowList,
    GuardedBackend,
    Refused,
    Resolve,
    problem_with_url,
    resolve,
)

NEVER = [
    "0.0.0.0",  # noqa: S104 - as a target, not to listen on
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "fe80::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "64:ff9b::a9fe:a9fe",  # NAT64 of the metadata service
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",  # RFC 6052 with a /48 prefix
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::",  # Teredo
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",  # site-local; `is_global` says yes
    "2001:db8::1",
    "3fff::1",
    "4000::1",
    "100::1",
]
PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "::ffff:1.1.1.1",
    "2606:4700:4700::1111",
    "64:ff9b::101:101",
    "2002:101:101::1",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, Verdict.NEVER) for text in NEVER),
        *((text, Verdict.PRIVATE) for text in PRIVATE),
        *((text, Verdict.PUBLIC) for text in PUBLIC),
    ],
)
def test_each_address_gets_its_verdict(text: str, expected: Verdict) -> None:
    assert verdict(ip_address(text)) is expected


@pytest.mark.parametrize(
    "text", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.0.0.1"]
)
def test_odd_notations_of_loopback_are_read(text: str) -> None:
    assert literal(text) == ip_address("127.0.0.1")


@pytest.mark.parametrize("text", ["localhost", "example.com", "1.2.3.4.5", "", "127.0.0.1 x"])
def test_names_are_not_read_as_addresses(text: str) -> None:
    assert literal(text) is None


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
