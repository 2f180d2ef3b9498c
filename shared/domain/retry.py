"""When a failed attempt is followed by another, and after which pause.

    failed ──► permanent, or a message that the policy rules out ──► over
        │
        └────► attempts left? ──► pause = initial · backoff^failures, at most max, ± jitter
                           └────► none left ──► over

Only attempts that failed count: one whose executor died, or that asked to be called again, does
not. The dice are an argument (`dice_for`), so that an attempt's pause is the same whoever works it
out and however often.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

#: However a policy is written, or whatever a server asks for: a pause that never ends is no pause.
LONGEST = timedelta(days=30)


class RetryPolicy(Protocol):
    """What a task says about it (`contracts.policy.Retry`)."""

    @property
    def max_attempts(self) -> int: ...
    @property
    def initial_interval_seconds(self) -> float: ...
    @property
    def backoff(self) -> float: ...
    @property
    def max_interval_seconds(self) -> float: ...
    @property
    def jitter(self) -> float: ...
    @property
    def non_retryable(self) -> Sequence[str]: ...
    @property
    def retry_on(self) -> Sequence[str]: ...


def decide(
    policy: RetryPolicy | None,
    *,
    failed_before: int,
    permanent: bool,
    message: str,
    dice: float,
    retry_after: float | None = None,
) -> timedelta | None:
    """Return the pause before the next attempt, or None if there is none.

    *failed_before* counts the failed attempts before this one. *dice* lies in [0, 1). What the
    other side asked for, *retry_after* in seconds, goes before the policy's own pause.
    """
    if policy is None or permanent or failed_before + 1 >= policy.max_attempts:
        return None
    if _begins(message, policy.non_retryable):
        return None
    if policy.retry_on and not _begins(message, policy.retry_on):
        return None
    if retry_after is not None:
        seconds = retry_after
    else:
        seconds = _pause(policy, failed_before) * (1 + policy.jitter * (2 * dice - 1))
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST.total_seconds()))


def _begins(message: str, beginnings: Sequence[str]) -> bool:
    return any(message.startswith(beginning) for beginning in beginnings if beginning)


def _pause(policy: RetryPolicy, failed_before: int) -> float:
    try:
        pause = policy.initial_interval_seconds * policy.backoff**failed_before
    except OverflowError:
        return policy.max_interval_seconds
    return min(pause, policy.max_interval_seconds)


def dice_for(run_id: UUID, attempt: int) -> float:
    """Return a number in [0, 1) that differs from attempt to attempt, and never for the same."""
    digest = hashlib.blake2b(run_id.bytes + attempt.to_bytes(8), digest_size=6).digest()
    return int.from_bytes(digest) / (1 << 48)
