#!/bin/sh
# What the official entry point does when it runs as its own user: initdb on an empty folder, the
# database POSTGRES_DB, then the server with whatever arguments it was given.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=$(mktemp)
  cat "${POSTGRES_PASSWORD_FILE:-/dev/null}" >"$password"
  [ -s "$password" ] || printf '%s\n' "${POSTGRES_PASSWORD:?no password}" >"$password"
  # shellcheck disable=SC2086 # as the official one: several arguments in one variable
  initdb --username="${POSTGRES_USER:-postgres}" --pwfile="$password" ${POSTGRES_INITDB_ARGS:-}
  PGPASSWORD=$(cat "$password")
  export PGPASSWORD
  rm "$password"
  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses='' $(printf '%s ' "$@" | sed 's/^postgres//')" start
  psql -v ON_ERROR_STOP=1 --no-password -U "${POSTGRES_USER:-postgres}" -d postgres \
    -c "CREATE DATABASE \"${POSTGRES_DB:-postgres}\""
  for script in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$script" ] || continue
    psql -v ON_ERROR_STOP=1 --no-password -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-postgres}" -f "$script"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
