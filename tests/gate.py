"""The gate: every stage of `make ci`, as many beside each other as the cores allow.

A stage is a target of the Makefile; it says how many of the two cores it keeps busy. Stages start
in this order as cores become free: what fails quickly comes first, then what is long. Nothing is
tried twice. After a failure what runs may end, and nothing else starts.

    python -m tests.gate             run it; prints each stage's minutes beside those written down
    python -m tests.gate --record    the same, and write the minutes to docs/operations/gate.md
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "operations" / "gate.md"
LOGS = ROOT / ".local" / "gate"
CORES = 2

_ROW = re.compile(r"^\| `make ([a-z-]+)` \| ([\d.]+) \|", re.MULTILINE)
_SUM = re.compile(r"^In all: [\d.]+ minutes\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stage:
    """A target of the Makefile."""

    target: str
    cores: int = 1


STAGES = (
    Stage("lint"),
    Stage("web-check"),
    Stage("audit-offline"),
    Stage("test", cores=2),
    Stage("test-web", cores=2),
    # Alone: a whole system under load and what judges it need both cores.
    Stage("compose-test", cores=2),
    Stage("stress-short"),
    Stage("test-cli"),
    Stage("deploy-check", cores=2),
)


class Gate:
    """One run of all stages."""

    def __init__(self, recorded: dict[str, float]) -> None:
        self._recorded = recorded
        self._free = CORES
        self._changed = asyncio.Condition()
        self.minutes: dict[str, float] = {}
        self.failed: list[str] = []

    async def run(self) -> None:
        """Run every stage, unless one fails."""
        async with asyncio.TaskGroup() as running:
            for stage in STAGES:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._free >= stage.cores or self.failed)  # noqa: B023 - awaited here
                    if self.failed:
                        return
                    self._free -= stage.cores
                running.create_task(self._run(stage))

    async def _run(self, stage: Stage) -> None:
        log = LOGS / f"{stage.target}.log"
        began = time.monotonic()
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *("make", "-s", stage.target),
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
            code = await process.wait()
        minutes = self.minutes[stage.target] = (time.monotonic() - began) / 60
        _say(log.read_text(encoding="utf-8", errors="replace").rstrip())
        result = "passed" if code == 0 else f"FAILED with {code}"
        _say(f"=== {stage.target}: {result}{self._beside(stage.target, minutes)}")
        async with self._changed:
            self._free += stage.cores
            if code:
                self.failed.append(stage.target)
            self._changed.notify_all()

    def _beside(self, target: str, minutes: float) -> str:
        last = self._recorded.get(target)
        return f" in {minutes:.1f} min" + (f" (last time {last:.1f})" if last else "")


def recorded(text: str) -> dict[str, float]:
    """Return the minutes of each stage that gate.md has."""
    return {target: float(minutes) for target, minutes in _ROW.findall(text)}


def written(text: str, minutes: dict[str, float], total: float) -> str:
    """Return gate.md with new minutes."""
    rows = _ROW.sub(
        lambda row: f"| `make {row[1]}` | {minutes.get(row[1], float(row[2])):.1f} |", text
    )
    return _SUM.sub(f"In all: {total:.1f} minutes.", rows)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command


def main() -> int:
    """Run the gate; return the exit code."""
    LOGS.mkdir(parents=True, exist_ok=True)
    text = RECORD.read_text(encoding="utf-8")
    began = time.monotonic()
    gate = Gate(recorded(text))
    asyncio.run(gate.run())
    total = (time.monotonic() - began) / 60
    last = _SUM.search(text)
    _say(f"=== {total:.1f} minutes ({last[0] if last else 'nothing'} last time)")
    if gate.failed:
        _say(f"=== FAILED: {', '.join(gate.failed)}")
        return 1
    if "--record" in sys.argv[1:]:
        RECORD.write_text(written(text, gate.minutes, total), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
