-- Who changed what, written in the transaction of the change; and secrets, which never come out.

CREATE TABLE api.audit (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor        text NOT NULL,                    -- the name of the token, or the name of the task
    token_id     text,                             -- null: an action did it
    run_id       uuid,                             -- the run whose action did it
    verb         text NOT NULL,                    -- account.created, script.published, ...
    subject_kind text NOT NULL,                    -- account, script, alert_rule, ...
    subject_id   text NOT NULL,                    -- as people name it
    before       json,                             -- what a reader may see of it; null: it was not there
    after        json
);
CREATE INDEX audit_of_subject ON api.audit (subject_kind, subject_id, id);
CREATE INDEX audit_age ON api.audit USING brin (at);

CREATE TABLE api.secrets (
    name         text PRIMARY KEY,
    description  text,
    sealed       bytea NOT NULL,                   -- AES-256-GCM, bound to `secret:<name>`
    key_id       text NOT NULL,                    -- the key that opens it
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by   text
);
CREATE VIEW api.executor_secrets AS SELECT name, sealed, key_id FROM api.secrets;
