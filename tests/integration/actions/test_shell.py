"""Programs on the executor's host: what they get, how they end, and that nothing stays of them."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from services.executor.actions.programs.workplace import workplace
from services.executor.actions.shell import Shell, ShellParams
from shared.contracts.action import ActionFailed, Outcome, Rights
from tests.support.context import RecordingContext
from tests.support.nursery import Nursery

ALLOWED = Rights(shell=True)  # noqa: S604 - our own word
TOKEN = "t0ken-value"  # noqa: S105 - a test's
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(rights=ALLOWED, secrets={"api-token": TOKEN})


async def run(context: RecordingContext, script: str, **more: object) -> Outcome:
    """Run a script; what the action itself starts has no shell."""
    asked = {"argv": ["/bin/sh", "-c", script], **more}
    return await Shell().run(ShellParams.model_validate(asked), context)


async def failure(context: RecordingContext, script: str, **more: object) -> ActionFailed:
    with pytest.raises(ActionFailed) as failed:
        await run(context, script, **more)
    return failed.value


async def eventually(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not look():  # noqa: ASYNC110 - processes of others say nothing
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_it_gets_what_it_is_given_and_nothing_else(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATION_DATABASE_URL", "postgresql://secret")
    outcome = await run(
        context,
        'env; pwd; ls -A; echo "$0 $1"; cat; echo oops >&2',
        argv=["/bin/sh", "-c", 'env; pwd; ls -A; echo "$0 $1"; cat; echo oops >&2', "a b", "$HOME"],
        env={"GREETING": "hi"},
        secret_env={"TOKEN": "api-token"},
        stdin="from the task\n",
    )

    said = [text for level, text in context.lines if level == "info"]
    variables = {line.split("=")[0] for line in said if "=" in line}
    assert variables <= {
        *("GREETING", "TOKEN", "AUTOMATION_RUN_ID", "AUTOMATION_ATTEMPT"),
        *("PWD", "OLDPWD", "SHLVL", "_"),  # the shell's own
    }
    assert {"GREETING=hi", f"TOKEN={TOKEN}", f"AUTOMATION_RUN_ID={context.run_id}"} <= {*said}
    assert said[-2:] == ["a b $HOME", "from the task"]
    assert ("warning", "oops") in context.lines
    assert outcome.data["exit_code"] == 0


async def test_its_folder_is_its_own_and_does_not_stay(context: RecordingContext) -> None:
    await run(context, "mkdir -p a/b && touch a/b/c && chmod 000 a && pwd")

    folder = context.lines[-1][1]
    assert folder.startswith(f"{tempfile.gettempdir()}/automation-{context.run_id}-")
    assert not Path(folder).exists()  # noqa: ASYNC240 - a test


async def test_what_an_executor_that_died_left_behind_is_cleared_away(
    context: RecordingContext,
) -> None:
    left = Path(tempfile.mkdtemp(prefix=f"automation-{context.run_id}-"))
    async with workplace(context.run_id):
        assert not left.exists()  # noqa: ASYNC240 - a test


ENDS: dict[str, tuple[str, dict[str, object], str]] = {
    "code": ("exit 3", {}, "exit code 3"),
    "unwanted code": ("exit 0", {"exit_codes": [1]}, "exit code 0"),
    "signal": ("kill -TERM $$", {}, "signal 15"),
    "files": ("exec 200>x", {"limits": {"open_files": 20}}, "exit code "),
    "file size": ("head -c 4000000 /dev/zero > x", {"limits": {"file_mb": 1}}, ""),
}


async def test_what_does_not_end_well_fails(context: RecordingContext) -> None:
    for name, (script, more, words) in ENDS.items():
        failed = await failure(context, script, **more)

        assert words in str(failed), name
        assert not failed.permanent, name


async def test_its_time_on_a_processor_is_limited(context: RecordingContext) -> None:
    """The kernel ends it then by a signal, which costs a second of ours each time."""
    await run(context, "ulimit -St; ulimit -Ht", limits={"cpu_seconds": 1})

    assert [text for _, text in context.lines if text.isdigit()] == ["1", "1"]


async def test_other_exit_codes_can_be_good(context: RecordingContext) -> None:
    outcome = await run(context, "echo last; exit 4", exit_codes=[0, 4])

    assert outcome.data["exit_code"] == 4
    assert outcome.data["last_lines"][-1] == "last"


async def test_memory_is_limited(context: RecordingContext) -> None:
    script = "import sys; x = bytearray(200 << 20); sys.exit(0)"
    asked = {"argv": [sys.executable, "-S", "-c", script], "limits": {"memory_mb": 150}}

    with pytest.raises(ActionFailed):
        await Shell().run(ShellParams.model_validate(asked), context)

    assert "MemoryError" in context.text


async def test_what_it_says_too_much_is_dropped_and_does_not_hold_it_up(
    context: RecordingContext,
) -> None:
    outcome = await run(context, "yes | head -c 3000000", limits={"output_kb": 1})

    assert outcome.data["truncated"]
    assert len(context.lines) <= 514


async def test_a_program_that_is_not_there_fails_for_good(context: RecordingContext) -> None:
    with pytest.raises(ActionFailed, match="/no/such cannot be run: No such file") as failed:
        await Shell().run(ShellParams(argv=["/no/such"]), context)

    assert failed.value.permanent


async def test_a_name_is_looked_for_where_the_systems_programs_are(
    context: RecordingContext,
) -> None:
    env = {"PATH": tempfile.gettempdir()}
    await Shell().run(ShellParams(argv=["echo", "found"], env=env), context)
    with pytest.raises(ActionFailed, match="no-such is not in /usr") as failed:
        await Shell().run(ShellParams(argv=["no-such"], env=env), context)

    assert context.lines[-2][1] == "found"
    assert failed.value.permanent


async def test_nothing_that_it_has_started_outlives_it(context: RecordingContext) -> None:
    """Not even what left its group and its session."""
    await run(context, "setsid sleep 600 & echo $!; (setsid sleep 600 & echo $!)")

    pids = [int(text) for level, text in context.lines if text.isdigit() and level == "info"]
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


async def test_cancelled_it_ends_with_all_that_it_has_started(context: RecordingContext) -> None:
    script = "trap 'echo bye; exit 0' TERM; setsid sleep 600 & echo $!; echo $$; wait"
    work = asyncio.create_task(run(context, script))
    await eventually(lambda: len(context.lines) >= 3)
    pids = [int(text) for _, text in context.lines if text.isdigit()]

    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    assert len(pids) == 2
    assert not any(map(is_alive, pids))


async def test_killed_with_its_executor_it_leaves_nothing_behind(
    tmp_path: Path, nursery: Nursery
) -> None:
    told = tmp_path / "pids"
    script = "trap '' TERM; setsid sleep 600 & echo $! > $1; echo $$ >> $1; mv $1 $2; wait; sleep 9"
    argv = ["/bin/sh", "-c", script, "x", f"{told}.new", str(told)]
    executor = await nursery.start(
        ARGV=json.dumps(argv),
        OUTPUT=str(tmp_path / "output"),
        TMPDIR=str(tmp_path),  # where it leaves its folder
    )
    await eventually(told.exists)
    await executor.kill()
    pids = list(map(int, told.read_text().split()))

    await eventually(lambda: not any(map(is_alive, pids)))
    assert len(pids) == 2


@needs_root
async def test_it_runs_as_a_user_of_its_own(context: RecordingContext) -> None:
    context.rights = replace(ALLOWED, shell_user="nobody")
    await run(context, "id -u; id -G; touch mine; cat /proc/$PPID/environ || true")

    nobody = pwd.getpwnam("nobody")
    said = [text for level, text in context.lines if level == "info"]
    assert said == [str(nobody.pw_uid), str(nobody.pw_gid)]
    assert "Permission denied" in context.text


async def test_no_program_makes_it_another_user(context: RecordingContext) -> None:
    await run(context, "grep NoNewPrivs /proc/self/status")

    assert ("info", "NoNewPrivs:\t1") in context.lines


async def test_a_user_that_is_not_there_is_told(context: RecordingContext) -> None:
    context.rights = replace(ALLOWED, shell_user="no-such-user")

    assert "there is no user no-such-user" in str(await failure(context, "true"))


async def test_it_is_off_unless_the_executor_says_otherwise() -> None:
    failed = await failure(RecordingContext(), "true")

    assert failed.permanent
    assert "set AUTOMATION_SHELL=on" in str(failed)


async def test_a_plan_runs_nothing(context: RecordingContext) -> None:
    outcome = await run(context, "exit 1", dry_run=True)

    assert outcome.data["plan"][0]["argv"][0] == "/bin/sh"
    assert context.lines == []
