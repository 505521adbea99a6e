-- The three roles of the portal and what stands in its database before the first migration. Run by a superuser with psql,
-- connected to the portal's database; it may be run again at any time. `make demo`, `make test` and deploy/db-init.sh use it.
--   wfh_owner  owns the schema and migrates
--   wfh_app    the web and the workers; owns nothing, so it can neither alter a table nor drop a trigger
--   wfh_report statistics and reports: reads, writes nothing, sees no secret. Without a password it cannot log in.
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY['wfh_owner', 'wfh_app', 'wfh_report']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE wfh_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE wfh_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE wfh_report LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5;
ALTER ROLE wfh_report SET default_transaction_read_only = on;
ALTER ROLE wfh_report SET statement_timeout = '5min';
-- SET ROLE only, nothing inherited: tests of the rights of both step down into them.
GRANT wfh_app, wfh_report TO wfh_owner WITH INHERIT FALSE, SET TRUE;

SELECT format('ALTER DATABASE %I OWNER TO wfh_owner', current_database()) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO wfh_app', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO wfh_report', current_database()) \gexec
ALTER SCHEMA public OWNER TO wfh_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wfh_app, wfh_report;

-- What wfh_app and wfh_report may do with each table is granted and revoked by the migrations.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
