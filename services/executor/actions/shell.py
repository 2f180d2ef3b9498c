"""Run a program on the executor's host. Off unless whoever runs the executor wants it.

    AUTOMATION_SHELL=on            tasks may run programs
    AUTOMATION_SHELL_USER=worker   and do so as this user; needs an executor that is root

Without a user of its own a program runs as the executor itself and can read what that can read, the
password of the database among it: give it one wherever not everybody who may write tasks may have
that.

There is no shell: a program with its arguments, no variables but those that are given, a folder of
its own, limits. It ends with the run, and with it all that it has started
(`programs/keeper.py`). Its lines go to the log while it runs. A run that is repeated runs it again:
`AUTOMATION_RUN_ID` is the same in every attempt.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import time
from collections import deque
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import DryRun, Label
from services.executor.actions.programs import program
from services.executor.actions.programs.workplace import workplace
from shared.contracts.action import (
    Action,
    ActionFailed,
    ActionParams,
    Context,
    Level,
    Outcome,
    SecretName,
)
from shared.domain.texts.catalog import Text

MIB = 1 << 20
ARGUMENTS_MAX = 100
ENV_MAX = 100
ENV_BYTES_MAX = 32 * 1024
STDIN_MAX = 48 * 1024  # bytes
#: Its last lines are part of the result.
LAST_LINES = 20
PROCESSES_MAX = 200  # of a user of its own
OURS = "AUTOMATION_"

#: Where a program is looked for that is named without a path; never where a task says.
SEARCHED = "/usr/local/bin:/usr/bin:/bin"

_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Limits(ActionParams):
    """What the program may use up."""

    cpu_seconds: Annotated[
        int,
        Label(Text("CPU 秒數", "CPU seconds"), Text("每個行程的 CPU 時間", "Of each process")),
    ] = Field(default=60, ge=1, le=86_400)
    memory_mb: Annotated[
        int,
        Label(Text("記憶體（MiB）", "Memory (MiB)"), Text("每個行程的位址空間", "Of each process")),
    ] = Field(default=1024, ge=16, le=65_536)
    file_mb: Annotated[
        int,
        Label(
            Text("檔案大小（MiB）", "File size (MiB)"),
            Text("可寫入的最大檔案", "The largest file that it may write"),
        ),
    ] = Field(default=64, ge=0, le=65_536)
    open_files: Annotated[
        int,
        Label(
            Text("開啟檔案數", "Open files"),
            Text("每個行程可同時開啟的檔案數", "How many files each process may have open"),
        ),
    ] = Field(default=256, ge=8, le=4096)
    output_kb: Annotated[
        int,
        Label(
            Text("輸出（KiB）", "Output (KiB)"),
            Text(
                "寫入執行記錄的輸出上限，其餘略過", "What of its output is heard; more is dropped"
            ),
        ),
    ] = Field(default=256, ge=1, le=10_240)


class ShellParams(ActionParams):
    """What is run, with what."""

    argv: Annotated[
        list[str],
        Label(
            Text("程式與參數", "Program and arguments"),
            Text(
                "第一項為程式的絕對路徑，或系統程式的名稱；不經過 shell",
                "The first is the full path of the program, or the name of one of the system's; "
                "there is no shell",
            ),
            widget="program",
        ),
    ] = Field(min_length=1, max_length=ARGUMENTS_MAX)
    env: Annotated[
        dict[str, str],
        Label(
            Text("環境變數", "Environment"),
            Text("只有這些，不繼承其他變數", "These and no others: nothing is inherited"),
            widget="key-value",
        ),
    ] = Field(default_factory=dict, max_length=ENV_MAX)
    secret_env: Annotated[
        dict[str, SecretName],
        Label(
            Text("機密環境變數", "Secrets as variables"),
            Text("變數名稱對應機密名稱", "Names of variables and of the secrets they hold"),
        ),
    ] = Field(default_factory=dict, max_length=ENV_MAX)
    stdin: Annotated[
        str,
        Label(
            Text("標準輸入", "Standard input"),
            Text("傳給程式的內容，最多 48 KiB", "What it is given to read, at most 48 KiB"),
            widget="textarea",
            is_advanced=True,
        ),
    ] = ""
    exit_codes: Annotated[
        list[Annotated[int, Field(ge=0, le=255)]],
        Label(
            Text("成功的結束碼", "Good exit codes"),
            Text("其他結束碼視為失敗", "Others fail"),
            widget="codes",
            is_advanced=True,
        ),
    ] = Field(default=[0], min_length=1, max_length=20)
    limits: Annotated[
        Limits,
        Label(
            Text("資源上限", "Limits"),
            Text("程式可用的資源", "What the program may use up"),
            is_advanced=True,
        ),
    ] = Field(default_factory=Limits)
    dry_run: DryRun = False

    @field_validator("argv")
    @classmethod
    def _judge_argv(cls, argv: list[str]) -> list[str]:
        if not (argv[0].startswith("/") or _PROGRAM.fullmatch(argv[0])):
            raise PydanticCustomError("argv.program", "the program is a full path or a name")
        if any("\0" in each for each in argv):
            raise PydanticCustomError("text.nul", "it holds a NUL character")
        return argv

    @field_validator("env", "secret_env")
    @classmethod
    def _judge_names(cls, env: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for name in env:
            if not _ENV_NAME.fullmatch(name) or name.startswith(OURS):
                raise PydanticCustomError("env.name", "no name of a variable", {"name": name[:100]})
        if info.field_name == "secret_env":
            for name in env.keys() & info.data.get("env", {}).keys():
                raise PydanticCustomError("env.twice", "a variable is there twice", {"name": name})
        if any("\0" in value for value in env.values()):
            raise PydanticCustomError("text.nul", "it holds a NUL character")
        if sum(len(f"{key}{value}".encode()) for key, value in env.items()) > ENV_BYTES_MAX:
            raise PydanticCustomError("env.too_large", "the environment is too large")
        return env

    @field_validator("stdin")
    @classmethod
    def _judge_stdin(cls, text: str) -> str:
        if len(text.encode()) > STDIN_MAX:
            raise PydanticCustomError("stdin.too_large", "the standard input is too large")
        return text


class Shell(Action[ShellParams]):
    """Runs one program."""

    name = "shell"
    category = "programs"
    title = Text("執行程式", "Run a program")
    description = Text(
        "在執行器主機上執行程式；須由管理員以 AUTOMATION_SHELL=on 開放。",
        "Runs a program on the executor's host, where AUTOMATION_SHELL=on allows it.",
    )
    params = ShellParams
    runs_code = True

    async def run(self, params: ShellParams, context: Context) -> Outcome:
        if not context.rights.shell:
            raise ActionFailed(
                "this executor runs no programs for tasks: set AUTOMATION_SHELL=on", permanent=True
            )
        name = context.rights.shell_user
        user = None if name is None else user_called(name)
        if params.dry_run:
            step = {"do": "run", "argv": params.argv, "user": name}
            return Outcome(f"would run {params.argv[0]}", {"plan": [step]})
        env = {
            **params.env,
            **{name: await context.secret(named) for name, named in params.secret_env.items()},
            "AUTOMATION_RUN_ID": str(context.run_id),
            "AUTOMATION_ATTEMPT": str(context.attempt),
        }
        if user is None:
            context.log("runs as the executor's own user")
        last: deque[str] = deque(maxlen=LAST_LINES)
        began = time.perf_counter()
        async with workplace(context.run_id, user) as folder:
            ended = await program.run(
                program.Program(
                    argv=(located(params.argv[0]), *params.argv[1:]),
                    env=env,
                    folder=folder,
                    stdin=params.stdin.encode(),
                    limits=limits_of(params.limits, has_own_user=user is not None),
                    user=user,
                    output_max=params.limits.output_kb * 1024,
                ),
                hear=_hearing(context, last, "info"),
                hear_errors=_hearing(context, last, "warning"),
            )
        return _judged(params, ended, last, seconds=time.perf_counter() - began)


def located(name: str) -> str:
    """Return the full path of a program.

    Raises:
        ActionFailed: the system has none of that name.
    """
    path = name if name.startswith("/") else shutil.which(name, path=SEARCHED)
    if path is None:
        raise ActionFailed(f"{name} is not in {SEARCHED}", permanent=True)
    return path


def user_called(name: str) -> program.User | None:
    """Return a user of this host; None if that is who we are.

    Raises:
        ActionFailed: there is none, or we cannot become it.
    """
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ActionFailed(f"there is no user {name} (AUTOMATION_SHELL_USER)") from None
    if os.geteuid() == found.pw_uid:
        return None
    if os.geteuid() != 0:
        raise ActionFailed("AUTOMATION_SHELL_USER needs an executor that is root")
    return program.User(found.pw_uid, found.pw_gid)


def limits_of(limits: Limits, *, has_own_user: bool) -> dict[str, int]:
    """Return them as `setrlimit` calls them; processes are counted by user."""
    return {
        "CPU": limits.cpu_seconds,
        "AS": limits.memory_mb * MIB,
        "FSIZE": limits.file_mb * MIB,
        "NOFILE": limits.open_files,
        "CORE": 0,
        **({"NPROC": PROCESSES_MAX} if has_own_user else {}),
    }


def _hearing(context: Context, last: deque[str], level: Level) -> program.Hear:
    def hear(line: str) -> None:
        last.append(line)
        context.log(line, level)
        context.heartbeat()

    return hear


def _judged(
    params: ShellParams, ended: program.Ended, last: deque[str], *, seconds: float
) -> Outcome:
    result: dict[str, Any] = {
        "argv": params.argv,
        "exit_code": ended.code,
        "signal": ended.signal,
        "duration_ms": round(seconds * 1000),
        "truncated": ended.truncated,
        "last_lines": [line[:500] for line in last],
    }
    summary = f"{params.argv[0]}: {ended.words} in {result['duration_ms']} ms"
    if ended.code not in params.exit_codes:
        raise ActionFailed(summary, data=result)
    return Outcome(summary, result)
