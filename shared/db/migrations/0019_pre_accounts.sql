-- Accounts of the platform, what is wanted of them and what is; the runtimes that keep them running.

CREATE TABLE api.accounts (
    id             uuid PRIMARY KEY,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    account_id     text NOT NULL UNIQUE,           -- as the platform names it
    display_name   text NOT NULL,
    script_id      text,                           -- the script that it plays
    environment    text NOT NULL DEFAULT 'production', -- whose published pointer it follows
    follows_since  timestamptz NOT NULL DEFAULT clock_timestamp(), -- this script, in this environment
    server_id      text NOT NULL DEFAULT 'default',-- whose runtime keeps it running
    group_ids      text[] NOT NULL DEFAULT '{}',
    tags           text[] NOT NULL DEFAULT '{}',
    active         boolean NOT NULL DEFAULT true,  -- false: no task starts it
    config         json NOT NULL DEFAULT '{}',
    version        bigint NOT NULL DEFAULT 1,      -- of what its owner wrote; the ETag
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by     text,

    -- What is wanted.
    desired        text NOT NULL DEFAULT 'stopped',-- running, stopped
    generation     bigint NOT NULL DEFAULT 1,      -- grows with every change of what is said to runtimes
    desired_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    desired_by     text,
    desired_run    uuid,                           -- the run that wants it; null: a person
    desired_for    timestamptz,                    -- scheduled_for of that run: the later one wins
    drain          json NOT NULL DEFAULT '{}',
    script_version text,                           -- the version it is to run (SHA-256); null: none
    previous_script_version text,
    hold_state     text,                           -- running, stopped: a person's word, until
    hold_until     timestamptz,                    -- this moment; 'infinity': until it is taken back
    hold_by        text,

    -- What its runtime says.
    state          text,                           -- null: no runtime has ever said anything
    state_since    timestamptz,
    not_working_since timestamptz,                 -- null: it works, or nobody has said anything
    state_seq      bigint NOT NULL DEFAULT 0,
    state_generation bigint NOT NULL DEFAULT 0,
    state_at       timestamptz,
    healthy        boolean,
    pid            bigint,
    restarts       integer NOT NULL DEFAULT 0,
    running_script_id      text,
    running_script_version text,
    detail         text,
    runtime_id     uuid
) WITH (fillfactor = 70);
CREATE INDEX accounts_script ON api.accounts (script_id) WHERE script_id IS NOT NULL;
CREATE INDEX accounts_server ON api.accounts (server_id, id);
CREATE INDEX accounts_tags ON api.accounts USING gin (tags);
CREATE INDEX accounts_groups ON api.accounts USING gin (group_ids);

-- Deleted ones whose runtime has still to stop them.
CREATE TABLE api.accounts_gone (
    id         uuid PRIMARY KEY,
    account_id text NOT NULL,
    server_id  text NOT NULL,
    generation bigint NOT NULL,
    gone_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE api.account_runtimes (
    runtime_id uuid PRIMARY KEY,
    instance   text NOT NULL,
    server_id  text NOT NULL,
    host       text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    running    integer NOT NULL,
    stopping   boolean NOT NULL DEFAULT false
);
CREATE INDEX account_runtimes_server ON api.account_runtimes (server_id, seen_at);
