"""A plan as people read it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from services.cli.cells import cut, harmless
from services.cli.desk import Desk
from services.cli.kinds import Column, Kind
from services.cli.language import both
from services.cli.manifests.planning import Deed, Step

_SIGNS: dict[Deed, str] = {"create": "+", "change": "~", "delete": "-", "same": "="}
_MOODS: dict[Deed, str] = {
    "create": "success",
    "change": "waiting",
    "delete": "failure",
    "same": "",
}
_LONGEST = 60

PLAN = Kind(
    name="change",
    path="",
    id="name",
    columns=(
        Column(both("DOES", "動作"), "action"),
        Column(both("KIND", "種類"), "kind"),
        Column(both("NAME", "名稱"), "name"),
        Column("ID", "id"),
    ),
)


def show(desk: Desk, steps: Sequence[Step]) -> None:
    """Print a plan: lines for people, rows for programs."""
    if not desk.out.is_for_people:
        desk.out.rows(PLAN, [each.told() for each in steps])
        return
    everything = desk.wishes.output == "wide" or bool(desk.wishes.verbose)
    for step in steps:
        if step.deed != "same" or everything:
            line = f"{_SIGNS[step.deed]} {step.title}" + (
                f"  ({step.key})" if step.resource.has_id and step.key else ""
            )
            desk.out.line(desk.out.paint(harmless(line), _MOODS[step.deed]))
            for text in _below(step):
                desk.out.line("    " + harmless(text))
    desk.say(counted(steps))


def counted(steps: Sequence[Step]) -> str:
    """Return how much there is to do, in a sentence."""
    count = Counter(each.deed for each in steps)
    return both(
        f"{count['create']} to create, {count['change']} to change, {count['delete']} to delete,"
        f" {count['same']} unchanged.",
        f"新增 {count['create']}、變更 {count['change']}、刪除 {count['delete']}、"
        f"不變 {count['same']}。",
    )


def _below(step: Step) -> Iterator[str]:
    if step.deed == "change":
        for each in step.changes:
            yield f"{each.path}: {_short(each.before)} → {_short(each.after)}"
    if step.summary:
        yield step.summary


def _short(value: Any) -> str:  # noqa: ANN401 - JSON
    if value is None:
        return both("(nothing)", "（無）")
    return cut(json.dumps(value, ensure_ascii=False, separators=(",", ":")), _LONGEST)
