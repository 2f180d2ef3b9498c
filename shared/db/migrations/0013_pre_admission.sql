-- What the admission of runs looks up each time: starts within a period, tasks with a deadline or
-- locks, and runs that are the same; and what the closer looks up: attempts to be followed.

CREATE INDEX occurrences_admitted ON scheduler.occurrences (task_id, admitted_at)
    WHERE admitted_at IS NOT NULL;
CREATE INDEX occurrences_admitted_to_queue ON scheduler.occurrences (queue, admitted_at)
    WHERE admitted_at IS NOT NULL;
CREATE INDEX occurrences_same ON scheduler.occurrences (unique_key, created_at)
    WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_with_deadline ON scheduler.jobs (task_id)
    WHERE policy LIKE '%"start_deadline_seconds":%';
CREATE INDEX jobs_with_locks ON scheduler.jobs (task_id) WHERE policy LIKE '%"locks":%';

-- Attempts that ended and are to be followed by another: few, among millions of leases.
CREATE INDEX leases_to_follow ON executor.leases (run_id) WHERE outcome IN ('retry', 'snoozed');
