"""Each rule finds what it is there to find: a manifest is spoiled, and the rule says so."""

from __future__ import annotations

import pytest

from tests.deploy import spoiled_life, spoiled_words
from tests.deploy.rendering import objects
from tests.deploy.spoiling import Spoil
from tests.deploy.test_manifests import RULES

SPOILED = spoiled_words.SPOILED | spoiled_life.SPOILED
CASES = [
    pytest.param(rule, spoil, says, id=f"{rule}: {name}")
    for rule, spoils in SPOILED.items()
    for name, spoil, says in spoils
]


@pytest.mark.parametrize(("rule", "spoil", "says"), CASES)
def test_the_rule_finds_it(rule: str, spoil: Spoil, says: str) -> None:
    everything = objects("everything")
    spoil(everything)
    found = RULES[rule](everything)

    assert any(says in each for each in found), found


def test_every_rule_was_seen_to_bite() -> None:
    assert SPOILED.keys() == RULES.keys()
