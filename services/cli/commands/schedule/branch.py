"""The branch `automation schedule`, and the parameters that several of its commands take."""

from __future__ import annotations

from services.cli.language import both
from services.cli.tree import Branch, option

schedule = Branch("schedule", both("When things run.", "排程：何時執行。"))

ZONE = option(
    "--timezone",
    metavar="ZONE",
    help=both("Of the schedule; default: --tz, then UTC.", "排程的時區，預設為 --tz，再來是 UTC。"),
)
SET = option(
    "--set",
    "changes",
    multiple=True,
    metavar="FIELD=VALUE",
    help=both("Another field: dst_gap=skip.", "其他欄位，例如 dst_gap=skip。"),
)
