"""What an address is: rows 69 to 71 of the bad-input list, and what is public after all."""

from __future__ import annotations

from ipaddress import ip_address

from shared.egress.address import Verdict, literal, verdict
from tests.support.cases import table

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


@table(
    ("text", "expected"),
    [
        *((text, Verdict.NEVER) for text in NEVER),
        *((text, Verdict.PRIVATE) for text in PRIVATE),
        *((text, Verdict.PUBLIC) for text in PUBLIC),
    ],
)
def test_each_address_gets_its_verdict(text: str, expected: Verdict) -> None:
    assert verdict(ip_address(text)) is expected


@table("text", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.0.0.1"])
def test_odd_notations_of_loopback_are_read(text: str) -> None:
    assert literal(text) == ip_address("127.0.0.1")


@table("text", ["localhost", "example.com", "1.2.3.4.5", "", "127.0.0.1 x"])
def test_names_are_not_read_as_addresses(text: str) -> None:
    assert literal(text) is None
