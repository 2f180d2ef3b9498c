"""Keys of NATS users are read, shown and used as NATS does."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.bus.nkey import NotASeed, UserKey, seed_of
from tests.support.cases import table

#: A pair as NATS's own library has it.
SEED = "SUADEJAOJVAYPEVQGF6URBVMJWJWPYJU4DSW4RZDNXVBHJLHMUHAMNIG4M"
PUBLIC = "UBRF2RR4ZETRY2PKVPNUUVQMDO66NLZEU53KT3QUWUTFDXCXCMTFJFSB"
RAW_PUBLIC = base64.b32decode(PUBLIC)[1:33]


def test_the_public_key_is_the_one_that_nats_shows() -> None:
    assert UserKey.from_seed(f"{SEED}\n").public == PUBLIC


def test_what_it_signs_its_public_key_bears_out() -> None:
    signature = base64.b64decode(UserKey.from_seed(SEED).sign("nonce"))

    Ed25519PublicKey.from_public_bytes(RAW_PUBLIC).verify(signature, b"nonce")


def test_a_seed_holds_the_key_that_it_was_made_of() -> None:
    assert UserKey.from_seed(seed_of(bytes(range(32)))) != UserKey.from_seed(seed_of(bytes(32)))
    assert (
        UserKey.from_seed(seed_of(bytes(32))).public == UserKey.from_seed(seed_of(bytes(32))).public
    )


@table(
    "text",
    ["", "hunter2", SEED[:-1], SEED[:-1] + "A", PUBLIC, "SA" + SEED[2:], SEED + SEED],
)
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(NotASeed):
        UserKey.from_seed(text)


def test_a_seed_is_not_shown_by_accident() -> None:
    assert SEED not in repr(UserKey.from_seed(SEED))
