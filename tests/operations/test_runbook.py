"""The runbook has a page for every alert, in both languages, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "operations"
RUNBOOKS = ("runbook.md", "runbook.zh-TW.md")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def alerts() -> set[str]:
    """Return the names of all rules."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
    return {
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    }


def anchors(text: str) -> set[str]:
    """Return where links into a page may lead."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
    return named | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", RUNBOOKS)
def test_every_alert_has_its_place(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")

    assert set(re.findall(r"^### (Automation\w+)$", text, re.MULTILINE)) == alerts()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_lead_somewhere(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for path, anchor in LINK.findall(text):
        if "://" in path:
            continue
        target = (DOCS / path) if path else DOCS / page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{path}#{anchor}"
