-- The audit list is chained: each row's hash covers the one before, so that a row that was changed,
-- removed, put in or moved is found and named.
--
-- A row is sealed a moment after its transaction has committed, by one sealer at a time
-- (services/api/access/audit_sealing.py), in the order in which it finds them: no transaction waits
-- for another one's. `seal` counts without gaps; `id` may have some, and says nothing of the order
-- of commits.

CREATE TABLE api.audit_seals (
    seal     bigint PRIMARY KEY,               -- 1, 2, 3, …
    audit_id bigint NOT NULL UNIQUE,           -- no reference: that the row is gone is to be seen
    hash     bytea NOT NULL                    -- SHA-256 of the hash before and the row as exported
);

-- Committed and not sealed yet: rows of the last moment. Filled by a trigger, so nothing is missed,
-- however late a transaction commits.
CREATE TABLE api.audit_unsealed (
    audit_id bigint PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where the chain begins and where it ends now.
CREATE TABLE api.audit_chain (
    alone       boolean PRIMARY KEY DEFAULT true CHECK (alone),
    head_seal   bigint NOT NULL DEFAULT 0,
    head_hash   bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    anchor_seal bigint NOT NULL DEFAULT 0,     -- the last one that retention has removed
    anchor_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    anchored_at timestamptz
);
INSERT INTO api.audit_chain DEFAULT VALUES;
INSERT INTO api.audit_unsealed (audit_id) SELECT id FROM api.audit;

CREATE FUNCTION api.audit_to_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO api.audit_unsealed (audit_id) SELECT id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER to_seal AFTER INSERT ON api.audit REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION api.audit_to_seal();

-- Nobody lacks the right only: whoever has it by mistake is refused, too.
CREATE FUNCTION api.audit_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('automation.forgetting', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON api.audit
    FOR EACH STATEMENT EXECUTE FUNCTION api.audit_stays();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON api.audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION api.audit_stays();

-- The one way out: whole links from the beginning of the chain, when they are old enough. What is
-- left can be verified from the anchor on. Returns how many seals are gone.
CREATE FUNCTION api.forget_audit(days integer, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last bigint;
    link bytea;
    done integer;
BEGIN
    IF days < 30 THEN
        RAISE EXCEPTION 'the audit list is kept for at least 30 days'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM api.audit_chain FOR UPDATE;
    WITH oldest AS (
        SELECT s.seal, a.at < clock_timestamp() - make_interval(days => days) AS old
        FROM (SELECT seal, audit_id FROM api.audit_seals ORDER BY seal LIMIT most) s
        LEFT JOIN api.audit a ON a.id = s.audit_id
    )
    SELECT max(seal) INTO last FROM oldest
    WHERE old AND seal < coalesce((SELECT min(seal) FROM oldest WHERE NOT old), seal + 1);
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    SELECT hash INTO link FROM api.audit_seals WHERE seal = last;
    PERFORM set_config('automation.forgetting', 'on', true);
    DELETE FROM api.audit a USING api.audit_seals s WHERE s.seal <= last AND a.id = s.audit_id;
    DELETE FROM api.audit_seals WHERE seal <= last;
    GET DIAGNOSTICS done = ROW_COUNT;
    PERFORM set_config('automation.forgetting', 'off', true);
    UPDATE api.audit_chain
    SET anchor_seal = last, anchor_hash = link, anchored_at = clock_timestamp();
    RETURN done;
END $$;
