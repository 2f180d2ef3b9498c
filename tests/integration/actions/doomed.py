"""Actions in a process of their own, which dies or has little room, as executors do.

A program for `tests/support/nursery.py`. `DOOM` is what becomes of it:

uploaded    it is killed when all parts of a backup are in the store, and are no file yet
restoring   it is killed when the scratch database of a restore drill is there
no room     no file of its becomes larger than 100 kB
(none)      the test kills it, if anybody

`DATABASE`, `HOME_FOLDER`, `RUN` and `PARAMS` are what its backup is made of; with `ARGV`, it runs
a program instead.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from services.executor.actions.data_backup import DataBackup, DataBackupParams, drill, s3
from services.executor.actions.shell import Shell, ShellParams
from shared.contracts.action import Rights
from tests.support.context import RecordingContext
from tests.support.nursery import bring_up

MOST_BYTES = 100_000


async def die(*_: Any, **__: Any) -> None:  # noqa: ANN401 - in the place of anything
    """End as from outside."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_uploading() -> None:
    """Let the last call of an upload be the end."""
    made = s3.S3Place.__init__

    def init(self: s3.S3Place, client: Any, *more: Any) -> None:  # noqa: ANN401 - as the original
        client.complete_multipart_upload = die
        made(self, client, *more)

    s3.S3Place.__init__ = init  # type: ignore[assignment, method-assign]


def doom(what: str) -> None:
    """Prepare the end."""
    match what:
        case "uploaded":
            die_uploading()
        case "restoring":
            drill.drill = die  # type: ignore[assignment]
        case "no room":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))


def live() -> None:
    """Do what the environment says."""
    given = os.environ
    doom(given.get("DOOM", ""))
    if "ARGV" in given:
        shell = ShellParams(argv=json.loads(given["ARGV"]))
        asyncio.run(Shell().run(shell, RecordingContext(rights=Rights(shell=True))))  # noqa: S604 - our own word
        return
    context = RecordingContext(
        database_url=given["DATABASE"],
        home=Path(given["HOME_FOLDER"]),
        run_id=UUID(given["RUN"]) if "RUN" in given else uuid4(),
        egress_allow="127.0.0.1",
        secrets={"access": "somebody", "secret": "knows"},
    )
    params = DataBackupParams.model_validate_json(given.get("PARAMS", "{}"))
    asyncio.run(DataBackup().run(params, context))


if __name__ == "__main__":
    bring_up(live)
