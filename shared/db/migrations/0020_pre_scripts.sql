-- Scripts, their versions, which version is published where, and the publishing of each.

CREATE TABLE api.scripts (
    script_id    text PRIMARY KEY,                 -- as the platform names it
    seq          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name         text NOT NULL,
    description  text,
    status       text NOT NULL DEFAULT 'draft',    -- of the newest version: draft, reviewing, ...
    version      integer NOT NULL,                 -- the number of the newest
    published_at timestamptz,                      -- the last time that any version was
    row_version  bigint NOT NULL DEFAULT 1,        -- of this row; the ETag
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text
);

CREATE TABLE api.script_versions (
    script_id      text NOT NULL REFERENCES api.scripts ON DELETE CASCADE,
    number         integer NOT NULL,
    version        text NOT NULL,                  -- SHA-256 of yaml_content
    yaml_content   text NOT NULL,                  -- canonical
    change_summary text,
    parent         integer,                        -- the number that it was made from
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by     text,
    approved_at    timestamptz,
    approved_by    text,
    PRIMARY KEY (script_id, number)
);
CREATE INDEX script_versions_version ON api.script_versions (version);

CREATE FUNCTION api.keep_script_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a script never changes';
END $$;
CREATE TRIGGER keep BEFORE UPDATE ON api.script_versions FOR EACH ROW
    WHEN ((OLD.script_id, OLD.number, OLD.version, OLD.yaml_content, OLD.created_at)
          IS DISTINCT FROM (NEW.script_id, NEW.number, NEW.version, NEW.yaml_content, NEW.created_at))
    EXECUTE FUNCTION api.keep_script_version();

CREATE TABLE api.script_pointers (
    script_id       text NOT NULL REFERENCES api.scripts ON DELETE CASCADE,
    environment     text NOT NULL,
    version         text NOT NULL,
    number          integer NOT NULL,
    previous        text,
    previous_number integer,
    revision        bigint NOT NULL DEFAULT 1,     -- grows with every move
    published_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by    text,
    run_id          uuid,
    PRIMARY KEY (script_id, environment)
);

-- One row per run that publishes. Its key is what a repeated attempt finds its way back by.
CREATE TABLE api.script_publications (
    run_id       uuid PRIMARY KEY,
    script_id    text NOT NULL REFERENCES api.scripts ON DELETE CASCADE,
    environment  text NOT NULL,
    number       integer NOT NULL,
    version      text NOT NULL,
    from_version text,                             -- what was published when it began
    revision     bigint NOT NULL,                  -- of the pointer then; 0: there was none
    rollback     boolean NOT NULL,
    state        text NOT NULL DEFAULT 'running',  -- running, published, rolling_back, rolled_back,
                                                   -- paused, abandoned
    reason       text,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz
);
-- Two publishings of one script never run at once.
CREATE UNIQUE INDEX script_publications_one ON api.script_publications (script_id)
    WHERE state IN ('running', 'rolling_back');
CREATE INDEX script_publications_script ON api.script_publications (script_id, started_at);

CREATE TABLE api.script_publication_targets (
    run_id      uuid NOT NULL REFERENCES api.script_publications ON DELETE CASCADE,
    id          uuid NOT NULL,                     -- the account
    account_id  text NOT NULL,
    found       text,                              -- the version that it had when this began
    was_running boolean NOT NULL,                  -- it can report what it runs
    given       boolean NOT NULL DEFAULT false,    -- it has had its turn, whatever came after
    PRIMARY KEY (run_id, id)
);
