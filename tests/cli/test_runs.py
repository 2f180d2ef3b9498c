"""`automation run`: watched, followed, cancelled, tried again; also while the API is away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.cli.shell import Said, Shell
from tests.support.system import System

#: Writes a few lines a second until a file is there.
COUNTING = (
    "i=1; until [ -e {stop} ]; do echo line $i; i=$((i+1)); sleep 0.2; done; echo line $i, the last"
)
WITHIN = timedelta(seconds=60)
NOBODY = "00000000-0000-4000-8000-000000000000"


def counting(shell: Shell, name: str) -> Path:
    """Create a task that writes lines until the file returned is there."""
    stop = shell.folder / f"stop-{name}"
    argv = ["/bin/sh", "-c", COUNTING.format(stop=stop)]
    shell.task(name, task_action="shell", action_config={"argv": argv})
    return stop


def all_lines(said: Said) -> list[str]:
    """Return the lines that were told, having checked that each is there, once, in order."""
    told = [line for line in said.lines if line.startswith("line ")]
    assert [line.removesuffix(", the last") for line in told] == [
        f"line {number}" for number in range(1, len(told) + 1)
    ]
    assert told[-1].endswith(", the last")
    return told


def started(shell: Shell, task: str, *words: str) -> str:
    """Run a task; return the id of its run."""
    run: str = shell.ok("task", "run", task, *words, "-o", "json").json["run_id"]
    return run


def test_a_run_is_waited_for_and_its_result_is_the_exit_code(shell: Shell) -> None:
    shell.task("good")
    shell.task("bad", action_config={"fail": True, "message": "as wished"})

    good, bad = shell("task", "run", "good", "--wait"), shell("task", "run", "bad", "--wait")
    assert (good.code, bad.code) == (0, 1)
    assert "as wished" in bad.out
    run = shell.ok("run", "list", "--task", "bad", "-o", "name").out.strip()
    assert shell("run", "watch", run).code == 0
    assert shell("run", "watch", run, "--exit-status").code == 1
    assert shell("run", "wait", run).code == 1
    assert shell.ok("run", "get", "latest:bad", "-o", "json").json["run_id"] == run


def test_parameters_are_for_this_run_alone(shell: Shell) -> None:
    id_ = shell.task("params", action_config={"message": "the usual"})
    shell.ok("task", "run", id_, "--param", "message=another", "--wait")

    assert shell.ok("run", "get", f"latest:{id_}", "-o", "json").json["result"] == "another"
    assert (
        shell.ok("task", "get", id_, "-o", "json").json["action_config"]["message"] == "the usual"
    )


def test_a_log_is_followed_while_the_run_runs(shell: Shell) -> None:
    stop = counting(shell, "talks")
    run = started(shell, "talks")
    follower = shell.background("run", "logs", "-f", run)
    follower.until_said("line 3")
    status = shell.ok("run", "get", run, "-o", "json").json["status"]
    stop.touch()
    said = follower.ended()

    assert status == "running", "it was told while it ran"
    assert said.code == 0
    told = all_lines(said)
    assert all_lines(shell.ok("run", "logs", run)) == told
    assert shell.ok("run", "logs", run, "--search", "line 2").lines[0] == "line 2"
    assert '"seq":' in shell.ok("run", "logs", run, "--search", "line 2", "-o", "jsonl").lines[0]
    last = shell.ok("run", "logs", run, "--tail", "1", "-o", "jsonl").json
    before = f"{last['attempt']}.{last['seq'] - 1}"
    assert shell.ok("run", "logs", run, "--after", before, "-o", "jsonl").json == last


async def test_a_log_goes_on_where_it_was_when_the_api_comes_back(
    shell: Shell, system: System
) -> None:
    stop = counting(shell, "returns")
    run = started(shell, "returns")
    follower = shell.background("run", "logs", "-f", run)
    watcher = shell.background("run", "watch", run, "--exit-status")
    follower.until_said("line 3")
    before = follower.out
    await system.wait_restarted("api", system.kill("api"), within=WITHIN)
    stop.touch()
    said = follower.ended()

    assert "The connection broke; going on." in said.err
    assert len(all_lines(said)) > len(before.splitlines())
    assert (said.code, watcher.ended().code) == (0, 0)


def test_ctrl_c_leaves_the_run_running_and_says_so(shell: Shell) -> None:
    shell.task("long", action_config={"seconds": 60})
    run = started(shell, "long")
    watcher = shell.background("run", "watch", run)
    watcher.until_said("running")
    watcher.interrupt()
    said = watcher.ended()

    assert said.code == 130
    assert "The run goes on" in said.err
    assert shell.ok("run", "get", run, "-o", "json").json["status"] == "running"
    shell.ok("run", "cancel", run, "--reason", "the test is over")
    assert shell("run", "watch", run, "--exit-status").code == 1
    ended = shell.ok("run", "get", run, "-o", "json").json
    assert (ended["status"], ended["cancel_reason"]) == ("cancelled", "admin: the test is over")


def test_a_time_that_is_over_leaves_the_run_running(shell: Shell) -> None:
    shell.task("slow", action_config={"seconds": 60})
    said = shell("task", "run", "slow", "--wait", "--timeout", "1s")

    assert said.code == 124
    assert "The run goes on" in said.err
    shell.ok("run", "cancel", "--task", "slow", "--yes")


def test_what_ended_is_run_again(shell: Shell) -> None:
    shell.task("again", action_config={"message": "once"})
    run = started(shell, "again", "--wait")
    planned = shell.ok("run", "retry", run, "--dry-run", "-o", "json").json
    assert planned["dry_run"] is True
    shell.ok("run", "retry", run, "--wait")

    assert len(shell.ok("run", "list", "--task", "again", "-o", "name").lines) == 2


def test_runs_are_found_by_status_and_time(shell: Shell) -> None:
    shell.task("found", action_config={"fail": True, "message": "no"})
    shell("task", "run", "found", "--wait")
    words = ("run", "list", "--task", "found", "-o", "name")

    assert len(shell.ok(*words, "--status", "failure", "--since", "1h").lines) == 1
    assert len(shell.ok(*words, "--status", "failure", "--status", "success").lines) == 1
    assert shell.ok(*words, "--status", "success").lines == []
    assert shell.ok(*words, "--until", "1h").lines == []


def test_runs_that_are_not_there(shell: Shell) -> None:
    codes = {
        ("run", "get", NOBODY): 3,
        ("run", "get", "nonsense"): 2,
        ("run", "get", "latest:nobody"): 3,
        ("run", "cancel", NOBODY): 3,
        ("run", "cancel"): 2,
    }

    assert {words: shell(*words).code for words in codes} == codes
