"""Whom a task tells: names of channels that exist, addresses, and names that lead nowhere. Pure.

A rule may only name what can be told: a channel or an e-mail address. `notify_recipients` takes
user ids as well, as existing clients send them; whoever reads the task is warned of those that lead
nowhere. A channel that a task names cannot be deleted (`routes/channels.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from shared.contracts.notifications import is_address
from shared.contracts.policy import TaskPolicy
from shared.domain.errors import Problem

#: Of a channel's name.
MOST_CHARACTERS = 63


def mentioned_channels(document: Mapping[str, Any]) -> list[str]:
    """Return what *document* may name as channels, as far as it can be read."""
    rules = document.get("notify")
    lists = [rule.get("channels") for rule in _list(rules) if isinstance(rule, dict)]
    lists.append(document.get("notify_recipients"))
    return sorted(
        {
            name
            for each in lists
            for name in _list(each)
            if isinstance(name, str) and "\x00" not in name and len(name) <= MOST_CHARACTERS
        }
    )


def judge_rules(given: Mapping[str, Any], known: AbstractSet[str]) -> list[Problem]:
    """Return which names of rules lead nowhere; *known* are the mentioned channels that exist."""
    return [
        Problem(f"/notify/{index}/channels/{place}", "channel.unknown")
        for index, rule in enumerate(given.get("notify") or ())
        for place, name in enumerate(rule.channels)
        if name not in known and not is_address(name)
    ]


def recipient_warnings(
    recipients: Sequence[str],
    policy: TaskPolicy,
    unreachable: Sequence[str],
    *,
    creator_is_reached: bool,
) -> Iterator[Problem]:
    """Return who will not be told though the task says so."""
    for index, name in enumerate(recipients):
        if name in unreachable:
            yield Problem(f"/notify_recipients/{index}", "notify.unreachable")
    if recipients or creator_is_reached:
        return
    for index, rule in enumerate(policy.notify):
        if not rule.channels:
            yield Problem(f"/notify/{index}/channels", "notify.nobody")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
