"""Call a Python function that the installation offers: JSON in, JSON out.

Offered is what a package names in its entry point group `automation.functions`, and what whoever
runs the executor allows (`AUTOMATION_PYTHON_FUNCTIONS=package.module:function,other.module:*`).
A task cannot bring any code.

It runs in a process of its own: a function that blocks, crashes or eats memory harms its own run
only, and one that does not end is killed. What it prints goes to the log while it runs.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import DryRun, Label
from services.executor.actions.programs import program
from services.executor.actions.programs.workplace import workplace
from shared.contracts.action import (
    Action,
    ActionFailed,
    ActionParams,
    Context,
    Outcome,
    SecretName,
)
from shared.domain.texts.catalog import Text

GROUP = "automation.functions"
HOST = "services.executor.actions.python.host"
ARGUMENTS_MAX = 100
#: Below the limit of a whole task definition (64 KiB).
BYTES_MAX = 48 * 1024

_NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_ARGUMENT = re.compile(r"[A-Za-z_]\w{0,99}")


class PythonParams(ActionParams):
    """Which function, with what."""

    function: Annotated[
        str,
        Label(
            Text("函式", "Function"),
            Text(
                "套件提供的函式名稱，或管理員開放的 package.module:function",
                "The name of a function that a package offers, or package.module:function "
                "if the administrator allows it",
            ),
        ),
    ] = Field(min_length=1, max_length=200)
    arguments: Annotated[
        dict[str, JsonValue],
        Label(
            Text("參數", "Arguments"),
            Text("以名稱傳入，最多 48 KiB", "Given by name, at most 48 KiB"),
            widget="code:json",
        ),
    ] = Field(default_factory=dict, max_length=ARGUMENTS_MAX)
    secret_arguments: Annotated[
        dict[str, SecretName],
        Label(
            Text("機密參數", "Secrets as arguments"),
            Text("參數名稱對應機密名稱", "Names of arguments and of the secrets they hold"),
        ),
    ] = Field(default_factory=dict, max_length=ARGUMENTS_MAX)
    dry_run: DryRun = False

    @field_validator("function")
    @classmethod
    def _judge_function(cls, name: str) -> str:
        if not (name.isascii() and _NAME.fullmatch(name)):
            raise PydanticCustomError("function.name", "no name of a function")
        return name

    @field_validator("arguments", "secret_arguments")
    @classmethod
    def _judge_names(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        for name in given:
            if not _ARGUMENT.fullmatch(name):
                raise PydanticCustomError("argument.name", "no name", {"name": name[:100]})
        if info.field_name == "secret_arguments":
            for name in given.keys() & info.data.get("arguments", {}).keys():
                raise PydanticCustomError("arguments.twice", "it is there twice", {"name": name})
        if len(json.dumps(given, ensure_ascii=False).encode()) > BYTES_MAX:
            raise PydanticCustomError("arguments.too_large", "the arguments are too large")
        return given


class Python(Action[PythonParams]):
    """Calls one function."""

    name = "python"
    category = "programs"
    title = Text("Python 函式", "Python function")
    description = Text(
        "呼叫已安裝套件提供的 Python 函式，在獨立行程中執行。",
        "Calls a Python function that an installed package offers, in a process of its own.",
    )
    params = PythonParams
    runs_code = True

    async def run(self, params: PythonParams, context: Context) -> Outcome:
        if not is_offered(params.function, context.rights.python_functions):
            raise ActionFailed(
                f"no package offers {params.function} here, nor does "
                "AUTOMATION_PYTHON_FUNCTIONS allow it",
                permanent=True,
            )
        if params.dry_run:
            step = {"do": "call", "function": params.function, "arguments": params.arguments}
            return Outcome(f"would call {params.function}", {"plan": [step]})
        secrets = {
            name: await context.secret(named) for name, named in params.secret_arguments.items()
        }
        asked = {
            "function": params.function,
            "arguments": {**params.arguments, **secrets},
            # What a module has imported from elsewhere is not opened with it by a `*`.
            "own_only": params.function not in context.rights.python_functions,
        }

        def hear(line: str) -> None:
            context.log(line)
            context.heartbeat()

        began = time.perf_counter()
        async with workplace(context.run_id) as folder:
            host = program.python_module(HOST, folder=folder, stdin=json.dumps(asked).encode())
            ended = await program.run(host, hear=None, hear_errors=hear)
        duration = round((time.perf_counter() - began) * 1000)
        return _judged(params.function, ended, duration)


def is_offered(function: str, allowed: Sequence[str]) -> bool:
    """Say whether tasks may call this function here."""
    module, _, name = function.partition(":")
    if not name:
        return bool(entry_points(group=GROUP, name=function))
    is_private = name.startswith("_")
    return function in allowed or (f"{module}:*" in allowed and not is_private)


def _judged(function: str, ended: program.Ended, duration: int) -> Outcome:
    result: dict[str, Any] = {"function": function, "duration_ms": duration}
    try:
        said = json.loads(ended.output)
    except ValueError:
        raise ActionFailed(
            f"{function}: {ended.words} without a result", data={**result, "signal": ended.signal}
        ) from None
    if "problem" in said:
        raise ActionFailed(
            f"{function}: {said['problem']}",
            permanent=bool(said.get("permanent")),
            retry_after=said.get("retry_after"),
            data=result,
        )
    return Outcome(f"{function} returned in {duration} ms", {**result, "value": said["result"]})
