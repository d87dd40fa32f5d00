-- Once per database, by the server's owner (superuser); idempotent. Creates the roles, takes away what PUBLIC
-- gets by default, and reads the server's log for failed sign-ins. PostgreSQL 15 to 18.
DO $$
DECLARE r text;
BEGIN
  IF to_regrole('cd_owner') IS NULL THEN CREATE ROLE cd_owner NOLOGIN CREATEROLE; END IF;
  GRANT pg_signal_backend TO cd_owner;            -- forced sign-out
  EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_owner', current_database());
  EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  -- cd_owner creates the groups itself: PostgreSQL 16 and later then give it ADMIN OPTION on them, and on 15
  -- CREATEROLE is enough, so that the same definer functions work on both
  SET LOCAL ROLE cd_owner;
  FOREACH r IN ARRAY ARRAY['cd_staff','cd_admin','cd_doctor','cd_nurse','cd_receptionist','cd_pharmacist'] LOOP
    IF to_regrole(r) IS NULL THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
  END LOOP;
  GRANT cd_staff TO cd_admin, cd_doctor, cd_nurse, cd_receptionist, cd_pharmacist;
  RESET ROLE;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO cd_staff', current_database());
END $$;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cd_staff;
GRANT ALL ON SCHEMA public TO cd_owner;
CREATE SCHEMA IF NOT EXISTS cd AUTHORIZATION cd_owner;
GRANT USAGE ON SCHEMA cd TO cd_staff;
ALTER DEFAULT PRIVILEGES FOR ROLE cd_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- advisory locks (one could block all bookings), large objects and pg_notify() are not for people
DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace
      AND (proname ~ '^pg_(try_)?advisory' OR proname IN ('lo_create', 'lo_creat', 'lo_from_bytea', 'lo_import', 'pg_notify', 'pg_logical_emit_message')) LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cd_owner', f);
  END LOOP;
END $$;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
-- per database: settings of a group role are not inherited by its members
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = %L', current_database(), '60s');
  EXECUTE format('ALTER DATABASE %I SET statement_timeout = %L', current_database(), '30s');
  EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
END $$;

-- Lockout without a daemon. Failed sign-ins appear in the server's log only, so a definer function reads its tail.
-- Needs log_destination=csvlog, logging_collector=on, lc_messages=C; without them it answers NULL ('not checked').
CREATE TABLE IF NOT EXISTS cd.login_failures(at timestamptz, login_role name, host text);
CREATE TABLE IF NOT EXISTS cd.log_cursor(one boolean PRIMARY KEY DEFAULT true CHECK (one), file text, pos bigint);
INSERT INTO cd.log_cursor(file, pos) VALUES ('', 0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS cd.lockouts(login_role name PRIMARY KEY, until timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION cd.enforce_lockout(max_failures int DEFAULT 8, win interval DEFAULT '10 min', lock_for interval DEFAULT '10 min')
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE cur cd.log_cursor; f text := pg_current_logfile('csvlog'); size bigint; start bigint; chunk bytea; txt text; r name; n int := 0;
BEGIN
  IF f IS NULL THEN RETURN NULL; END IF;
  SELECT * INTO cur FROM cd.log_cursor FOR UPDATE SKIP LOCKED;     -- somebody else is at it: fine
  IF NOT FOUND THEN RETURN 0; END IF;
  size := (pg_stat_file(f)).size;
  IF cur.file IS DISTINCT FROM f OR size < cur.pos THEN cur.pos := 0; END IF;
  start := greatest(cur.pos, size - 4000000);
  chunk := pg_read_binary_file(f, start, 4000000);
  txt := convert_from(chunk, 'LATIN1');                                  -- never fails on a cut or forged character
  txt := left(txt, length(txt) - strpos(reverse(txt), E'\n') + 1);       -- whole lines only
  INSERT INTO cd.login_failures
    SELECT substr(l, 1, 23)::timestamp AT TIME ZONE current_setting('log_timezone'),
           substring(l FROM 'password authentication failed for user ""([^"]+)""'), substring(l FROM '"([0-9.]+):[0-9]+"')
      FROM regexp_split_to_table(txt, '\n') l WHERE l ~ '^[0-9-]{10} [^\n]*,FATAL,28P01,"password authentication failed';
  UPDATE cd.log_cursor SET file = f, pos = start + length(txt);
  DELETE FROM cd.login_failures WHERE at < now() - interval '1 day';
  FOR r IN SELECT login_role FROM cd.login_failures WHERE at > now() - win AND to_regrole(quote_ident(login_role)) IS NOT NULL
             AND login_role LIKE 'u\_%' AND login_role IN (SELECT u.login_role FROM public.users u WHERE u.status = 'active') AND login_role NOT IN (SELECT login_role FROM cd.lockouts) GROUP BY 1 HAVING count(*) >= max_failures LOOP
    INSERT INTO cd.lockouts VALUES (r, now() + lock_for);
    EXECUTE format('ALTER ROLE %I VALID UNTIL ''2000-01-01''', r);   -- looks exactly like a wrong password from outside
    n := n + 1;
  END LOOP;
  FOR r IN DELETE FROM cd.lockouts WHERE until < now() RETURNING login_role LOOP
    -- an account that was disabled meanwhile stays shut
    IF to_regrole(quote_ident(r)) IS NOT NULL AND EXISTS (SELECT 1 FROM public.users u WHERE u.login_role = r AND u.status = 'active') THEN
      EXECUTE format('ALTER ROLE %I VALID UNTIL ''infinity''', r);
    END IF;
    DELETE FROM cd.login_failures WHERE login_role = r;
  END LOOP;
  RETURN n;
END $$;
REVOKE ALL ON FUNCTION cd.enforce_lockout(int,interval,interval) FROM PUBLIC;
CREATE OR REPLACE FUNCTION cd.tick() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT cd.enforce_lockout() $$;
REVOKE ALL ON FUNCTION cd.tick() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cd.tick() TO cd_staff;
CREATE OR REPLACE FUNCTION cd.unlock_login(p_role name) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM cd.lockouts WHERE login_role = p_role;
  DELETE FROM cd.login_failures WHERE login_role = p_role;
  EXECUTE format('ALTER ROLE %I VALID UNTIL ''infinity''', p_role);
END $$;
REVOKE ALL ON FUNCTION cd.unlock_login(name) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cd.unlock_login(name) TO cd_owner;
