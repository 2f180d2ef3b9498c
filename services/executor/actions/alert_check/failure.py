"""Why a rule could not be measured."""

from __future__ import annotations


class NotMeasured(Exception):
    """There is no number. `permanent`: trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
