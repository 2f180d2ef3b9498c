"""The table of figures at the end of a run."""

from __future__ import annotations

import pytest

from tests.faults import stage


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if stage.TABLE:
        terminalreporter.section(f"faults under load, seed {stage.SEED}")
        terminalreporter.write_line(stage.table())
