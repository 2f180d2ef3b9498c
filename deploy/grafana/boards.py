"""The dashboards, and the command that writes their JSON files.

    python -m deploy.grafana.boards deploy/grafana/dashboards

A test asks a real Prometheus every query, and holds the names of metrics against the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deploy.grafana.boards_servers import BUS, DATABASE
from deploy.grafana.boards_work import EXECUTORS, SCHEDULING
from deploy.grafana.panels import Board, curves, dashboard, number
from deploy.grafana.queries import LATE, most, quantiles, rate

OVERVIEW = Board(
    "automation-overview",
    "Automation: overview",
    (
        (
            "Is it well?",
            (
                number(
                    "Alerts",
                    'count(ALERTS{alertstate="firing",alertname=~"Automation.*",severity!="info"})'
                    " or vector(0)",
                    warn=1,
                ),
                number(
                    "Oldest due job",
                    "max(automation_oldest_due_seconds)",
                    unit="s",
                    warn=5,
                    says="More than a few seconds: no scheduler ticks it.",
                ),
                number(
                    "Oldest waiting run",
                    "max(automation_oldest_waiting_seconds)",
                    unit="s",
                    warn=60,
                    says="It was let go, and no executor has it.",
                ),
                number(
                    "Slots taken",
                    "sum(automation_executor_running) / sum(automation_executor_slots)",
                    unit="percentunit",
                    warn=0.7,
                ),
                number("Outbox", "max(automation_outbox_oldest_seconds)", unit="s", warn=5),
                number("Dead runs", "max(automation_dead_runs_open)", warn=1),
            ),
        ),
        (
            "Runs",
            (
                curves(
                    "Runs ended per second, by status",
                    rate("automation_runs_ended_total", "status"),
                    unit="ops",
                    stacked=True,
                ),
                curves(
                    "Starts after they were due (schedule)",
                    *quantiles(LATE, where='{trigger="schedule"}'),
                    unit="s",
                    says="Waiting for limits and locks of a task's own is part of it.",
                ),
            ),
        ),
        (
            "Processes",
            (
                curves(
                    "Processes by role", ("count by (role) (automation_build_info)", "{{role}}")
                ),
                curves("CPU", rate("process_cpu_seconds_total", "instance"), unit="short"),
                curves("Memory", most("process_resident_memory_bytes", "instance"), unit="bytes"),
            ),
        ),
    ),
)

BOARDS = (OVERVIEW, SCHEDULING, EXECUTORS, BUS, DATABASE)


def files() -> dict[str, str]:
    """Return the JSON files by name."""
    return {
        f"{board.uid}.json": json.dumps(dashboard(board, BOARDS), indent=1, ensure_ascii=False)
        + "\n"
        for board in BOARDS
    }


def main(folder: Path) -> None:
    """Write the files."""
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
