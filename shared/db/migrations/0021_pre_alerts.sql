-- Alert rules, what their checks found, and how each alert came and went.

CREATE TABLE api.alert_rules (
    id             uuid PRIMARY KEY,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name           text NOT NULL UNIQUE,
    description    text,
    rule_type      text NOT NULL,                  -- error_rate, ..., promql, http, sql
    alert_level    text NOT NULL,                  -- error, warning, info
    threshold_operator text NOT NULL,              -- > >= < <= == !=
    threshold_value double precision NOT NULL,
    enabled        boolean NOT NULL,
    notification_method text,                      -- email, webhook, telegram, channels; null: nobody is told
    notification_target text,
    rule_conditions json NOT NULL,                 -- of what is measured here: which tasks, accounts, ...
    query          json NOT NULL,                  -- of promql, http, sql: where to look; else null
    window_seconds integer NOT NULL,
    interval_seconds integer NOT NULL,             -- how often it is meant to be checked
    for_seconds    integer NOT NULL,
    keep_firing_for_seconds integer NOT NULL,
    after_samples  integer,                        -- instead of for_seconds: so many in a row
    clear_samples  integer,                        -- instead of keep_firing_for_seconds
    no_data        text NOT NULL,                  -- alerting, ok, keep_last, nodata
    on_error       text NOT NULL,                  -- alerting, ok, keep_last, error
    labels         json NOT NULL,
    annotations    json NOT NULL,
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by     text
);

-- One row for each run that has judged a rule: judging twice changes nothing. Kept for an hour.
CREATE TABLE api.alert_checks (
    rule_id        uuid NOT NULL REFERENCES api.alert_rules ON DELETE CASCADE,
    run_id         uuid NOT NULL,
    attempt        integer NOT NULL,
    began_at       timestamptz NOT NULL,           -- before anything was measured
    checked_at     timestamptz NOT NULL,
    since_last     interval,                       -- after the check before; null: there was none
    samples        integer NOT NULL,
    error          text,                           -- why it could not be measured
    errors_in_a_row integer NOT NULL,
    answer         json NOT NULL,                  -- what the action heard
    PRIMARY KEY (rule_id, run_id)
);
CREATE INDEX alert_checks_last ON api.alert_checks (rule_id, checked_at);

-- One row from pending to resolved; what comes again is a new row.
CREATE TABLE api.alerts (
    id             uuid PRIMARY KEY,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    rule_id        uuid NOT NULL,                  -- no reference: an alert outlives its rule
    rule_name      text NOT NULL,
    fingerprint    text NOT NULL,                  -- of rule and series; the same each time it comes
    state          text NOT NULL,                  -- pending, firing, resolved
    level          text NOT NULL,                  -- error, warning, info
    reason         text,                           -- nodata, error: nothing was measured
    series         jsonb NOT NULL,                 -- the labels that were measured
    labels         jsonb NOT NULL,                 -- with those of the rule, alertname and severity
    annotations    json NOT NULL,
    value          double precision,
    active_at      timestamptz NOT NULL,
    met_at         timestamptz NOT NULL,           -- when the condition last held
    unmet_since    timestamptz,                    -- firing, though the condition holds no more
    met_samples    integer NOT NULL,               -- in a row
    unmet_samples  integer NOT NULL,
    fired_at       timestamptz,
    resolved_at    timestamptz,
    resolved_because text,                         -- rule_deleted, rule_disabled; null: it is over
    evaluated_at   timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledged_comment text
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX alerts_open ON api.alerts (rule_id, fingerprint) WHERE state <> 'resolved';
CREATE INDEX alerts_of_rule ON api.alerts (rule_name, state, seq);
CREATE INDEX alerts_of_labels ON api.alerts USING gin (labels jsonb_path_ops);
CREATE INDEX alerts_over ON api.alerts (resolved_at) WHERE state = 'resolved';

CREATE TABLE api.alert_transitions (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id       uuid NOT NULL REFERENCES api.alerts ON DELETE CASCADE,
    state          text NOT NULL,                  -- pending, firing, resolved, acknowledged
    at             timestamptz NOT NULL,
    value          double precision,
    run_id         uuid,                           -- whose check it was; null: a person
    actor          text,                           -- that person
    comment        text
);
CREATE INDEX alert_transitions_of ON api.alert_transitions (alert_id, id);
