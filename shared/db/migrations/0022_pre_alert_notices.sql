-- Whom alerts are told: silences and settings (the API's), groups (the notifier's); and what the API
-- measures of the others.

CREATE TABLE api.alert_silences (
    id          uuid PRIMARY KEY,
    seq         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    matchers    json NOT NULL,                     -- [{name, op, value}], all of which must match
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,              -- the alert is told again from here on
    author      text NOT NULL,
    comment     text NOT NULL,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text
);
CREATE INDEX alert_silences_ends ON api.alert_silences (ends_at);

CREATE TABLE api.alert_settings (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    group_by    text[] NOT NULL DEFAULT '{alertname}', -- {...}: each alert by itself
    group_wait_seconds integer NOT NULL DEFAULT 30,
    group_interval_seconds integer NOT NULL DEFAULT 300,
    repeat_interval_seconds integer NOT NULL DEFAULT 14400,
    send_resolved boolean NOT NULL DEFAULT true,
    inhibitions json NOT NULL DEFAULT '[]',        -- [{source, target: matchers, equal: labels}]
    version     bigint NOT NULL DEFAULT 1,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by  text
);
INSERT INTO api.alert_settings DEFAULT VALUES;

CREATE VIEW api.notifier_alert_silences AS
SELECT id, matchers, starts_at, ends_at FROM api.alert_silences;
CREATE VIEW api.notifier_alert_settings AS
SELECT group_by, group_wait_seconds, group_interval_seconds, repeat_interval_seconds, send_resolved,
       inhibitions
FROM api.alert_settings;
CREATE INDEX alerts_of_fingerprint ON api.alerts (fingerprint, seq);
-- `recipients`: channels by name, or addresses; null: the rule is gone.
CREATE VIEW api.notifier_alerts AS
SELECT a.id, a.seq, a.fingerprint, a.rule_id, a.rule_name, a.state, a.level, a.reason, a.labels,
       a.annotations, a.value, a.fired_at, a.resolved_at, a.resolved_because,
       CASE WHEN r.id IS NULL THEN NULL
            WHEN r.notification_target IS NULL THEN '{}'::text[]
            ELSE array_remove(regexp_split_to_array(btrim(r.notification_target), '\s*,\s*'), '') END
           AS recipients
FROM api.alerts a LEFT JOIN api.alert_rules r ON r.id = a.rule_id
WHERE a.state IN ('firing', 'resolved') AND a.fired_at IS NOT NULL;

-- What one channel is told together.
CREATE TABLE notify.alert_groups (
    id          uuid PRIMARY KEY,
    channel     text NOT NULL,                     -- a channel's name, or an e-mail address
    labels      json NOT NULL,                     -- that its alerts have in common
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    flush_at    timestamptz NOT NULL,              -- when it is looked at again
    looked_at   timestamptz,                       -- null: never yet
    told_at     timestamptz,                       -- null: the channel was told nothing yet
    told_firing text[] NOT NULL DEFAULT '{}',      -- fingerprints that it believes fire
    told_resolved text[] NOT NULL DEFAULT '{}'     -- and of those whose end it was told last
) WITH (fillfactor = 70);
CREATE INDEX alert_groups_due ON notify.alert_groups (flush_at);
CREATE TABLE notify.alert_members (
    channel     text NOT NULL,
    fingerprint text NOT NULL,
    group_id    uuid NOT NULL,                     -- no reference: nobody waits for a group's row
    facts       json NOT NULL,                     -- the alert as it was last seen
    PRIMARY KEY (channel, fingerprint)
);
CREATE INDEX alert_members_of ON notify.alert_members (group_id);
CREATE VIEW notify.api_alert_groups AS
SELECT g.id, g.channel, g.labels, g.opened_at, g.flush_at, g.told_at, g.told_firing,
       ARRAY(SELECT m.fingerprint FROM notify.alert_members m WHERE m.group_id = g.id ORDER BY 1)
           AS members
FROM notify.alert_groups g;

-- A message is about a task's run, or about a group of alerts.
ALTER TABLE notify.deliveries
    ALTER COLUMN run_id DROP NOT NULL,
    ALTER COLUMN task_id DROP NOT NULL,
    ADD COLUMN group_id uuid;
CREATE INDEX deliveries_of_group ON notify.deliveries (group_id)
    WHERE group_id IS NOT NULL AND state IN ('waiting', 'failed');
CREATE OR REPLACE VIEW notify.api_deliveries AS
SELECT id, run_id, task_id, event, channel, incident_id, state, tries, next_try_at, answer,
       created_at, ended_at, group_id
FROM notify.deliveries;

-- What the API measures of others.
CREATE VIEW log.api_recent_runs AS
SELECT run_id, task_id, status, duration_seconds, recorded_at FROM log.runs WHERE final;
CREATE VIEW log.api_silences AS
SELECT task_id, since, raised_at FROM log.silences WHERE closed_at IS NULL;
CREATE INDEX dead_letters_age ON log.dead_letters USING brin (created_at);
