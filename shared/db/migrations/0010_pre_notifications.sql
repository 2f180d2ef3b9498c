-- Notifications: channels (the API's), and what the notifier judged, told and is still to tell.
CREATE SCHEMA notify;

CREATE TABLE api.channels (
    name        text PRIMARY KEY,
    kind        text NOT NULL,                    -- email, webhook, alertmanager, apprise
    description text,
    enabled     boolean NOT NULL DEFAULT true,
    config      json NOT NULL,                    -- what anybody may see
    secret      bytea,                            -- AES-GCM of a JSON object; never shown again
    target      text,                             -- what of the secret's address may be shown
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by  text
);

CREATE VIEW api.notifier_channels AS
SELECT name, kind, enabled, config, secret FROM api.channels;
-- `talks`: also what went well is to be told.
CREATE VIEW api.notifier_tasks AS
SELECT id, name, notify_on_success, notify_on_failure, notify_recipients, policy, created_by, enabled,
       notify_on_success OR policy -> 'notify' IS NOT NULL AS talks
FROM api.tasks;

-- Whoever reads the log in the order in which it was written needs to find its place.
CREATE INDEX runs_recorded ON log.runs
    USING brin (recorded_at) WITH (autosummarize = on, pages_per_range = 32);
CREATE VIEW log.notifier_runs AS
SELECT run_id, task_id, trigger, status, final, attempt, scheduled_for, started_at, completed_at,
       result, error_message, recorded_at
FROM log.runs;

-- A row may get another outcome long after it was entered (expired, cancelled): it is news then.
ALTER TABLE scheduler.occurrences ADD COLUMN decided_at timestamptz;
CREATE FUNCTION scheduler.note_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER note_decision BEFORE UPDATE OF outcome, cancelled_at ON scheduler.occurrences
    FOR EACH ROW WHEN (OLD.outcome IS DISTINCT FROM NEW.outcome
                       OR OLD.cancelled_at IS DISTINCT FROM NEW.cancelled_at)
    EXECUTE FUNCTION scheduler.note_decision();
CREATE INDEX occurrences_decided ON scheduler.occurrences ((coalesce(decided_at, created_at)))
    WHERE outcome <> 'fired';
-- What was taken back a moment ago may still turn out to have been claimed: then it did run.
CREATE VIEW scheduler.notifier_occurrences AS
SELECT run_id, task_id, trigger, scheduled_for, due_at, outcome, reason, missed_count, missed_since,
       coalesce(decided_at, created_at) AS decided_at
FROM scheduler.occurrences
WHERE outcome <> 'fired' AND cancelled_at IS NULL;
-- Due, and nobody has begun it.
CREATE VIEW executor.notifier_leases AS SELECT run_id, attempt, outcome FROM executor.leases;
CREATE VIEW scheduler.notifier_waiting AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.waits_for
FROM scheduler.occurrences o
WHERE NOT o.settled AND o.outcome = 'fired' AND o.attempt = 1
  AND NOT EXISTS (SELECT FROM executor.notifier_leases l WHERE l.run_id = o.run_id OFFSET 0);

-- When a run was due, which may be later than its nominal time.
CREATE VIEW scheduler.notifier_due AS SELECT run_id, due_at FROM scheduler.occurrences;

-- One row per fact that was judged; a fact that is heard twice is told once.
CREATE TABLE notify.judged (
    run_id    uuid NOT NULL,
    kind      text NOT NULL,                      -- started, ended, outcome, late
    judged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, kind)
);
CREATE INDEX judged_age ON notify.judged USING brin (judged_at);

-- Up to here a source has been read to its end.
CREATE TABLE notify.watermarks (source text PRIMARY KEY, until timestamptz NOT NULL);
INSERT INTO notify.watermarks
SELECT source, clock_timestamp() FROM unnest(ARRAY['runs', 'occurrences', 'silences']) AS source;

-- Whoever holds a task's row decides about it; an end older than `last_at` changes no incident.
CREATE TABLE notify.series (task_id uuid PRIMARY KEY, last_at timestamptz);

-- Failures of one class of one task, from the first one until it went well again.
CREATE TABLE notify.incidents (
    id            uuid PRIMARY KEY,
    task_id       uuid NOT NULL,
    class         text NOT NULL,                  -- failure, timed_out, needs_operator, missed, silent
    opened_at     timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    count         integer NOT NULL,
    first_run_id  uuid NOT NULL,
    last_run_id   uuid NOT NULL,
    last_error    text,
    told_at       timestamptz,                    -- null: nobody was told yet
    closed_at     timestamptz,
    closed_by     uuid                            -- the run that went well
);
CREATE UNIQUE INDEX incidents_open ON notify.incidents (task_id, class) WHERE closed_at IS NULL;
CREATE INDEX incidents_newest ON notify.incidents (opened_at, id);

CREATE TABLE notify.deliveries (
    id          uuid PRIMARY KEY,
    run_id      uuid NOT NULL,
    task_id     uuid NOT NULL,
    event       text NOT NULL,                    -- what is told: failure, recovered, late, ...
    channel     text NOT NULL,                    -- a channel's name, or an e-mail address
    facts       json NOT NULL,                    -- what the message is made of
    incident_id uuid,
    state       text NOT NULL DEFAULT 'waiting',  -- waiting, failed (tried again), sent, given_up, folded
    folded_into uuid,                             -- the message that tells how many were folded
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer      text,                             -- what the other side said last
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    UNIQUE (run_id, event, channel)
) WITH (fillfactor = 80);
CREATE INDEX deliveries_due ON notify.deliveries (next_try_at) WHERE state IN ('waiting', 'failed');
CREATE INDEX deliveries_in_order ON notify.deliveries (task_id, channel)
    WHERE state IN ('waiting', 'failed') AND incident_id IS NOT NULL;
CREATE INDEX deliveries_folded ON notify.deliveries (folded_into) WHERE folded_into IS NOT NULL;
-- How much each channel was told lately: the row is held by whoever adds to it.
CREATE TABLE notify.allowances (
    channel text PRIMARY KEY,
    since   timestamptz NOT NULL,                 -- its while began
    told    integer NOT NULL                      -- messages within it
);
CREATE INDEX deliveries_newest ON notify.deliveries (created_at, id);
CREATE INDEX deliveries_of_task ON notify.deliveries (task_id, created_at, id);

CREATE VIEW notify.api_deliveries AS
SELECT id, run_id, task_id, event, channel, incident_id, state, tries, next_try_at, answer,
       created_at, ended_at
FROM notify.deliveries;
CREATE VIEW notify.api_incidents AS
SELECT id, task_id, class, opened_at, updated_at, count, first_run_id, last_run_id, last_error,
       told_at, closed_at, closed_by
FROM notify.incidents;
