"""How busy the machine is, and with whose work.

Counted in clock ticks from /proc, as the comparison does: all CPUs, our own processes by name
(PostgreSQL with all its children is one name), other people's. Kernel threads count for nobody:
their work is mostly ours (fsync, network), and nobody can tell.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figures

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
KERNEL = 2  # the parent of all kernel threads
#: A measurement is clean if others used no more than this share of the CPUs.
FOREIGN_OK = 0.12
QUIET = 0.15
#: What drives the measurement, and what belongs to no named process.
DRIVER = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """CPU time so far."""

    busy: int
    total: int
    other: int
    own: Mapping[str, int]


def ticks(names: Mapping[int, str]) -> Ticks:
    """Read all counters; *names* tells our processes by their pid, children count with them."""
    first = (PROC / "stat").read_text().splitlines()[0]
    cpu = [int(word) for word in first.split()[1:9]]
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            pid = int(entry.name)
            parents[pid] = int(fields[1])
            # Its own, and that of children that have ended.
            used[pid] = sum(int(word) for word in fields[11:15])
    known = {os.getpid(): DRIVER, **names}
    own: Counter[str] = Counter()
    other = 0
    for pid, amount in used.items():
        above = pid
        while above not in known and above > KERNEL:
            above = parents.get(above, 0)
        if above in known:
            own[known[above]] += amount
        elif above != KERNEL:
            other += amount
    idle = cpu[3] + cpu[4]
    return Ticks(busy=sum(cpu) - idle, total=sum(cpu), other=other, own=own)


def shares(before: Ticks, after: Ticks) -> Figures:
    """Return who used how much between two readings."""
    total = max(1, after.total - before.total)
    seconds = {
        name: round((after.own[name] - before.own.get(name, 0)) / TICKS, 2)
        for name in sorted(after.own)
    }
    return {
        "cpu_share": round((after.busy - before.busy) / total, 2),
        "foreign_share": round(max(0, after.other - before.other) / total, 3),
        "own_cpu_s": round(sum(seconds.values()), 2),
        "cpu_s": seconds,
        "core_share": {
            name: round(each * TICKS / (total / cores()), 3) for name, each in seconds.items()
        },
    }


def cores() -> int:
    """Return how many CPUs there are."""
    return os.cpu_count() or 1


def describe() -> Figures:
    """Say what machine this is, as far as figures depend on it."""
    model = [
        line.partition(":")[2].strip()
        for line in (PROC / "cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": cores(),
        "cpu": model[0] if model else "?",
        "memory_gib": round(memory / 2**30, 1),
        "kernel": os.uname().release,
        "load1": round(os.getloadavg()[0], 2),
    }


class Quiet:
    """Waits for quiet moments, *budget* seconds in all."""

    def __init__(self, budget: float) -> None:
        self.left = budget

    async def wait(self) -> float:
        """Wait until one second was quiet or the budget is spent; return how busy it was."""
        began = time.monotonic()
        while True:
            before = ticks({})
            await asyncio.sleep(1)
            after = ticks({})
            busy = (after.busy - before.busy) / max(1, after.total - before.total)
            waited = time.monotonic() - began
            if busy <= QUIET or waited > self.left:
                self.left -= waited
                return round(busy, 2)
