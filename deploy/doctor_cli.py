"""`automation doctor`: what is wrong with this installation, and how to put it right.

Exit codes: 0 nothing is broken (something may be worth a look), 1 something is, 2 wrong usage.
With `--strict`, what is worth a look counts as broken.
"""

from __future__ import annotations

import asyncio
import logging
import os
from enum import StrEnum
from typing import Annotated

import typer

from deploy.saying import spoken_here


class Output(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


class Lang(StrEnum):
    """In which language."""

    ZH_TW = "zh-TW"
    EN = "en"


def doctor(
    *,
    output: Annotated[Output, typer.Option("-o", "--output", help="text or json.")] = Output.TEXT,
    lang: Annotated[Lang | None, typer.Option(help="zh-TW or en; else as LANG says.")] = None,
    strict: Annotated[bool, typer.Option(help="Exit 1 for warnings, too.")] = False,
    debug: Annotated[bool, typer.Option(help="Show why a check broke.")] = False,
) -> None:
    """Look at this installation: what is wrong, and how to put it right."""
    from deploy.doctor import telling  # noqa: PLC0415 - heavy
    from deploy.doctor.examine import examine  # noqa: PLC0415 - heavy
    from deploy.doctor.finding import Level, worst  # noqa: PLC0415 - heavy
    from deploy.doctor.place import Place  # noqa: PLC0415 - heavy

    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL)
    findings = asyncio.run(examine(Place.find(os.environ)))
    language = lang.value if lang else spoken_here()
    tell = telling.as_json if output is Output.JSON else telling.as_text
    typer.echo(tell(findings, language))
    level = worst(findings)
    if level is Level.PROBLEM or (strict and level is Level.WARNING):
        raise typer.Exit(1)
