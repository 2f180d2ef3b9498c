-- Which triggered tasks have changed of late, for whoever must judge an event by what is committed and
-- not by what the bus has told of it so far: an event may be quicker than the news of its task.

CREATE TABLE api.trigger_changes (
    task_id    uuid PRIMARY KEY,
    version    bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    revision   xid8 NOT NULL                      -- of the transaction, as in scheduler.jobs
) WITH (fillfactor = 70);
CREATE INDEX trigger_changes_revision ON api.trigger_changes (revision);
CREATE INDEX trigger_changes_oldest ON api.trigger_changes (changed_at);

CREATE FUNCTION api.note_trigger_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed_id uuid;
    changed_to bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        changed_id := OLD.id;
        changed_to := OLD.version + 1;
    ELSE
        changed_id := NEW.id;
        changed_to := NEW.version;
    END IF;
    INSERT INTO api.trigger_changes (task_id, version, changed_at, revision)
    VALUES (changed_id, changed_to, clock_timestamp(), pg_current_xact_id())
    ON CONFLICT (task_id) DO UPDATE
    SET version = excluded.version, changed_at = excluded.changed_at, revision = excluded.revision;
    RETURN NULL;
END $$;
CREATE TRIGGER note_created AFTER INSERT ON api.tasks FOR EACH ROW
    WHEN (NEW.task_type = 'triggered') EXECUTE FUNCTION api.note_trigger_change();
CREATE TRIGGER note_updated AFTER UPDATE OF version ON api.tasks FOR EACH ROW
    WHEN ('triggered' IN (OLD.task_type, NEW.task_type)) EXECUTE FUNCTION api.note_trigger_change();
CREATE TRIGGER note_deleted AFTER DELETE ON api.tasks FOR EACH ROW
    WHEN (OLD.task_type = 'triggered') EXECUTE FUNCTION api.note_trigger_change();

CREATE VIEW api.scheduler_trigger_changes AS SELECT task_id, version, revision FROM api.trigger_changes;

-- The tasks themselves, as events about them would tell (shared/contracts/tasks.py).
CREATE VIEW api.scheduler_changed_triggers AS
SELECT c.task_id, c.version, coalesce(t.updated_at, c.changed_at) AS changed_at, t.id IS NULL AS deleted,
       t.name, t.task_type, t.task_action, t.schedule_config, t.trigger_config, t.action_config,
       t.enabled, t.dependent_tasks, t.timeout_seconds, t.policy
FROM api.trigger_changes c LEFT JOIN api.tasks t ON t.id = c.task_id;
