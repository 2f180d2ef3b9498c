"""A package of its own becomes an action by being installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "deploy" / "examples" / "automation-action-hello"

RUN_IT = """
import asyncio, json
from shared.runtime.action_catalog import action_catalog
from tests.support.context import RecordingContext

hello = action_catalog()["hello"]
context = RecordingContext()
params = hello.params.model_validate({"name": "Ada", "times": 2})
outcome = asyncio.run(hello.run(params, context))
print(json.dumps([list(action_catalog()), outcome.summary, context.text]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"),
            *("--python", sys.executable, "--target", target, EXAMPLE),
        ],
        check=True,
        cwd=target,
    )
    return target


def test_an_installed_package_is_found_and_runs(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN_IT],
        env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert '"greeted Ada"' in done.stdout
    assert "Hello, Ada!\\nHello, Ada!" in done.stdout
    assert '"data_backup", "hello", "http_request", "nats_publish"' in done.stdout


def test_installing_leaves_nothing_in_the_example(installed: Path) -> None:
    assert installed.is_dir()
    assert {path.name for path in EXAMPLE.iterdir()} == {
        "README.md",
        "automation_action_hello",
        "pyproject.toml",
    }
