-- What account runtimes said of each account, one row per change of state: for whoever asks why an
-- account is as it is. The newest of each account are kept (`store/account_history.py`).
CREATE TABLE api.account_transitions (
    seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account        uuid NOT NULL REFERENCES api.accounts ON DELETE CASCADE,
    at             timestamptz NOT NULL,           -- since when it is so, by the runtime's clock
    from_state     text,                           -- null: nothing was known of it
    to_state       text NOT NULL,
    generation     bigint NOT NULL,
    cause          uuid,                           -- the run that wanted it so
    healthy        boolean,
    pid            integer,
    restarts       integer NOT NULL,
    script_version text,                           -- the one that it says it runs
    detail         text
);
CREATE INDEX account_transitions_of ON api.account_transitions (account, seq DESC);
