"""`automation up | down | status | logs`: the whole system on this machine, as its user handles it.

What `up` takes as an option is a setting as well; the option wins. Everything heavy is imported by
the command that needs it.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from deploy.addresses import home
from deploy.saying import fail, say

INTERRUPTED = 130  # as a shell says of whoever was ended by Ctrl-C


def up(
    *,
    where: Annotated[
        Path | None, typer.Option("--home", help="Where everything is kept (AUTOMATION_HOME).")
    ] = None,
    host: Annotated[str, typer.Option(help="Where the API listens (AUTOMATION_HOST).")] = "",
    port: Annotated[
        int | None, typer.Option(help="Its port; 0: any free one (AUTOMATION_PORT).")
    ] = None,
    executors: Annotated[int | None, typer.Option(help="How many (AUTOMATION_EXECUTORS).")] = None,
    schedulers: Annotated[
        int | None, typer.Option(help="How many (AUTOMATION_SCHEDULERS).")
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep nothing when it ends.")
    ] = False,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="The API, without the page.")] = False,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser once it is there.")
    ] = False,
    background: Annotated[
        bool, typer.Option("--background", help="Return once everything is ready.")
    ] = False,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    if ephemeral and (where or background):
        fail(f"--ephemeral does not go with {'--home' if where else '--background'}", code=2)
    given = {
        "AUTOMATION_HOME": where,
        "AUTOMATION_HOST": host or None,
        "AUTOMATION_PORT": port,
        "AUTOMATION_EXECUTORS": executors,
        "AUTOMATION_SCHEDULERS": schedulers,
        "AUTOMATION_PAGE": os.devnull if no_ui else None,
    }
    # Whatever is started from here is told the same.
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    if background:
        from deploy.local import background as behind  # noqa: PLC0415 - heavy

        raise typer.Exit(behind.start(home(), open_page=open_page))
    if not ephemeral:
        raise typer.Exit(_run(open_page=open_page))
    with tempfile.TemporaryDirectory(prefix="automation-", ignore_cleanup_errors=True) as folder:
        os.environ["AUTOMATION_HOME"] = str(Path(folder) / "home")
        code = _run(open_page=open_page)
    raise typer.Exit(code)


def _run(*, open_page: bool) -> int:
    from pydantic import ValidationError  # noqa: PLC0415 - heavy

    from deploy.local import up as local  # noqa: PLC0415 - heavy
    from deploy.local.settings import LocalSettings  # noqa: PLC0415 - heavy

    try:
        settings = LocalSettings()
    except ValidationError as error:
        for wrong in error.errors():
            name = "AUTOMATION_" + str(wrong["loc"][0]).upper()
            say(f"{name}={wrong['input']}: {wrong['msg']}")
        return 2
    return local.run(settings, open_page=open_page)


def down(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Kill everything; runs in progress start anew later.")
    ] = False,
) -> None:
    """Stop what `up` started in this home."""
    from deploy.local.control import NotStopped, stop_running  # noqa: PLC0415 - heavy

    try:
        was_running = stop_running(home(), at_once=now, say=say)
    except NotStopped as error:
        fail(str(error))
    say("stopped" if was_running else "nothing was running")


def status(*, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what runs in this home; exit code 1 if nothing does."""
    from dataclasses import asdict  # noqa: PLC0415

    from deploy.local.control import running  # noqa: PLC0415 - heavy

    state = running(home())
    if state is None:
        fail("not running")
    if as_json:
        typer.echo(json.dumps(asdict(state)))
        return
    typer.echo(f"api\t{state.api_url}")
    for process in state.processes:
        how = "ready" if process.ready else "starting"
        typer.echo(f"{process.name}\tpid {process.pid}\t{how}\trestarts {process.restarts}")


def logs(
    service: Annotated[
        str, typer.Argument(help="executor-2, or executor for all of them; left out: everything.")
    ] = "",
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="Of each, so many.")] = 50,
) -> None:
    """Show what the processes of this home have said; exit code 1 if there is no such process."""
    from deploy.local.home import Home  # noqa: PLC0415 - heavy
    from deploy.local.log_reader import LogReader  # noqa: PLC0415 - heavy

    folder = Home(home()).logs
    reader = LogReader(folder, service)
    if not reader.names():
        there = ", ".join(LogReader(folder, "").names()) or "none"
        fail(f"nobody called {service!r} has said anything in {folder}; there are: {there}")
    try:
        for text in reader.read(lines, follow=follow):
            typer.echo(text)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
