"""The JSON reader: what it takes, what it refuses, and where it points."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.wire.strict_json import SAFE_INTEGER, Limits, NotJson, read_json
from tests.support.cases import table

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE_INTEGER, SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
#: Bytes that look like JSON more often than chance would have it.
scraps = st.lists(
    st.sampled_from(
        [
            *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"d800", b"0000", b"1"),
            *(b"-", b"e9", b".", b"NaN", b"true", b"null", b" ", b"\xff", b'"a"', b'{"a":'),
            b"9" * 20,
        ]
    ),
    max_size=60,
).map(b"".join)


@given(documents)
def test_an_ordinary_document_is_read_as_it_is(document: object) -> None:
    assert read_json(json.dumps(document).encode()) == document
    assert read_json(json.dumps(document, ensure_ascii=False).encode()) == document


@given(st.binary(max_size=300) | scraps)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotJson):
        document = read_json(data)
        # What is accepted survives every other reader and writer.
        assert json.loads(json.dumps(document, allow_nan=False)) == document
        json.dumps(document, ensure_ascii=False).encode()


@table(
    ("data", "code", "pointer"),
    [
        (b'{"a":{"b/c":[0,NaN]}}', "json.number", "/a/b~1c/1"),
        (b'{"a":{"b":1,"~":2,"~":3}}', "json.duplicate_key", "/a/~0"),
        (b'{"a":[9007199254740992]}', "int.range", "/a/0"),
        (b'{"a":-9007199254740992}', "int.range", "/a"),
        (b'{"a":"\\ud83d"}', "json.surrogate", "/a"),
        (b'{"a":["x","\\u0000"]}', "text.control", "/a/1"),
    ],
)
def test_a_refusal_points_at_the_place(data: bytes, code: str, pointer: str) -> None:
    with pytest.raises(NotJson) as caught:
        read_json(data)

    assert (caught.value.code, caught.value.problem.pointer) == (code, pointer)


def test_limits_are_limits() -> None:
    limits = Limits(size=100, depth=3, keys=2, values=5)

    assert read_json(b'{"a":[[1]]}', limits) == {"a": [[1]]}
    assert read_json(b'"[[[[[["', limits) == "[[[[[["
    assert read_json(b"9007199254740991") == SAFE_INTEGER
    for data, code in (
        (b" " * 101, "body.too_large"),
        (b'{"a":[[[1]]]}', "json.depth"),
        (b'{"a":{"b":1},"c":2}', "json.size"),
        (b"[1,2,3,4,5,6]", "json.size"),
    ):
        with pytest.raises(NotJson) as caught:
            read_json(data, limits)
        assert caught.value.code == code


@table("scrap", [b'\\"', b"\\", b'"', b"[", b'{"a":', b"[1,", b'"a",'])
def test_no_body_keeps_the_reader_busy(scrap: bytes) -> None:
    data = b'["' + scrap * ((256 * 1024 - 2) // len(scrap))

    with pytest.raises(NotJson):
        read_json(data)  # quadratic work would run into the test's time limit
