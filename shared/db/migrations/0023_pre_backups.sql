-- Which backups there are; the files say for themselves what they are, this is how people find them.

CREATE TABLE api.backups (
    id            uuid PRIMARY KEY,                 -- that of the run that made it
    task_id       uuid NOT NULL,
    run_id        uuid NOT NULL,
    source        text NOT NULL,                    -- database, and a digest of its server's identity
    method        text NOT NULL,                    -- pg_dump_custom, pg_dump_directory
    storage       text NOT NULL,                    -- folder, s3
    location      text NOT NULL,
    state         text NOT NULL DEFAULT 'running'
        CHECK (state IN ('running', 'unverified', 'verified', 'failed', 'pruned')),
    size          bigint,
    sha256        text,
    key_id        text,                             -- whom it is encrypted to; null: it is not
    manifest      json,
    error         text,                             -- why there is none, or why it is not verified
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    verified_at   timestamptz,                      -- when it last passed what it had to pass
    verified_level text,                            -- manifest, restore
    pruned_at     timestamptz,
    version       bigint NOT NULL DEFAULT 1
);
CREATE INDEX backups_newest ON api.backups (started_at, id);
CREATE INDEX backups_of_task ON api.backups (task_id, started_at, id);
CREATE INDEX backups_fresh ON api.backups (task_id, verified_at) WHERE state = 'verified';
CREATE INDEX backups_running ON api.backups (task_id) WHERE state = 'running';
