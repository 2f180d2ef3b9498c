"""Counts that are kept while runs end: parts of the statement of `runs.py` that makes rows final.

A dashboard that counted the log itself would read a million rows for one curve. `run_tallies` has
the ends of five minutes by status; connections add to shares of their own, so that two log writers
do not wait for each other. `task_health` has how often a task failed since it last went well; what
is heard late is put where it belongs, as far as the counts still tell.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: How long tallies are kept: a month and what is compared with it.
KEPT: Final = timedelta(days=35)

#: Of records `written`, as `runs.FINISHED` has them.
TALLIED = """
    INSERT INTO log.run_tallies AS sum (bucket, status, share, runs)
    SELECT date_bin('5 minutes', completed_at, 'epoch'), status, pg_backend_pid() % 8, count(*)
    FROM written WHERE final
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (bucket, status, share) DO UPDATE SET runs = sum.runs + excluded.runs
"""

# Of the failures of a batch those count that ended after its last success.
_JUDGED = """
    SELECT w.task_id, g.at AS went_well, w.failed AND w.completed_at > coalesce(g.at, '-infinity')
        AS counts, w.failed, w.completed_at AS at, w.run_id, w.status, w.line
    FROM (SELECT *, status <> 'success' AS failed FROM written
          WHERE final AND status <> 'cancelled') w
    LEFT JOIN (SELECT task_id, max(completed_at) AS at FROM written
               WHERE final AND status = 'success' GROUP BY task_id) g USING (task_id)
"""

# A success that is heard after later failures: when they began is known, how many came before it
# is not. Then one is counted, the last.
HEALTH = f"""
    INSERT INTO log.task_health AS known
        (task_id, failures, failing_since, last_failed_at, last_failed_run, last_status, last_error,
         last_success_at)
    SELECT task_id, count(*) FILTER (WHERE counts), min(at) FILTER (WHERE counts),
        max(at) FILTER (WHERE failed),
        (array_agg(run_id ORDER BY at DESC, run_id) FILTER (WHERE failed))[1],
        (array_agg(status ORDER BY at DESC, run_id) FILTER (WHERE failed))[1],
        (array_agg(line ORDER BY at DESC, run_id) FILTER (WHERE failed))[1],
        max(went_well)
    FROM ({_JUDGED}) judged GROUP BY task_id ORDER BY task_id
    ON CONFLICT (task_id) DO UPDATE SET
        (failures, failing_since) = (
            SELECT old.kept + new.kept,
                least(CASE WHEN old.kept = known.failures THEN known.failing_since
                           WHEN old.kept > 0 THEN known.last_failed_at END,
                      CASE WHEN new.kept = excluded.failures THEN excluded.failing_since
                           WHEN new.kept > 0 THEN excluded.last_failed_at END)
            FROM (SELECT CASE
                WHEN excluded.last_success_at IS NULL
                  OR known.failing_since > excluded.last_success_at THEN known.failures
                WHEN known.last_failed_at > excluded.last_success_at THEN least(known.failures, 1)
                ELSE 0 END AS kept) old,
            (SELECT CASE
                WHEN known.last_success_at IS NULL
                  OR excluded.failing_since > known.last_success_at THEN excluded.failures
                WHEN excluded.last_failed_at > known.last_success_at
                  THEN least(excluded.failures, 1)
                ELSE 0 END AS kept) new),
        (last_failed_at, last_failed_run, last_status, last_error) = (
            SELECT x.a, x.b, x.c, x.d FROM (VALUES
                (known.last_failed_at, known.last_failed_run, known.last_status,
                 known.last_error),
                (excluded.last_failed_at, excluded.last_failed_run, excluded.last_status,
                 excluded.last_error)) AS x (a, b, c, d)
            ORDER BY x.a DESC NULLS LAST, x.b LIMIT 1),
        last_success_at = greatest(known.last_success_at, excluded.last_success_at)
"""  # noqa: S608 - our own words

FORGET = "DELETE FROM log.run_tallies WHERE bucket < clock_timestamp() - $1::interval"
