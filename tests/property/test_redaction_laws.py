"""Whatever a secret is made of, no spelling of it stays in a text, and nothing else is lost."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.executor.redaction import LEAST, STRUCK, Redaction, spellings

#: Letters, what patterns are made of, what URLs and JSON escape, and the odd ones.
ALPHABET = st.sampled_from("aZ09+*.?()[]{}|^$\\/#&=%~-_ \"'<>\n\té密😀\x7f")
SECRET = st.text(ALPHABET, min_size=8, max_size=40).filter(
    lambda text: len(text.strip().encode()) >= 8
)
#: What of a step of a path is not escaped.
SEGMENT = "!$&'()*+,;=:@"
AROUND = st.text(st.sampled_from("xyz .,!"), max_size=12)


def redaction(*secrets: str) -> Redaction:
    learned = Redaction()
    for each in secrets:
        learned.learn(each)
    return learned


def written(secret: str, before: bytes, after: bytes) -> list[str]:
    """Return a text for each way to write the secret down between other things."""
    encoded = before + secret.encode() + after
    head, tail = before.decode(), after.decode()
    return [
        f"{head}{secret}{tail}",
        f"https://a/{head}?q={quote(secret, safe='')}{tail}",
        f"https://a/{head}?q={quote_plus(secret)}{tail}",
        f"https://a/{head}/{quote(secret)}{tail}",
        f"https://a/{head}/{quote(secret, safe=SEGMENT)}{tail}",
        re.sub("%..", lambda escape: escape[0].lower(), quote(f"{head}?q={secret}{tail}", safe="")),
        json.dumps({"k": f"{head}{secret}{tail}"}),
        json.dumps({"k": f"{head}{secret}{tail}"}, ensure_ascii=False),
        json.dumps(json.dumps([f"{head}{secret}{tail}"])),
        base64.b64encode(encoded).decode(),
        base64.urlsafe_b64encode(encoded).decode(),
    ]


def core(secret: str) -> str:
    """Return what of the secret's base64 depends on the secret alone."""
    raw = secret.encode()
    return base64.b64encode(raw).decode()[: len(raw) * 8 // 6]


@given(SECRET, AROUND, AROUND)
@example("+++++++++", "", "")
@example("a.c(d[e{f*", "x", "y")
@example("\\\\\\\\\\\\\\\\", "", "")
def test_no_spelling_of_a_secret_stays(secret: str, before: str, after: str) -> None:
    learned = redaction(secret)

    for text in written(secret, before.encode(), after.encode()):
        said = learned.text(text)
        assert STRUCK in said
        assert secret not in said
        assert quote(secret, safe="") not in said
        assert json.dumps(secret)[1:-1] not in said
        assert core(secret) not in said


@given(SECRET, AROUND, AROUND)
def test_base64_is_struck_at_each_of_its_three_places(secret: str, before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}{secret}{after}".encode()).decode()

    said = redaction(secret).text(encoded)

    assert STRUCK in said
    # At most the characters shared with the neighbours are left, one before and one behind.
    left = said.split(STRUCK)
    assert len(left[0]) <= -(-len(before) * 8 // 6)


@given(st.lists(SECRET, min_size=1, max_size=4), AROUND)
def test_a_secret_within_another_one_leaves_nothing_of_either(
    secrets: list[str], around: str
) -> None:
    secrets += [secrets[0] + "tail-of-it"]
    learned = redaction(*secrets)

    for secret in secrets:
        said = learned.text(f"{around}{secret}{around}")
        assert not any(each in said for each in secrets)
    assert "tail-of-it" not in learned.text(secrets[-1])


@given(SECRET, st.text(st.sampled_from("klmnop "), max_size=200))
def test_other_texts_stay_as_they_are(secret: str, text: str) -> None:
    learned = redaction(secret)
    assume(not any(spelling in text for spelling in (secret, secret.strip())))

    assert learned.text(text) == text or secret.strip() in text
    assert Redaction().text(f"{text}{secret}") == f"{text}{secret}"


@given(SECRET, AROUND, st.integers(0, 60), st.sampled_from(["", "…", "..."]))
@example("0000000\n00000密\n0", "", 14, "")  # cut within a secret of which a line is struck
def test_a_text_that_was_cut_through_a_secret_does_not_show_a_part_of_it(
    secret: str, around: str, place: int, mark: str
) -> None:
    learned = redaction(secret)
    whole = f"{around}{secret}{around}"
    cut = len(around) + place

    for said in (learned.text(whole[:cut] + mark), learned.text(whole[cut:])):
        for length in range(LEAST, len(secret) + 1):
            # The last mark of a cut text may be one of the secret's own.
            assert secret[:length] not in said or secret[:length].endswith(("…", "."))
            assert secret[-length:] not in said


@given(SECRET)
def test_each_line_of_a_long_secret_is_one(line: str) -> None:
    assume("\n" not in line)
    key = f"-----BEGIN KEY-----\n{line}\n-----END KEY-----\n"
    learned = redaction(key)

    assert learned.text(f"read: {line.strip()}!") == f"read: {STRUCK}!"


def test_a_secret_of_very_many_lines_does_not_make_each_log_line_dear() -> None:
    lines = [f"line {number:06d}" for number in range(4_000)]
    learned = redaction("\n".join(lines))
    text = f"{lines[17]} and {json.dumps(lines[3_999])}" + "x" * 100

    assert learned.text(text) == f'{STRUCK} and "{STRUCK}"' + "x" * 100
    assert len(spellings("\n".join(lines))) < 4_100


def test_data_is_struck_in_values_keys_and_numbers_and_keeps_its_shape() -> None:
    learned = redaction("12345678", "sesame, open")
    data = {
        "sesame, open": [1, 2.5, True, None, "the sesame, open!"],
        "n": 912345678,
        "deep": [{"k": ("12345678",)}],
    }

    assert learned.data(data) == {
        STRUCK: [1, 2.5, True, None, f"the {STRUCK}!"],
        "n": STRUCK,
        "deep": [{"k": [STRUCK]}],
    }
    assert Redaction().data(data) is data
