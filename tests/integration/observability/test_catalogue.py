"""Names of metrics are a contract: dashboards, rules and people's own queries rest on them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana import boards
from deploy.prometheus.catalogue import metrics, page

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden_metrics.txt"
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules.yml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"

#: Of the Prometheus client, of Prometheus itself, and those that rules record.
OTHERS = re.compile(r"process_\w+|python_gc_\w+|up|ALERTS")
#: A name that a query selects: not a function (followed by a bracket), label or keyword.
_NAME = re.compile(r"\b(automation[a-z0-9_:]*|process_\w+|python_\w+|ALERTS)\b")


def known() -> set[str]:
    return {series for metric in metrics() for series in metric.series}


def rules() -> list[dict[str, str]]:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def unknown_in(expr: str, recorded: set[str]) -> set[str]:
    without_values = re.sub(r'"[^"]*"', '""', expr)
    names = set(_NAME.findall(without_values))
    return {each for each in names - known() - recorded if not OTHERS.fullmatch(each)}


def test_no_metric_was_renamed() -> None:
    told = [f"{each.name} {each.kind} {','.join(each.labels)}".rstrip() for each in metrics()]

    # A new one is added to the list. One that goes or changes breaks people's queries: say so in
    # the CHANGELOG.
    assert told == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_the_page_tells_of_all_metrics() -> None:
    written = (ROOT / "docs" / "operations" / "metrics.md").read_text(encoding="utf-8")

    assert written == page()


def test_all_metrics_keep_to_the_conventions() -> None:
    # Ids, subjects and what users name would make a series each.
    forbidden = {"task", "task_id", "run_id", "subject", "user", "account", "path", "id", "name"}
    for name, kind, labels, says, _ in metrics():
        assert name.startswith("automation_"), name
        assert (kind == "counter") == name.endswith("_total"), name
        assert kind != "histogram" or name.endswith(("_seconds", "_records")), name
        assert says.endswith("."), name
        assert not forbidden & set(labels), name


def test_the_rules_name_metrics_that_there_are() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    wrong = {
        rule.get("alert", rule.get("record")): unknown_in(rule["expr"], recorded)
        for rule in rules()
    }

    assert {name: names for name, names in wrong.items() if names} == {}


def test_the_dashboards_name_metrics_that_there_are() -> None:
    wrong = {
        f"{name}: {expr}"
        for name, text in boards.files().items()
        for expr in re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)
        if unknown_in(expr.replace('\\"', '"'), set())
    }

    assert wrong == set()


def test_a_name_that_there_is_not_would_be_seen() -> None:
    assert unknown_in('max(automation_outbox_mesages{state="automation_x"})', set()) == {
        "automation_outbox_mesages"
    }


def test_the_dashboards_are_as_they_were_written() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in DASHBOARDS.glob("*.json")}

    assert there == boards.files()


def test_every_alert_leads_to_its_page_and_is_tested() -> None:
    tests = "".join(each.read_text(encoding="utf-8") for each in PROMETHEUS.glob("rules_test*.yml"))
    for rule in rules():
        if "alert" in rule:
            annotations: dict[str, str] = rule["annotations"]  # type: ignore[assignment]
            anchor = rule["alert"].lower()
            assert annotations["runbook_url"] == f"docs/operations/runbook.md#{anchor}"
            assert annotations["summary_zh_tw"]
            assert f"name: {rule['alert']}" in tests


@pytest.mark.parametrize(
    "asked",
    [
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml", "rules_test_hours.yml"],
        ["check", "config", "prometheus.yml"],
        ["check", "config", "local.yml"],
    ],
    ids=" ".join,
)
def test_prometheus_takes_rules_and_configuration(asked: list[str]) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "Debian: apt install prometheus"
    done = subprocess.run(
        [promtool, *asked], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
