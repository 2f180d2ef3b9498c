"""A package of its own becomes an action by being installed, and a real executor runs it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.contracts.runs import RunStatus
from shared.runtime.action_catalog import action_catalog
from tests.integration.executor.floor import Floor

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "deploy" / "examples" / "automation-action-hello"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example into a folder of its own, from this tree, without a network."""
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


@pytest.fixture(scope="module")
def environment(installed: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}


@pytest_asyncio.fixture(loop_scope="session")
async def executor(
    floor: Floor, environment: dict[str, str], tmp_path: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an executor, as a process, where the example is installed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "serve", "executor"),
        cwd=tmp_path,
        env={
            **environment,
            "AUTOMATION_DATABASE_URL": floor.settings["database_url"],
            "AUTOMATION_NATS_URL": floor.settings["nats_url"],
            "AUTOMATION_HOME": str(tmp_path),
            "AUTOMATION_INSTANCE": "with-plug-in",
            "AUTOMATION_SHELL": "on",
        },
    )
    yield process
    process.terminate()
    await process.wait()


def test_an_installed_package_is_found(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    found = action_catalog.__wrapped__()  # this process knows what was there before

    assert {"hello", "data_backup", "http_request", "shell", "wait_for_event"} <= {*found}
    assert found["hello"].title.zh_tw == "打招呼"
    assert list(found["hello"].params.model_json_schema()["properties"]) == ["name", "times"]


async def test_a_real_executor_runs_it(floor: Floor, executor: asyncio.subprocess.Process) -> None:
    """And so are what else it offers, and what a setting has opened, each in its process."""
    (hello,) = await floor.order(action="hello", name="Ada", times=2)
    (nobody,) = await floor.order(action="hello", name="nobody")
    (python,) = await floor.order(
        action="python", function="greeting", arguments={"name": "Bo", "loud": True}
    )
    (shell,) = await floor.order(action="shell", argv=["/bin/echo", "from a program"])

    (endless,) = await floor.order(action="shell", argv=["/bin/sleep", "600"], timeout_seconds=1)

    said = await floor.said_of([hello, nobody, python, shell, endless])

    assert executor.returncode is None
    assert {said[run].executor for run in said} == {"with-plug-in"}
    assert said[hello].status == RunStatus.SUCCESS
    assert said[hello].result == "greeted Ada"
    assert (said[nobody].status, said[nobody].error_message) == (
        RunStatus.FAILURE,
        "there is nobody to greet",
    )
    assert said[python].execution_data["result"]["value"] == {"greeting": "HELLO, BO!"}
    assert said[endless].status == RunStatus.TIMED_OUT
    assert said[shell].execution_data["result"]["exit_code"] == 0
    lines = {(line.run_id, line.text) for line in await floor.lines()}
    assert {(hello, "Hello, Ada!"), (python, "greeting Bo"), (shell, "from a program")} <= lines


def test_installing_leaves_nothing_in_the_example(installed: Path) -> None:
    assert installed.is_dir()
    assert {path.name for path in EXAMPLE.iterdir()} == {
        "README.md",
        "automation_action_hello",
        "pyproject.toml",
    }
