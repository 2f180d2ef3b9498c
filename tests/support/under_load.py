"""What systems under load have in common: a load that never stops, a list of what was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.support.checker import Verdict
from tests.support.history import Fault
from tests.support.load import Load, Operator
from tests.support.witness import Witness


@dataclass(slots=True, kw_only=True)
class UnderLoad:
    """The load of a system, its witness, and what was done to it."""

    operator: Operator
    witness: Witness
    load: Load
    faults: list[Fault] = field(default_factory=list)
    judged: int = 0
    known: set[str] = field(default_factory=set)
    """What was found wrong before: the fault of the test that it ended, of no later one."""

    async def steady(self, seconds: float = 2) -> None:
        """Wait until the sink has as many calls more as the load makes in that time."""
        await self.witness.sink.wait_for_more(int(self.load.per_second * seconds))

    @contextmanager
    def fault(self, kind: str, target: str) -> Iterator[None]:
        """Note what is done to the system, and how long it took."""
        began_at = datetime.now(UTC)
        try:
            yield
        finally:
            self.faults.append(
                Fault(kind=kind, target=target, began_at=began_at, ended_at=datetime.now(UTC))
            )

    def news(self) -> list[Fault]:
        """Return what was done since this was last asked."""
        found = self.faults[self.judged :]
        self.judged = len(self.faults)
        return found

    def accept(self, verdict: Verdict, *, left: int) -> None:
        """Be sure that nothing was lost, none is still open, and nothing was refused."""
        verdict.forget(self.known)
        assert verdict.is_good, verdict.report()
        assert not left, f"{left} runs are still open"
        assert not self.operator.broken, self.operator.broken[:3]
