-- Runs that are asked for by hand and need no rule go straight into the ledger and are let go, in the transaction of the
-- API that asks: of tasks that the scheduler knows in this version, without limits, locks and keys, in queues without
-- limits, while nothing is paused. Returns which; the others are asked for over the bus. The jobs are locked as the
-- scheduler locks them: else a task could be deleted after it was read, and its run fire all the same. One that the
-- scheduler has in hand is not waited for.
CREATE FUNCTION scheduler.enter_requests(
    run_ids uuid[], task_ids uuid[], versions bigint[], requested_at timestamptz[], params text[], requested_by text
) RETURNS TABLE (run_id uuid, queue text) LANGUAGE plpgsql SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_nestloop = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH job AS MATERIALIZED (
        SELECT j.task_id, j.version, j.queue, j.priority FROM scheduler.jobs j
        WHERE j.task_id = ANY (task_ids) AND NOT j.deleted
          AND (j.policy = '{}' OR NOT j.policy::jsonb ?| ARRAY['concurrency', 'rate_limit', 'locks', 'unique']
                                  AND coalesce(j.policy::jsonb ->> 'overlap', 'allow_all') = 'allow_all')
          AND NOT coalesce((SELECT s.paused FROM api.scheduler_switches s), false)
          AND j.queue NOT IN (
              SELECT q.name FROM api.scheduler_queues q
              WHERE q.paused OR q.concurrency IS NOT NULL OR q.rate_limit IS NOT NULL OR q.max_depth IS NOT NULL)
        ORDER BY j.task_id FOR SHARE OF j SKIP LOCKED
    ), new AS (
        INSERT INTO scheduler.occurrences
            (run_id, task_id, trigger, scheduled_for, moment, due_at, outcome, version, requested_by, queue, priority,
             params, settled)
        SELECT r.run_id, r.task_id, 'manual', r.requested_at, r.run_id::text, r.requested_at, 'fired', j.version,
               enter_requests.requested_by, j.queue, j.priority, r.params, false
        FROM unnest(run_ids, task_ids, versions, enter_requests.requested_at, enter_requests.params)
                 AS r (run_id, task_id, version, requested_at, params)
             JOIN job j ON j.task_id = r.task_id AND j.version >= r.version
        ON CONFLICT DO NOTHING RETURNING run_id, task_id, queue, priority
    ), ordered AS (
        INSERT INTO scheduler.orders (run_id, task_id, attempt, queue, rank, lost)
        SELECT n.run_id, n.task_id, 1, n.queue, clock_timestamp() + n.priority * interval '1 minute', 0 FROM new n
    )
    SELECT n.run_id, n.queue FROM new n;
END $$;

-- A hundred runs asked for in one message are 20 kB, read once by the relay: compressing them well costs more than they do.
DO $$ BEGIN
    ALTER TABLE api.outbox ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;  -- a server that was built without it
END $$;
