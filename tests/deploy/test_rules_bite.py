"""Each rule finds what it is there to find: a manifest is spoiled, and the rule says so."""

from __future__ import annotations

import pytest

from tests.deploy import spoiled_life, spoiled_words
from tests.deploy.rendering import objects
from tests.deploy.test_manifests import RULES

SPOILED = spoiled_words.SPOILED | spoiled_life.SPOILED


@pytest.mark.parametrize("rule", SPOILED)
def test_the_rule_finds_it(rule: str) -> None:
    unseen = {}
    for name, spoil, says in SPOILED[rule]:
        everything = objects("everything")
        spoil(everything)
        found = RULES[rule](everything)
        if not any(says in each for each in found):
            unseen[name] = found

    assert unseen == {}


def test_every_rule_was_seen_to_bite() -> None:
    assert SPOILED.keys() == RULES.keys()
