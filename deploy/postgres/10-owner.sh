#!/bin/sh
# Makes the owner of the database as no superuser, once, when the official image makes its cluster:
# mount into /docker-entrypoint-initdb.d, set POSTGRES_USER=postgres and POSTGRES_DB=automation, and
# give db-owner.password as /run/secrets/db-owner.password (or say OWNER_PASSWORD_FILE).
# Whoever gets hold of the owner's password then has this database, not the machine.
set -eu
file="${OWNER_PASSWORD_FILE:-/run/secrets/db-owner.password}"
# In the environment of psql and through its own quoting: in no argument, and in no log of the server,
# which is not told of statements meanwhile.
OWNER_PASSWORD="$(cat "$file")" psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password OWNER_PASSWORD
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
CREATE ROLE automation_owner LOGIN CREATEROLE PASSWORD :'password';
SELECT format('ALTER DATABASE %I OWNER TO automation_owner', current_database()) \gexec
ALTER SCHEMA public OWNER TO automation_owner;
SQL
