"""How much the laws are tried: a part of the cases for every change, all of them at times.

How many examples Hypothesis makes is a matter of its profile (`tests/conftest.py`); this is for
laws that go through a list themselves.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")

ALL = os.environ.get("AUTOMATION_TEST_BUDGET") == "all"


def within_budget(few: Sequence[Case], every: Sequence[Case]) -> Sequence[Case]:
    """Return *every* case where there is time for all, otherwise the *few* that differ most."""
    assert set(few) <= set(every)
    return every if ALL else few
