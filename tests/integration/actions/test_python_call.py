"""Functions of the installation, called in a process of their own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from services.executor.actions.programs import program
from services.executor.actions.python import host
from services.executor.actions.python.action import Python, PythonParams
from shared.contracts.action import ActionFailed, Outcome, Rights
from tests.integration.actions.test_shell import eventually, is_alive
from tests.support.context import RecordingContext

MODULE = "tests.support.functions"


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(rights=Rights(python_functions=(f"{MODULE}:*",)))


async def call(
    context: RecordingContext, function: str, arguments: dict[str, object], **more: object
) -> Outcome:
    asked = {"function": f"{MODULE}:{function}", "arguments": arguments, **more}
    run = replace(context, run_id=uuid4())  # several at once are several runs
    return await Python().run(PythonParams.model_validate(asked), run)


async def test_arguments_go_in_and_the_result_comes_out(context: RecordingContext) -> None:
    context.secrets["other"] = "b"
    plain, slow, secret = await asyncio.gather(
        call(context, "add", {"one": 1, "other": 2}),
        call(context, "add_slowly", {"one": 2, "other": 3}),
        call(context, "add", {"one": "a"}, secret_arguments={"other": "other"}),
    )

    assert plain.data["value"] == {"sum": 3}
    assert slow.data["value"] == 5
    assert secret.data["value"] == {"sum": "ab"}
    assert {"adding 1 and 2", "a warning"} <= {text for _, text in context.lines}


SAID = {
    "exception": ("ValueError: no such thing", False),
    "for good": ("never", True),
    "odd pause": ("busy", False),
    "not json": ("TypeError: Object of type object is not JSON serializable", False),
    "too much": ("the result is larger than 48 KiB", True),
    "exit": ("exit code 3 without a result", False),
    "signal": ("signal 9 without a result", False),
}


async def test_how_a_function_fails_is_told(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of them in this process: to start two for each costs more than all else here."""

    async def here(asked: program.Program, **_: object) -> program.Ended:
        given = json.loads(asked.stdin)
        said = host._call(given["function"], given["arguments"], own_only=given["own_only"])  # noqa: SLF001 - all but its pipes
        return program.Ended(code=0, output=said.encode())

    for how, (words, permanent) in SAID.items():
        with monkeypatch.context() as patch:
            if how not in ("exit", "signal"):
                patch.setattr(program, "run", here)
            with pytest.raises(ActionFailed) as failed:
                await call(context, "fail", {"how": how})

        assert (words in str(failed.value), failed.value.permanent) == (True, permanent), how
        assert failed.value.retry_after is None, how


async def test_one_that_blocks_is_killed_and_holds_up_nobody(
    context: RecordingContext, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    work = asyncio.create_task(call(context, "block", {"alive": str(alive)}))
    await eventually(lambda: alive.exists() and alive.read_text() != "")

    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert not is_alive(int(alive.read_text()))


async def test_only_what_is_offered_is_called() -> None:
    for allowed, function in (
        ((), f"{MODULE}:add"),
        ((f"{MODULE}:fail",), f"{MODULE}:add"),
        ((f"{MODULE}:*",), f"{MODULE}:_hidden"),
        ((f"{MODULE}:*",), "os:system"),
        ((f"{MODULE}:*",), "not-offered"),
    ):
        context = RecordingContext(rights=Rights(python_functions=allowed))

        with pytest.raises(ActionFailed, match="AUTOMATION_PYTHON_FUNCTIONS") as failed:
            await Python().run(PythonParams(function=function), context)

        assert failed.value.permanent, (allowed, function)


async def test_what_a_module_imports_is_not_opened_with_it(context: RecordingContext) -> None:
    with pytest.raises(ActionFailed, match=r"Path is not .*'s own"):
        await call(context, "Path", {})


async def test_a_plan_calls_nothing(context: RecordingContext) -> None:
    outcome = await call(context, "fail", {"how": "exit"}, dry_run=True)

    assert outcome.data["plan"][0]["function"] == f"{MODULE}:fail"
