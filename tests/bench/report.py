"""The figures as Markdown tables: the median, and from what to what in brackets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.bench.figures import Figures

#: By kind, title and columns: heading and figure.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "W0": (
        "idle, per second",
        {
            "CPU s": "own_cpu_s",
            "of seconds": "seconds",
            "statements": "statements_per_s",
            "writing transactions": "transactions_per_s",
            "messages": "messages_per_s.all",
        },
    ),
    "W1": (
        "no-op runs, asked for in bulk until every final row is stored",
        {
            "runs/s": "per_s",
            "all stored s": "all_recorded_s",
            "all started s": "all_started_s",
            "asked for s": "enqueue_s",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W2": (
        "one-shots due in the same second",
        {
            "created/s": "create_per_s",
            "late p50 ms": "p50_ms",
            "p99 ms": "p99_ms",
            "all started s": "all_started_s",
            "all stored s": "all_recorded_s",
            "early": "early",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W3": (
        "200 tasks every second for 20 s",
        {
            "late p50 ms": "p50_ms",
            "p99 ms": "p99_ms",
            "max ms": "max_ms",
            "missed": "missed",
            "duplicates": "duplicates",
            "in the ledger": "ledger_fired",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W4": (
        "a scheduler comes up to many tasks",
        {
            "load s": "load_s",
            "tasks/s": "load_per_s",
            "peak MiB": "load_peak_mib",
            "late p99 ms after": "after_load.p99_ms",
            "missed": "after_load.missed",
            "restart s": "restart_ready_s",
            "peak MiB after restart": "restart_peak_mib",
            "late p99 ms after restart": "after_restart.p99_ms",
            "missed after restart": "after_restart.missed",
        },
    ),
    "W5": (
        "from run-now to the start of the action, at 10/s",
        {
            "p50 ms": "p50_ms",
            "p99 ms": "p99_ms",
            "max ms": "max_ms",
            "HTTP answer p50 ms": "answer_p50_ms",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W6": (
        "events against many triggered tasks, one in ten starts a run, until all runs are stored",
        {
            "events/s": "events_per_s",
            "tasks": "tasks",
            "events": "n",
            "published s": "published_s",
            "all started s": "all_started_s",
            "all stored s": "all_recorded_s",
            "CPU ms/event": "cpu_ms_per_event",
        },
    ),
    "W7": (
        "from an event to the start of the action, at 10/s",
        {
            "HTTP p50 ms": "http.p50_ms",
            "HTTP p99 ms": "http.p99_ms",
            "HTTP answer p50 ms": "http.answer_p50_ms",
            "NATS p50 ms": "nats.p50_ms",
            "NATS p99 ms": "nats.p99_ms",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W8": (
        "no-op runs of one task with a limit of 10, until every final row is stored",
        {
            "runs/s": "per_s",
            "all stored s": "all_recorded_s",
            "all started s": "all_started_s",
            "most at once": "most_at_once",
            "CPU ms/run": "cpu_ms_per_task",
        },
    ),
    "W9": (
        "a herd of all priorities, the lowest asked for first, while all slots are taken",
        {
            **{f"mean position of {n}": f"position.p{n}" for n in range(1, 6)},
            **{f"mean start of {n} ms": f"start_ms.p{n}" for n in range(1, 6)},
            "all started s": "all_started_s",
        },
    ),
}
COSTS = ("W1", "W2", "W3", "W5", "W7", "W8")


def markdown(results: Sequence[Figures], machine: Figures) -> str:
    """Return all tables."""
    cpu = f"{machine['cores']} cores ({machine['cpu']})"
    parts = [f"{cpu}, {machine['memory_gib']} GiB, load {machine['load1']} at the beginning"]
    for kind, (title, columns) in TABLES.items():
        ours = [each for each in results if each["workload"].startswith(kind)]
        if ours:
            rows = [
                [
                    each["workload"],
                    *(_spread(each, path) for path in columns.values()),
                    _clean(each),
                ]
                for each in ours
            ]
            parts.append(f"### {kind}: {title}\n\n{table(['', *columns, 'clean runs'], rows)}")
    costly = [each for each in results if each["workload"].startswith(COSTS) and each["median"]]
    if costly:
        parts.append(f"### What a run costs\n\n{_costs(costly)}")
    return "\n\n".join(parts)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a figure with as many digits as it is worth."""
    if not isinstance(value, int | float):
        return "-" if value is None else str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def figure(document: Figures, which: str, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return one figure of the median, the min or the max; *path* leads through nested ones."""
    found: Any = document[which]
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _spread(document: Figures, path: str) -> str:
    middle, low, high = (figure(document, which, path) for which in ("median", "min", "max"))
    if low == high:
        return number(middle)
    return f"{number(middle)} ({number(low)}-{number(high)})"


def _clean(document: Figures) -> str:
    return f"{document['clean_runs']}/{document['used_runs']}"


def _costs(results: Sequence[Figures]) -> str:
    names = sorted({name for each in results for name in figure(each, "median", "cpu_ms")})
    streams = sorted(
        {name for each in results for name in figure(each, "median", "messages_per_run")}
    )
    headings = [
        "",
        *(f"{name} ms" for name in names),
        *(f"{name} messages" for name in streams),
        "transactions",
        "WAL bytes",
    ]
    rows = [
        [
            each["workload"],
            *(number(figure(each, "median", f"cpu_ms.{name}")) for name in names),
            *(number(figure(each, "median", f"messages_per_run.{name}")) for name in streams),
            number(figure(each, "median", "transactions_per_run")),
            number(figure(each, "median", "wal_bytes_per_run")),
        ]
        for each in results
    ]
    return table(headings, rows)
