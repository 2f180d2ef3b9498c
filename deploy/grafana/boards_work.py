"""Dashboards about the work: scheduling, executors and their queues."""

from __future__ import annotations

from deploy.grafana.panels import Board, curves
from deploy.grafana.queries import LATE, most, quantiles, rate

SCHEDULING = Board(
    "automation-scheduling",
    "Automation: scheduling",
    (
        (
            "Ledger",
            (
                curves(
                    "Entries per second, by cause",
                    rate("automation_ledger_entries_total", "trigger, outcome"),
                    unit="ops",
                ),
                curves("Held runs, by what they wait for", most("automation_runs_held", "reason")),
                curves("Oldest due job", ("max(automation_oldest_due_seconds)", "due"), unit="s"),
            ),
        ),
        (
            "Punctuality",
            (
                curves(
                    "p99 of lateness by cause",
                    (
                        (
                            f"histogram_quantile(0.99, sum by (trigger, le) (rate({LATE}"
                            "[$__rate_interval])))"
                        ),
                        "{{trigger}}",
                    ),
                    unit="s",
                ),
                curves(
                    "Steps of the ticker",
                    *quantiles("automation_loop_step_seconds_bucket", where='{loop="ticker"}'),
                    unit="s",
                ),
                curves(
                    "Events handled",
                    rate("automation_events_handled_total", "instance"),
                    unit="ops",
                ),
            ),
        ),
        (
            "Repair",
            (
                curves("Rescued", rate("automation_runs_rescued_total", "instance"), unit="ops"),
                curves(
                    "Orders repaired",
                    rate("automation_orders_repaired_total", "instance"),
                    unit="ops",
                ),
            ),
        ),
    ),
)

EXECUTORS = Board(
    "automation-executors",
    "Automation: executors and queues",
    (
        (
            "Queues",
            (
                curves("Depth", most("automation_queue_depth", "queue")),
                curves("Running", most("automation_queue_running", "queue")),
                curves("Executors", most("automation_queue_executors", "queue")),
            ),
        ),
        (
            "Executors",
            (
                curves(
                    "Slots",
                    ("sum by (instance) (automation_executor_running)", "{{instance}} running"),
                    ("sum by (instance) (automation_executor_slots)", "{{instance}} slots"),
                ),
                curves("Claims", rate("automation_claims_total", "instance"), unit="ops"),
                curves(
                    "Results not stored", most("automation_executor_unstored_results", "instance")
                ),
            ),
        ),
        (
            "Actions",
            (
                curves(
                    "p95 of duration",
                    (
                        (
                            "histogram_quantile(0.95, sum by (action, le)"
                            " (rate(automation_action_seconds_bucket[$__rate_interval])))"
                        ),
                        "{{action}}",
                    ),
                    unit="s",
                ),
                curves(
                    "Ends without success",
                    rate("automation_runs_ended_total", "action, status", '{status!="success"}'),
                    unit="ops",
                ),
                curves(
                    "Tried again",
                    (
                        "sum by (action) (rate(automation_retries_total[$__rate_interval]))",
                        "{{action}}",
                    ),
                    (
                        "sum by (action) (rate(automation_snoozes_total[$__rate_interval]))",
                        "{{action}} snoozed",
                    ),
                    unit="ops",
                ),
            ),
        ),
        (
            "Accounts",
            (
                curves("Accounts by state", most("automation_accounts", "state"), stacked=True),
                curves("Programs running", most("automation_runtime_programs_running", "instance")),
                curves(
                    "Ends of programs",
                    rate("automation_runtime_program_ends_total", "cause"),
                    unit="ops",
                ),
            ),
        ),
    ),
)
