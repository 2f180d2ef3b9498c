-- What the API owns: tasks as operators defined them, who may ask, and what is still to be said.
CREATE SCHEMA api;

CREATE TABLE api.tasks (
    id                uuid PRIMARY KEY,
    seq               bigint GENERATED ALWAYS AS IDENTITY,
    name              text NOT NULL,
    description       text,
    task_type         text NOT NULL,
    task_action       text NOT NULL,
    -- json, not jsonb: kept as it was written, so that 1e300 does not grow to 300 digits in every message
    schedule_config   json,
    trigger_config    json,
    action_config     json NOT NULL DEFAULT '{}',
    enabled           boolean NOT NULL DEFAULT true,
    dependent_tasks   uuid[] NOT NULL DEFAULT '{}',
    timeout_seconds   integer NOT NULL DEFAULT 3600,
    notify_on_success boolean NOT NULL DEFAULT false,
    notify_on_failure boolean NOT NULL DEFAULT true,
    notify_recipients text[] NOT NULL DEFAULT '{}',
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text
);
CREATE INDEX tasks_newest ON api.tasks (seq DESC);

-- State and message are committed together; the relay publishes what lies here and deletes it.
CREATE TABLE api.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL,
    subject    text NOT NULL,
    message_id text NOT NULL,
    payload    bytea NOT NULL,
    awaits     uuid[],                      -- runs that must be in the ledger before this is forgotten
    sent       integer NOT NULL DEFAULT 0,  -- how often it was published
    sent_at    timestamptz,                 -- null: to be published
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_oldest_of_key ON api.outbox (key, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_unheard ON api.outbox (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE api.tokens (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    secret_hash  bytea NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

-- The first answer to a request that carried an Idempotency-Key, replayed for a day.
CREATE TABLE api.idempotency (
    token_id   text NOT NULL,
    key        text NOT NULL,
    fingerprint bytea NOT NULL,
    status     integer,
    headers    jsonb,
    body       bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (token_id, key)
);
CREATE INDEX idempotency_oldest ON api.idempotency (created_at);
