#!/bin/sh
# Starts the database of the end-to-end tests; see target.ts.
set -eu
export PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/data PGHOST=/tmp PGUSER=postgres
umask 077
if [ -e /tls/tls.key ]; then
  cp /tls/tls.crt "$PGDATA/server.crt"
  cp /tls/tls.key "$PGDATA/server.key"
else
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$(hostname)" \
    -keyout "$PGDATA/server.key" -out "$PGDATA/server.crt" 2>/dev/null
fi
pg_ctl start --silent --wait -o "-c listen_addresses=''"
for script in /setup/*.sql; do
  if [ -e "$script" ]; then psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --file "$script"; fi
done
pg_ctl stop --silent --wait --mode=fast
exec postgres
