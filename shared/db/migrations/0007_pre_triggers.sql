-- Tasks that events start: who listens, what was seen, what is counted and collected meanwhile.

-- The transaction in which a triggered task was last changed. Whoever remembers the oldest
-- transaction that was under way when it last looked finds all that changed since, with no lock
-- and no counter that all writers would wait for.
ALTER TABLE scheduler.jobs ADD COLUMN trigger_revision xid8;
UPDATE scheduler.jobs SET trigger_revision = pg_current_xact_id() WHERE trigger_config IS NOT NULL;
CREATE INDEX jobs_trigger_revision ON scheduler.jobs (trigger_revision)
    WHERE trigger_revision IS NOT NULL;

CREATE FUNCTION scheduler.note_trigger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.trigger_config IS NOT NULL
       OR TG_OP = 'UPDATE' AND OLD.trigger_revision IS NOT NULL THEN
        NEW.trigger_revision := pg_current_xact_id();
    END IF;
    RETURN NEW;
END $$;
-- Of `version`: the steps of a schedule change other columns and are none of its business.
CREATE TRIGGER note_trigger_change BEFORE INSERT OR UPDATE OF version ON scheduler.jobs
    FOR EACH ROW EXECUTE FUNCTION scheduler.note_trigger_change();

-- Events that were handled, whether or not they started anything: for a day, the same event is
-- nothing new.
CREATE TABLE scheduler.events_seen (
    event_key bytea PRIMARY KEY,                  -- sha256 of source, newline, id
    seen_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX events_seen_age ON scheduler.events_seen (seen_at);
CREATE VIEW scheduler.api_events_seen AS SELECT event_key, seen_at FROM scheduler.events_seen;

-- What triggers remember between events. Whoever reads or writes a row holds the lock of its job.
CREATE TABLE scheduler.trigger_states (
    task_id    uuid NOT NULL,
    kind       text NOT NULL,                     -- count, rate, batch, debounce, throttle
    key        text NOT NULL,                     -- JSON of the values that tell keys apart
    version    bigint NOT NULL,                   -- of the task
    body       text NOT NULL,                     -- JSON; what it is depends on the kind
    due_at     timestamptz,                       -- when it fires by itself
    expires_at timestamptz,                       -- when it means nothing any more; null: never
    PRIMARY KEY (task_id, kind, key)
) WITH (fillfactor = 70);
CREATE INDEX trigger_states_due ON scheduler.trigger_states (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX trigger_states_expired ON scheduler.trigger_states (expires_at)
    WHERE due_at IS NULL AND expires_at IS NOT NULL;
