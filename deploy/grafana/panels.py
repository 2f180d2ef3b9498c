"""What a dashboard is made of: rows of panels, in Grafana's JSON. Pure.

Only what we use: a number, a curve, a table of alerts. Each panel has one unit and tells in its
description what a bad value means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTH = 24
STAT_HEIGHT, CURVE_HEIGHT = 4, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
SCHEMA = 38  # Grafana 10 and later


class Query(NamedTuple):
    """What a panel asks, and how its curves are called."""

    expr: str
    legend: str = ""


class Panel(NamedTuple):
    """One panel."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    says: str = ""
    is_number: bool = False
    warn: float | None = None
    """A number from which on it is yellow; red from twice that."""
    stacked: bool = False


class Board(NamedTuple):
    """One dashboard."""

    uid: str
    title: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]


def number(
    title: str, expr: str, *, unit: str = "short", says: str = "", warn: float | None = None
) -> Panel:
    """Return a panel that shows one number."""
    return Panel(title, (Query(expr),), unit, says, is_number=True, warn=warn)


def curves(
    title: str,
    *queries: tuple[str, str],
    unit: str = "short",
    says: str = "",
    stacked: bool = False,
) -> Panel:
    """Return a panel with curves over time."""
    asked = tuple(Query(*query) for query in queries)
    return Panel(title, asked, unit, says, stacked=stacked)


def dashboard(board: Board, others: Sequence[Board]) -> dict[str, Any]:
    """Return a dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in board.rows:
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
                "panels": [],
            }
        )
        top += 1
        width = WIDTH // len(row)
        height = STAT_HEIGHT if all(each.is_number for each in row) else CURVE_HEIGHT
        for place, panel in enumerate(row):
            grid = {"x": place * width, "y": top, "w": width, "h": height}
            panels.append({"id": len(panels) + 1, "gridPos": grid, **_panel(panel)})
        top += height
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["automation"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "link", "title": each.title, "url": f"/d/{each.uid}", "keepTime": True}
            for each in others
            if each.uid != board.uid
        ],
        "templating": {"list": [_SOURCES]},
        "annotations": {"list": [_ALERTS]},
        "panels": panels,
    }


_SOURCES: dict[str, Any] = {
    "name": "source",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "current": {"text": "Prometheus", "value": "automation-prometheus"},
}
_ALERTS: dict[str, Any] = {
    "name": "Alerts",
    "enable": True,
    "iconColor": "red",
    "datasource": SOURCE,
    "expr": 'ALERTS{alertstate="firing",alertname=~"Automation.*",severity!="info"}',
    "titleFormat": "{{alertname}}",
    "step": "60s",
}


def _panel(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    options: dict[str, Any]
    if panel.is_number:
        options = {
            "reduceOptions": {"calcs": ["lastNotNull"]},
            "colorMode": "value" if panel.warn is None else "background",
            "graphMode": "area",
        }
    else:
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 40 if panel.stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none"},
        }
        options = {
            "legend": {
                "displayMode": "table",
                "placement": "bottom",
                "calcs": ["lastNotNull", "max"],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if panel.warn is not None:
        steps = [("green", None), ("yellow", panel.warn), ("red", panel.warn * 2)]
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"color": color, "value": value} for color, value in steps],
        }
    return {
        "type": "stat" if panel.is_number else "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
            }
            for place, query in enumerate(panel.queries)
        ],
    }
