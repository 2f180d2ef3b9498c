"""Why a run waits, as an SQL expression over its ledger row `o` and its task `t`.

What the scheduler holds it for, or that no executor is there for it: the queue is nobody's, no
executor knows the action, or none carries the labels. The latter is judged when it is read.
"""

from __future__ import annotations

# A hold that would last also with an executor at hand is the better answer.
WAITS_FOR = """
CASE
WHEN o.outcome <> 'fired' OR o.settled THEN NULL
WHEN EXISTS (
    SELECT FROM executor.api_leases l WHERE l.run_id = o.run_id AND l.outcome IS NULL)
THEN NULL
WHEN o.waits_for IN ('queue_paused', 'paused_all', 'blackout', 'retry', 'snooze', 'throttle',
                     'debounce')
THEN o.waits_for
WHEN t.id IS NOT NULL AND NOT EXISTS (
    SELECT FROM executor.api_executors e
    WHERE e.seen_at > clock_timestamp() - interval '15 seconds' AND NOT e.draining
      AND o.queue = ANY (e.queues) AND t.task_action = ANY (e.actions)
      AND e.labels::jsonb @> coalesce(t.policy::jsonb #> '{selector,labels}', '{}'::jsonb))
THEN 'no_executor'
ELSE o.waits_for
END
"""
