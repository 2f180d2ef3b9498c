"""Writes who may do what as the server reads it. Pure: users and keys in, text out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from shared.bus.permissions import User

#: Whoever was asked may answer once, this long. Longer than anybody waits for an answer.
ANSWER_WITHIN = "2m"

_HEAD = """\
# Who may do what on the bus: written by `automation keys`, from shared/bus/permissions.py.
# No secrets: the public half of each user's key. Whoever is not listed does not get in.
authorization {
  timeout: 3
  users: [
"""
_TAIL = """\
  ]
}
"""


def authorization(
    users: Iterable[User], keys: Mapping[str, Sequence[str]], *, extra: str = ""
) -> str:
    """Return the block of *users*, each with the public keys under its name.

    A user has two keys while one takes the place of the other. *extra* is an entry of the list as
    the server reads it.
    """
    entries = [_entry(user, key) for user in users for key in keys[user.name]]
    return _HEAD + "".join(f"{entry}\n" for entry in [extra, *entries] if entry) + _TAIL


def _entry(user: User, key: str) -> str:
    answers = f', allow_responses: {{max: 1, expires: "{ANSWER_WITHIN}"}}' if user.answers else ""
    return (
        f"    # {user.name}\n"
        f"    {{nkey: {key}, permissions: {{\n"
        f"      publish: {{allow: {_list(user.publish)}}},\n"
        f"      subscribe: {{allow: {_list(user.subscribe)}}}{answers}\n"
        "    }}"
    )


def _list(subjects: Sequence[str]) -> str:
    # JSON's strings are strings of the server's configuration; quoted, `$` is no variable.
    return "[" + ", ".join(json.dumps(each) for each in dict.fromkeys(subjects)) + "]"
