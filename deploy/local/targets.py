"""`prometheus-targets.json`: where each process of a local system has its `/metrics`.

As Prometheus' `file_sd_configs` reads it, and again whenever it changes: ports are others after
each start. `deploy/prometheus/local.yml` uses it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from deploy.local.files import write_whole
from deploy.local.state import ProcessState

NAME = "prometheus-targets.json"


def write(home: Path, processes: Sequence[ProcessState]) -> None:
    """Replace the file as a whole."""
    found = [
        {
            "targets": [each.health_url.removeprefix("http://")],
            "labels": {"role": each.name.rstrip("0123456789").rstrip("-"), "process": each.name},
        }
        for each in processes
        if each.health_url
    ]
    write_whole(home / NAME, json.dumps(found, indent=2) + "\n", durable=False)
