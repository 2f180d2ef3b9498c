-- Orders: runs that were let go and no executor has. Written in the transaction that lets a run go, taken by the claim:
-- whatever takes a run back deletes its order, and so knows for certain that it never begins.
CREATE TABLE scheduler.orders (
    run_id  uuid PRIMARY KEY,
    task_id uuid NOT NULL,
    attempt integer NOT NULL,
    queue   text NOT NULL,
    rank    timestamptz NOT NULL,   -- when it was let go, and a minute for each step of priority: the least comes first
    lost    integer NOT NULL        -- attempts before this one whose executor died
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX orders_next ON scheduler.orders (queue, rank);

-- How many attempts are lost if another one follows this lease's.
CREATE OR REPLACE VIEW executor.scheduler_leases AS
SELECT run_id, task_id, attempt, lease_until, outcome, claimed_at, retry_at, finished_at,
       NULL::boolean AS locked,
       lost + CASE WHEN handed_back OR outcome IS NOT NULL THEN 0 ELSE 1 END AS lost
FROM executor.leases;

-- Takes the next orders of these queues that an executor with these labels and actions may run; what is to end without
-- being begun, and an action that nobody has, is anybody's. Of orders that were lost `last_chance` times it takes one, or
-- none. An order that the ledger does not bear out (any more) goes without a word. The plan follows the index in its
-- order and looks each row up under its own key, whatever the statistics say of a table that is empty one moment and
-- full the next.
CREATE FUNCTION scheduler.take_orders(
    queues text[], most integer, labels jsonb, actions text[], last_chance integer, no_last_chance boolean
) RETURNS TABLE (
    run_id uuid, attempt integer, task_id uuid, trigger text, scheduled_for timestamptz, due_at timestamptz,
    requested_by text, missed_count integer, missed_since timestamptz, version bigint, name text, action text,
    action_config text, timeout_seconds integer, policy text, origin text, cancel_reason text, traceparent text
) LANGUAGE plpgsql SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH fitting AS MATERIALIZED (
        SELECT f.* FROM unnest(queues) AS q (name), LATERAL (
            SELECT w.ctid, w.run_id, w.attempt, w.rank, w.lost = last_chance AS is_last_chance,
                   coalesce(o.outcome = 'fired' AND NOT o.held AND NOT o.settled AND o.recalled_at IS NULL
                            AND o.attempt = w.attempt AND j.task_id IS NOT NULL, false) AS is_true,
                   w.task_id, o.trigger, o.scheduled_for, o.due_at, o.requested_by, o.missed_count, o.missed_since,
                   j.version, j.name, j.action, coalesce(o.params, j.action_config) AS action_config,
                   j.timeout_seconds, j.policy, o.origin, o.cancel_reason, o.traceparent
            FROM scheduler.orders w
                 LEFT JOIN scheduler.occurrences o ON o.run_id = w.run_id
                 LEFT JOIN scheduler.jobs j ON j.task_id = w.task_id
            WHERE w.queue = q.name AND NOT (w.lost = last_chance AND no_last_chance)
              AND (o.cancel_reason IS NOT NULL OR j.task_id IS NULL OR (
                  CASE WHEN j.policy LIKE '%"selector"%'
                       THEN coalesce((j.policy::jsonb #> '{selector,labels}') <@ labels, true) ELSE true END
                  AND (actions IS NULL OR j.action = ANY (actions) OR NOT EXISTS (
                      SELECT FROM executor.executors e  -- also one that an operator has closed for a while
                      WHERE j.action = ANY (e.actions) AND NOT e.draining AND w.queue = ANY (e.queues)
                        AND e.seen_at > clock_timestamp() - interval '30 seconds'))))
            ORDER BY w.rank LIMIT most FOR UPDATE OF w SKIP LOCKED
        ) f ORDER BY f.rank LIMIT most
    ), taken AS (
        DELETE FROM scheduler.orders w USING fitting f
        WHERE w.ctid = f.ctid AND (NOT f.is_last_chance OR f.run_id = (
            SELECT l.run_id FROM fitting l WHERE l.is_last_chance ORDER BY l.rank LIMIT 1))
        RETURNING f.run_id, f.attempt, f.task_id, f.trigger, f.scheduled_for, f.due_at, f.requested_by, f.missed_count,
                  f.missed_since, f.version, f.name, f.action, f.action_config, f.timeout_seconds, f.policy, f.origin,
                  f.cancel_reason, f.traceparent, f.is_true
    )
    SELECT t.run_id, t.attempt, t.task_id, t.trigger, t.scheduled_for, t.due_at, t.requested_by, t.missed_count,
           t.missed_since, t.version, t.name, t.action, t.action_config, t.timeout_seconds, t.policy, t.origin,
           t.cancel_reason, t.traceparent
    FROM taken t WHERE t.is_true;
END $$;
