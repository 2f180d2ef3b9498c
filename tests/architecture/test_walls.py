"""The walls of `.importlinter` bite: each forbidden import planted is found (`make lint` is green).

The violations are planted in a copy of the imports alone, so that one run of import-linter, which
reads the whole tree, can look at all of them.
"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")

#: By contract: files that break it.
PLANTED: Mapping[str, Mapping[str, str]] = {
    "floors": {"shared/runtime/planted.py": "import services.api"},
    "neighbours": {
        "services/api/planted.py": "import services.scheduler",
        "services/scheduler/planted.py": "import services.log_writer",
        "services/executor/planted.py": "import services.api",
        "services/log_writer/planted.py": "import services.notifier",
        "services/notifier/planted.py": "import services.executor",
        "services/account_runtime/planted.py": "import services.api",
        "services/bus_keeper/planted.py": "import services.scheduler",
        "services/cli/planted.py": "import services.api",
    },
    "cli-speaks-http": {
        "services/cli/planted_bus.py": "import nats",
        "services/cli/planted_db.py": "import shared.db",
    },
    "runtimes-know-no-database": {"services/account_runtime/planted_sql.py": "import shared.db"},
    "shared-layers": {
        "shared/utils/__init__.py": "",
        "shared/contracts/planted.py": "import shared.runtime.loop",
        "shared/db/planted.py": "import shared.bus.topology",
    },
    "pure-domain": {
        "shared/domain/planted_clock.py": "import time",
        "shared/domain/planted_dice.py": "def roll():\n    import random",
        "shared/domain/planted_loop.py": "import asyncio",
    },
    "sql-in-stores": {
        "services/scheduler/loops/planted_sql.py": "import asyncpg",
        "shared/bus/planted_sql.py": "import asyncpg",
        "deploy/planted_sql.py": "import asyncpg",
    },
    "stores-are-private": {"deploy/planted_store.py": "import services.api.store"},
    "routes-on-top": {"services/api/runs/planted.py": "import services.api.routes.tasks"},
    "actions-are-strangers": {
        "services/executor/actions/nats_publish.py": "import services.executor.actions.data_backup",
    },
    "actions-have-one-door": {
        "services/executor/actions/planted_store.py": "import services.executor.store",
        "services/executor/actions/planted_bus.py": "import shared.bus.connection",
        "services/executor/actions/planted_nats.py": "import nats",
    },
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for top in ("deploy", "services", "shared"):
        shutil.copytree(
            ROOT / top, tmp_path / top, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def test_the_walls_bite(copy: Path) -> None:
    for files in PLANTED.values():
        for path, text in files.items():
            planted = copy / path
            planted.parent.mkdir(exist_ok=True)
            with planted.open("a") as module:
                module.write(f"\n{text}\n")

    output = re.sub(r"\s+", " ", lint(copy).stdout)

    for contract, files in PLANTED.items():
        title = contracts()[f"importlinter:contract:{contract}"]["name"]
        assert f"{title} BROKEN" in output
        for path in files:
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            assert dotted in output or f"- {dotted.rpartition('.')[2]}" in output, path


def test_every_contract_is_put_to_the_test() -> None:
    named = {
        section.rpartition(":")[2]
        for section in contracts().sections()
        if section.startswith("importlinter:contract:")
    }

    assert named == set(PLANTED)


def test_every_action_is_behind_the_wall() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    actions = project["project"]["entry-points"]["automation.actions"].values()
    walled = contracts()["importlinter:contract:actions-are-strangers"]["modules"].split()

    # Two actions may share a room.
    assert sorted(walled) == sorted({action.partition(":")[0] for action in actions})
