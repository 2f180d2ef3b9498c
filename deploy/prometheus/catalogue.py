"""All metrics of all our processes, read off the code that declares them.

    python -m deploy.prometheus.catalogue docs/operations/metrics.md      writes the page

The page, the golden list and the checks of dashboards and rules use it, so a metric that was
renamed is noticed in all three.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client.metrics import MetricWrapperBase

from shared.runtime.metrics import PoolNumbers

#: Who declares metrics -> which processes have them.
MODULES: Final = {
    "shared.runtime.metrics": "all",
    "shared.runtime.sampling": "all",
    "shared.runtime.row_metrics": "api, scheduler, executor, log-writer",
    "services.api.metrics": "api",
    "services.scheduler.metrics": "scheduler",
    "services.executor.metrics": "executor",
    "services.log_writer.metrics": "log-writer",
    "services.notifier.metrics": "notifier",
    "services.account_runtime.metrics": "account-runtime",
}

HEAD = """# Metrics

Every process serves `/metrics` beside `/healthz` and `/readyz` on its health port
(`AUTOMATION_HEALTH_HOST`, `AUTOMATION_HEALTH_PORT`; the API when the port is set). How Prometheus
finds them: [deploy/prometheus](../../deploy/prometheus/README.md).

Written by `python -m deploy.prometheus.catalogue docs/operations/metrics.md`; a test compares.

- Seconds and bytes; a counter ends in `_total`; a histogram has `_bucket`, `_sum` and `_count`.
- Labels have few values. There are no ids, subjects or user names in them; of queues, actions and
  the like the first hundred are told apart, the others are `other`.
- *Alike from every …*: each replica reports the same number. Take `max`, not `sum`.
- Numbers of the database are looked up every ten seconds or less often, never by a scrape;
  `automation_sample_timestamp_seconds` tells when.
- Beside these, `process_*` and `python_gc_*` of the Prometheus client.
"""


class Metric(NamedTuple):
    """One metric."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    where: str

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries use."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


def metrics() -> list[Metric]:
    """Return all metrics, by name."""
    found = {
        metric.name: metric
        for module, where in MODULES.items()
        for value in vars(import_module(module)).values()
        if isinstance(value, MetricWrapperBase | PoolNumbers)
        for metric in _of(value, where)
        if _declared_in(value, module)
    }
    return [found[name] for name in sorted(found)]


def _declared_in(value: MetricWrapperBase | PoolNumbers, module: str) -> bool:
    """Return whether it is not only imported there."""
    shared = import_module("shared.runtime.metrics")
    return module == shared.__name__ or value not in vars(shared).values()


def _of(value: MetricWrapperBase | PoolNumbers, where: str) -> Iterator[Metric]:
    # The library tells nobody which labels a metric has.
    labels = getattr(value, "_labelnames", ())
    for family in value.describe() if isinstance(value, MetricWrapperBase) else value.collect():
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        kind = "gauge" if family.type == "info" else family.type
        own = tuple(labels) or tuple(getattr(family, "_labelnames", ()))
        if family.type == "info":
            own = ("version", "role", "python")
        yield Metric(f"{family.name}{suffix}", kind, own, family.documentation, where)


def page() -> str:
    """Return the page of all metrics."""
    lines = [HEAD, "| metric | kind | labels | processes | what it says |", "|---|---|---|---|---|"]
    lines += [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)}"
        f" | {each.where} | {each.help} |"
        for each in metrics()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
