"""Dashboards about what the work goes through: the bus, the database, the API."""

from __future__ import annotations

from deploy.grafana.panels import Board, Panel, curves
from deploy.grafana.queries import most, quantiles, rate


def _bus_rows() -> tuple[tuple[str, tuple[Panel, ...]], ...]:
    return (
        (
            "Consumers",
            (
                curves("Waiting", most("automation_consumer_pending_messages", "consumer")),
                curves(
                    "Delivered, not acknowledged",
                    most("automation_consumer_ack_pending_messages", "consumer"),
                ),
                curves(
                    "Delivered again", most("automation_consumer_redelivered_messages", "consumer")
                ),
            ),
        ),
        (
            "Streams",
            (
                curves("Messages", most("automation_stream_messages", "stream")),
                curves(
                    "Full",
                    (
                        (
                            "max by (stream) (automation_stream_bytes)"
                            " / (max by (stream) (automation_stream_max_bytes) > 0)"
                        ),
                        "{{stream}}",
                    ),
                    unit="percentunit",
                ),
                curves(
                    "Put right", rate("automation_topology_repairs_total", "instance"), unit="ops"
                ),
            ),
        ),
        (
            "Dead letters",
            (
                curves("Buried", rate("automation_messages_buried_total", "stream"), unit="ops"),
                curves("Kept", rate("automation_dead_letters_total", "stream"), unit="ops"),
                curves("Open", ("max(automation_dead_letters_open)", "open")),
            ),
        ),
    )


BUS = Board("automation-bus", "Automation: bus", _bus_rows())

DATABASE = Board(
    "automation-database",
    "Automation: database, API, log, notices",
    (
        (
            "API",
            (
                curves(
                    "Requests by status",
                    rate("automation_http_requests_total", "status"),
                    unit="ops",
                    stacked=True,
                ),
                curves("Duration", *quantiles("automation_http_request_seconds_bucket"), unit="s"),
                curves(
                    "Slowest routes (p95)",
                    (
                        (
                            "topk(10, histogram_quantile(0.95, sum by (route, le)"
                            " (rate(automation_http_request_seconds_bucket[$__rate_interval]))))"
                        ),
                        "{{route}}",
                    ),
                    unit="s",
                ),
            ),
        ),
        (
            "Database",
            (
                curves(
                    "Pools",
                    (
                        "sum by (instance, pool, state) (automation_db_pool_connections)",
                        "{{instance}} {{pool}} {{state}}",
                    ),
                ),
                curves(
                    "Wait for a connection (p95)",
                    (
                        (
                            "histogram_quantile(0.95, sum by (instance, pool, le)"
                            " (rate(automation_db_pool_wait_seconds_bucket[$__rate_interval])))"
                        ),
                        "{{instance}} {{pool}}",
                    ),
                    unit="s",
                ),
                curves(
                    "Outbox",
                    ("max(automation_outbox_messages)", "to be published"),
                    ("max(automation_outbox_unheard_messages)", "awaited"),
                ),
            ),
        ),
        (
            "Log",
            (
                curves("Lag", *quantiles("automation_log_lag_seconds_bucket", "kind"), unit="s"),
                curves(
                    "Records per second",
                    (
                        "sum by (kind) (rate(automation_log_batch_records_sum[$__rate_interval]))",
                        "{{kind}}",
                    ),
                    unit="ops",
                ),
                curves("Dead runs", rate("automation_dead_runs_total", "instance"), unit="ops"),
            ),
        ),
        (
            "Notices and loops",
            (
                curves(
                    "Deliveries", rate("automation_deliveries_total", "kind, state"), unit="ops"
                ),
                curves("Waiting", most("automation_deliveries_waiting", "state")),
                curves(
                    "Loops that fail",
                    rate("automation_loop_failures_total", "instance, loop"),
                    unit="ops",
                ),
                curves(
                    "Event loops late",
                    most("automation_event_loop_lag_seconds", "instance"),
                    unit="s",
                ),
            ),
        ),
    ),
)
