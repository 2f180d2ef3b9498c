-- People who log in elsewhere: at an OpenID provider, or at a proxy that is trusted.

-- Who a user is there. Never found by name or address: those can be given to somebody else.
CREATE TABLE api.identities (
    issuer     text NOT NULL,                  -- the provider's address; `proxy` for a header
    subject    text NOT NULL,                  -- what it calls them; never changes, never reused
    user_id    uuid NOT NULL REFERENCES api.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at    timestamptz,                    -- the last log-in
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_of_user ON api.identities (user_id);

-- Log-ins that are under way at the provider. Each is taken once.
CREATE TABLE api.oidc_logins (
    state_hash   bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,               -- of the cookie of the browser that began it
    nonce        text NOT NULL,
    verifier     text NOT NULL,                -- PKCE
    next         text NOT NULL,                -- where they wanted to go
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX oidc_logins_age ON api.oidc_logins (created_at);

ALTER TABLE api.sessions ADD COLUMN via text NOT NULL DEFAULT 'password';  -- or `oidc`
