"""What callers may send about executors."""

from __future__ import annotations

from services.api.runs.schemas import Reason
from services.api.wire.strict_model import Strict


class ExecutorDrain(Strict):
    """Why an executor is to take nothing more."""

    reason: Reason | None = None
