-- People: who they are, how they log in, and what is known of it.

CREATE TABLE api.users (
    id                  uuid PRIMARY KEY,
    name                text NOT NULL,             -- as it is typed at the log-in, NFC
    name_key            text NOT NULL UNIQUE,      -- the same, folded: Ann and ann are one
    display_name        text NOT NULL,
    email               text,
    role                text NOT NULL CHECK (role IN ('viewer', 'operator', 'editor', 'admin')),
    language            text CHECK (language IN ('zh-TW', 'en')),  -- null: what the browser says
    password_hash       text,                      -- argon2id; null: none was chosen yet
    password_changed_at timestamptz,
    disabled_at         timestamptz,
    logged_in_at        timestamptz,
    version             integer NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by          text,
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A browser that somebody is logged in with. The cookie holds 256 random bits, this their hash.
CREATE TABLE api.sessions (
    id          uuid PRIMARY KEY,                  -- names it in lists; opens nothing
    secret_hash bytea NOT NULL UNIQUE,
    user_id     uuid NOT NULL REFERENCES api.users ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),  -- to the minute
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,                       -- logged out, revoked, or overtaken
    ip          text,
    user_agent  text
);
CREATE INDEX sessions_of_user ON api.sessions (user_id, created_at);
CREATE INDEX sessions_age ON api.sessions (expires_at);

-- Links that let their holder choose a password, once.
CREATE TABLE api.password_links (
    secret_hash bytea PRIMARY KEY,
    user_id     uuid REFERENCES api.users ON DELETE CASCADE,  -- null: makes the first admin
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX password_links_of_user ON api.password_links (user_id);

-- Passwords that were tried, by account and by address; here, so that no restart forgets them.
CREATE TABLE api.login_attempts (
    subject text PRIMARY KEY,                      -- account:<hash of the name>, ip:<address>
    tries   integer NOT NULL,
    last_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL                   -- no further try before
);
CREATE INDEX login_attempts_age ON api.login_attempts (last_at);

ALTER TABLE api.tokens
    ADD COLUMN user_id uuid REFERENCES api.users ON DELETE CASCADE,  -- null: nobody's, a service's
    ADD COLUMN last_used_ip text;
CREATE INDEX tokens_of_user ON api.tokens (user_id) WHERE user_id IS NOT NULL;

ALTER TABLE api.audit
    ADD COLUMN user_id uuid,                       -- stays when the user is gone
    ADD COLUMN ip text,
    ADD COLUMN request_id text;
