#!/bin/bash
# Runs once, when the database's volume is empty: the portal's roles, the first two with their passwords (see roles.sql).
set -euo pipefail
: "${DATABASE_OWNER_PASSWORD:?}" "${DATABASE_APP_PASSWORD:?}"
psql --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-wfh}" --file "${ROLES_SQL:-/deploy/roles.sql}"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-wfh}" << 'SQL'
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv app_password DATABASE_APP_PASSWORD
SET log_statement = 'none';
ALTER ROLE wfh_owner PASSWORD :'owner_password';
ALTER ROLE wfh_app PASSWORD :'app_password';
SQL
