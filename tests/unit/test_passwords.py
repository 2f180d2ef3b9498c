"""Which passwords are taken, and that a hash fits its password alone."""

from __future__ import annotations

import asyncio

import pytest

from services.api.access import passwords as module
from services.api.access.passwords import Passwords, problems_of_password
from services.api.wire.problems import Refused
from tests.support.cases import table

QUICK = Passwords(memory_kib=64, rounds=1)


@table(
    ("password", "code"),
    [
        ("", "password.short"),
        ("123456789", "password.short"),
        ("x" * 1025, "password.long"),
        (" " * 12, "password.odd"),
        ("abcdefgh\x00ij", "password.odd"),
        ("aaaaaaaaaaaa", "password.known"),
        ("Password123", "password.known"),
        ("PASSWORD2026!", "password.known"),
        ("qwertyuiop", "password.known"),
        ("1qaz2wsx3edc", "password.known"),
        ("ji32k7au4a83", "password.known"),  # "my password", typed in Zhuyin
        ("automation1", "password.known"),
        ("margaret.ann", "password.is_name"),
        ("Margaret.Ann", "password.is_name"),
        ("margaret.ann2026", "password.is_name"),
        ("nna.teragram", "password.is_name"),
    ],
)
def test_what_is_guessed_soon_is_refused(password: str, code: str) -> None:
    assert [each.code for each in problems_of_password(password, name="margaret.ann")] == [code]


@table(
    "password",
    ["correct horse battery", "四個字的密碼其實很長", "aB3$xY9!kL", "x1" * 512, "no digits at all"],
)
def test_no_rule_asks_for_digits_or_signs(password: str) -> None:
    if len(set(password)) >= 4:
        assert problems_of_password(password, name="ann") == []


async def test_a_hash_fits_its_password_alone() -> None:
    stored = await QUICK.hash("a long enough sentence")

    assert stored.startswith("$argon2id$")
    assert await QUICK.fits("a long enough sentence", stored)
    assert not await QUICK.fits("a long enough sentencE", stored)
    assert not await QUICK.fits("a long enough sentence", None)
    assert not await QUICK.fits("a long enough sentence", "no hash")
    assert await QUICK.hash("a long enough sentence") != stored


async def test_the_same_password_typed_on_another_keyboard_fits() -> None:
    stored = await QUICK.hash("cafe\u0301 au lait 1")

    assert await QUICK.fits("caf\u00e9 au lait 1", stored)
    assert await QUICK.fits("ｃａｆ\u00e9 au lait １", stored)


def test_what_is_served_costs_64_mib() -> None:
    assert (Passwords().memory_kib, Passwords().rounds) == (64 * 1024, 3)


async def test_a_long_line_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    passwords = Passwords(memory_kib=64, rounds=1)

    results = await asyncio.gather(
        *(passwords.hash("a long enough sentence") for _ in range(10)), return_exceptions=True
    )

    refused = [each for each in results if isinstance(each, Refused)]
    assert len(refused) == 7
    assert {each.status for each in refused} == {503}
    assert await passwords.hash("and then there is room again")
