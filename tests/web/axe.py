"""Accessibility as axe-core judges it: violations of WCAG 2.2 AA on the page that is open.

    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)

The rules are run by the page's own engine, in the state that a test has brought it into: an open
dialog, a filled form, either theme. What is being animated is waited for, since a colour that fades
in is judged by the shade it happens to have.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Page

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "services" / "web" / "node_modules" / "axe-core" / "axe.min.js"
#: All of WCAG A and AA up to 2.2.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
#: Elements that are shown of each violation.
MOST_SHOWN = 5

_STILL = """
() => Promise.all(document.getAnimations()
    .filter(each => each.effect?.getComputedTiming().iterations !== Infinity)
    .map(each => each.finished.catch(() => null)))
"""
_RUN = """
async ([include, exclude, tags, off]) => {
    const rules = Object.fromEntries(off.map(name => [name, { enabled: false }]));
    const context = { include: include.length ? include.map(each => [each]) : [document] };
    if (exclude.length) context.exclude = exclude.map(each => [each]);
    const found = await axe.run(context, {
        runOnly: { type: 'tag', values: tags }, rules, resultTypes: ['violations'],
    });
    return found.violations.map(each => ({
        rule: each.id, impact: each.impact, help: each.help, nodes: each.nodes.map(node => ({
            target: node.target.join(' '), html: node.html.slice(0, 300),
            why: (node.failureSummary || '').slice(0, 400),
        })),
    }));
}
"""


class Violation(NamedTuple):
    """One rule that some elements break."""

    rule: str
    impact: str
    help: str
    nodes: tuple[dict[str, str], ...]
    """target: a selector; html; why."""


@cache
def script() -> str:
    """Return the source of axe-core, as `npm ci` has installed it."""
    return SCRIPT.read_text(encoding="utf-8")


async def violations(
    page: Page,
    *,
    within: str | None = None,
    without: tuple[str, ...] = (),
    off: tuple[str, ...] = (),
) -> list[Violation]:
    """Return what of *page* breaks a rule of WCAG 2.2 AA.

    *within* and *without* are selectors of what is and is not looked at; *off* are rules, by id,
    that do not count here: a test that names one says why.
    """
    await page.evaluate(_STILL)
    # By evaluate, not by a script element: that one the page's own policy refuses.
    if not await page.evaluate("() => typeof axe === 'object'"):
        await page.evaluate(script())
    include = [within] if within else []
    found: list[dict[str, Any]] = await page.evaluate(
        _RUN, [include, list(without), list(TAGS), list(off)]
    )
    return [
        Violation(each["rule"], each["impact"] or "", each["help"], tuple(each["nodes"]))
        for each in found
    ]


def told(found: list[Violation]) -> str:
    """Return *found* as whoever has to mend it wants to read it."""
    lines = []
    for each in found:
        lines.append(f"{each.rule} ({each.impact}): {each.help}; {len(each.nodes)} elements")
        for node in each.nodes[:MOST_SHOWN]:
            lines += (f"    {node['target']}", f"        {node['html']}", f"        {node['why']}")
    return "\n".join(lines)
