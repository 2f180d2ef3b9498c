"""`automation audit`: an exported audit list, verified without any server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.saying import fail

app = typer.Typer(help="The list of who changed what.", no_args_is_help=True)

MarkText = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER:HASH", help="As the API's log or `GET …/audit/verify` told it earlier."
    ),
]


@app.command("verify")
def verify(
    file: Annotated[
        Path, typer.Argument(help="Exported with format=jsonl; - reads stdin.", allow_dash=True)
    ],
    *,
    part: Annotated[
        bool, typer.Option(help="A filter has left rows out: gaps are no trouble.")
    ] = False,
    anchor: MarkText = None,
    head: MarkText = None,
) -> None:
    """Verify an exported list: exit 0 if it is whole and each row is what was sealed, else 1."""
    from services.api.access.audit_chain import Mark  # noqa: PLC0415 - heavy
    from services.api.access.audit_copy import verify_copy  # noqa: PLC0415 - heavy

    try:
        marks = [Mark.parse(text) if text else None for text in (anchor, head)]
    except ValueError as error:
        fail(f"no mark (NUMBER:HASH): {error}", code=2)
    try:
        found = verify_copy(_rows(file), part=part, anchor=marks[0], head=marks[1])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fail(f"{file}: not an exported list: {error!r}", code=2)
    typer.echo(
        json.dumps(
            {
                "ok": found.whole and not found.troubles,
                "whole": found.whole,
                "rows": found.rows,
                "unsealed": found.unsealed,
                "first_seal": found.first,
                "head": str(found.head) if found.head else None,
                "problems": [
                    {"what": each.what.value, "id": each.row, "seal": each.seal}
                    for each in found.troubles
                ],
            }
        )
    )
    if found.troubles:
        fail(f"the chain does not hold in {len(found.troubles)} places")
    if not found.whole:
        fail("the file is not whole: its last line is missing, or rows of which that line tells")


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if str(file) == "-":
        yield from (json.loads(line) for line in sys.stdin if line.strip())
        return
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
