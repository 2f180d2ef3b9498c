"""From the template in an account's config to what is executed: no shell, nothing inherited.

Placeholders are replaced literally, once: what is put in is not looked at again.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pydantic

from services.account_runtime import demo_account
from services.account_runtime.plan import Judged, Refusal, spec_of
from services.account_runtime.record import Run
from services.account_runtime.scripts import SCRIPT
from shared.contracts.account_config import RuntimeConfig, runtime_config
from shared.contracts.accounts import AccountDesired

#: The program that ships.
DEMO = "demo-account"
#: All that is handed on of our own environment.
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")

_PLACEHOLDER = re.compile(r"\{(account_id|folder|script|port)\}")


def judge(config: Mapping[str, object], programs: Sequence[str]) -> Judged:
    """Return how an account is run, or why it cannot be."""
    if config.get("runtime") is None:
        return Refusal("config.runtime is missing: it says how the account is run")
    try:
        judged = runtime_config(dict(config))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(("config", "runtime", *(str(step) for step in first["loc"])))
        return Refusal(f"{where}: {first['msg']}")
    program = judged.command[0]
    if program not in programs:
        return Refusal(f"{program!r} is not among the programs of this runtime")
    if not _words(program):
        return Refusal(f"{program!r} is allowed, but there is no such program here")
    return judged


def run_of(
    config: RuntimeConfig,
    wish: AccountDesired,
    *,
    token: str,
    port: int,
    home: Path,
    marks: Mapping[str, str],
    log_bytes: int,
    now: float,
) -> Run:
    """Return the start of a program that a wish asks for; the template is filled here."""
    values = {
        "account_id": wish.account_id,
        "folder": str(home),
        "script": str(home / SCRIPT),
        "port": str(port),
    }

    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: values[found[1]], text)

    program, *rest = config.command
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    own = {name: filled(value) for name, value in config.env.items()}
    return Run(
        token=token,
        argv=(*_words(program), *(filled(word) for word in rest)),
        env={**inherited, "HOME": str(home), **own, **marks},
        log_bytes=log_bytes,
        port=port,
        spec=spec_of(wish.config),
        script=wish.script,
        ready_by=now + config.ready.timeout_seconds,
        begun_at=now,
    )


def _words(program: str) -> tuple[str, ...]:
    """Return the beginning of the command line of a program; empty: there is none."""
    if program == DEMO:
        return (sys.executable, "-I", "-S", demo_account.__file__)
    found = shutil.which(program)
    return (str(Path(found).absolute()),) if found else ()
