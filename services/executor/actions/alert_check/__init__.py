"""Checks alert rules: each is measured, then judged by the platform.

    action.py      which rules, how many at once, what the run says in the end
    params.py      what a task may say
    measuring.py   one rule: tries, time limits, what meets the condition
    promql.py      a server that speaks Prometheus' HTTP API
    probe.py       a URL
    sql.py         a PostgreSQL database, read-only
    web.py         calls of a web server, for the first two

A check that finds a problem is a successful run. A run fails if a rule could not be measured; what
that means for the rule's alerts has been decided all the same, by the rule.
"""

from services.executor.actions.alert_check.action import AlertCheck

__all__ = ["AlertCheck"]
