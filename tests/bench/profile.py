"""Where the time goes: py-spy on each of our processes while W1 and W2 run.

    python -m tests.bench.profile [W1] [W2]

Prints, for each process, the functions in which most samples were taken (on top of the stack), and
those that have most below them. Only samples on a CPU count: a process that waits is not working.
Sampling slows the system by a tenth or so: the shares are right, the times are not.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import uvloop

from tests.bench import report
from tests.bench.subject import Subject, subject
from tests.bench.workloads import herd, throughput

RATE = 250  # samples per second
TOP = 22
PROCESSES = ("api", "scheduler-1", "executor-1", "notifier")
LATER = 3600  # seconds; it is told to stop


async def record(subject: Subject, name: str, file: Path) -> asyncio.subprocess.Process:
    """Begin to take samples of a process."""
    return await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("py-spy")), "record", "--pid"),
        *(str(subject.system.pid(name)), "--format", "raw", "--rate", str(RATE)),
        *("--duration", str(LATER), "--nonblocking", "--output", str(file)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def shares(raw: str) -> tuple[Counter[str], Counter[str], int]:
    """Count samples by the function on top of the stack, and by every function in it."""
    on_top: Counter[str] = Counter()
    below: Counter[str] = Counter()
    total = 0
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_function(frame) for frame in stack.split(";")]
        on_top[frames[-1]] += int(count)
        for function in set(frames):
            below[function] += int(count)
        total += int(count)
    return on_top, below, total


def _function(frame: str) -> str:
    """Return `name (module)` of `name (path/module.py:12)`."""
    name, _, place = frame.partition(" (")
    path = place.rstrip(")").partition(":")[0]
    return f"{name} ({'/'.join(Path(path).parts[-2:])})"


def markdown(name: str, raw: str) -> str:
    """Return the table of one process."""
    on_top, below, total = shares(raw)
    if not total:
        return f"### {name}: no samples"
    rows = [
        [_share(count, total), function, _share(count_below, total), function_below]
        for (function, count), (function_below, count_below) in zip(
            on_top.most_common(TOP), below.most_common(TOP), strict=False
        )
    ]
    return f"### {name}: {total} samples\n\n" + report.table(
        ["on top", "", "with callees", ""], rows
    )


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %"


async def profile(which: str, folder: Path) -> None:
    """Run one workload on a fresh system with samplers at work."""
    async with subject() as system:
        await system.warm_up()
        await throughput.measure(system, 5_000)
        samplers = [
            await record(system, name, folder / f"{which}-{name}.raw") for name in PROCESSES
        ]
        await asyncio.sleep(1)
        if which == "W1":
            for _ in range(3):
                found = await throughput.measure(system, 20_000)
        else:
            found = await herd.measure(system, 5_000)
        for sampler in samplers:
            sampler.send_signal(signal.SIGINT)
            await sampler.wait()
    print(f"## {which}: {found}")  # noqa: T201 - the report
    for name in PROCESSES:
        print(markdown(name, (folder / f"{which}-{name}.raw").read_text()))  # noqa: T201


def main() -> None:
    """Profile what the command line names."""
    folder = Path(tempfile.mkdtemp(prefix="automation-profile-"))
    for which in sys.argv[1:] or ["W1", "W2"]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(profile(which, folder))
    print(f"\nRaw samples are in {folder}")  # noqa: T201


if __name__ == "__main__":
    main()
