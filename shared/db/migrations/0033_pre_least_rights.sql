-- What every service may do ends at its own user (shared/db/grants states who may what, and is applied after these
-- files). Here is what rights need of the schema: things that nobody may do, and things that only an owner can do, as
-- functions that do nothing else.

-- A final row of the log is final for everybody, whatever a statement says.
CREATE FUNCTION log.keep_final_run() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the final row of a run never changes' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep BEFORE UPDATE ON log.runs FOR EACH ROW WHEN (OLD.final) EXECUTE FUNCTION log.keep_final_run();

-- Only the owner of an index may tell it of new pages. The lock is one that a vacuum has, too, and a vacuum in whose way
-- somebody stands for a second is cancelled: rather not this time.
CREATE FUNCTION log.summarize_runs() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '100ms' AS $$
BEGIN
    PERFORM brin_summarize_new_values('log.runs_recorded');
EXCEPTION WHEN lock_not_available THEN
    NULL;
END $$;

-- Whoever locks a row through a view needs the right to update one of its columns. This one cannot be updated, as no
-- column of a table lies behind it: the scheduler keeps a lease as it is for a moment, and can change nothing of it.
CREATE OR REPLACE VIEW executor.scheduler_leases AS
SELECT run_id, task_id, attempt, lease_until, outcome, claimed_at, retry_at, finished_at,
       NULL::boolean AS locked
FROM executor.leases;
