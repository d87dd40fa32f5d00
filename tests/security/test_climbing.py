"""Ways up and around: the catalogue, files, roles, settings, search paths, plans that outlive a right."""

import re
import time

import psycopg
import pytest

from clinicdesk.migrations.rights import ROLES
from tests.security.two_clinics import CLINICAL, MARK, TwoClinics, attempt

# 42501 no right; 22023/42704 no such role or setting; 42883 no such function; 0A000 no such thing on this server;
# 55P02, 55000, 25001: not at this time; 42809/42P01: not that kind of thing
REFUSED = {"42501", "22023", "42704", "42883", "0A000", "55P02", "55000", "42P01", "58P01", "42710"}
FILES = (
    "SELECT pg_read_file('postgresql.conf')", "SELECT pg_read_binary_file('global/pg_control')", "SELECT pg_ls_dir('.')", "SELECT pg_stat_file('pg_hba.conf')",
    "SELECT * FROM pg_ls_logdir()", "SELECT * FROM pg_ls_waldir()", "SELECT pg_current_logfile()", "SELECT * FROM pg_hba_file_rules", "SELECT * FROM pg_file_settings",
    "COPY patients TO '/tmp/patients'", "COPY patients TO PROGRAM 'cat'", "COPY contact_points FROM '/etc/passwd'", "COPY contact_points FROM PROGRAM 'id'", "LOAD 'plpgsql_check'",
    "SELECT lo_create(0)", "SELECT lo_creat(-1)", "SELECT lo_import('/etc/passwd')", "SELECT lo_from_bytea(0, '\\x00')", "SELECT lo_export(1, '/tmp/x')",
    "SELECT lo_get(1)", "SELECT dblink_connect('dbname=postgres')", "CREATE EXTENSION dblink", "CREATE EXTENSION file_fdw", "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
)  # fmt: skip
POWERS = (
    "SET ROLE cd_owner", "SET ROLE postgres", "SET ROLE pg_read_all_data", "SET LOCAL ROLE cd_owner", "SELECT set_config('role', 'cd_owner', false)", "SET SESSION AUTHORIZATION cd_owner",
    "SELECT set_config('session_authorization', 'cd_owner', false)", "SET session_replication_role = replica", "SET allow_system_table_mods = on", "SET log_statement = 'none'",
    "SET lc_messages = 'fr'", "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()", "SELECT pg_promote()", "SELECT pg_switch_wal()", "SELECT pg_create_restore_point('x')",
    "CREATE ROLE x", "GRANT pg_read_all_data TO CURRENT_USER", "GRANT cd_owner TO CURRENT_USER", "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER CREATEROLE", "ALTER ROLE CURRENT_USER BYPASSRLS", "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'", "ALTER ROLE CURRENT_USER CONNECTION LIMIT 100",
    "ALTER ROLE ALL SET row_security = off", "ALTER ROLE cd_staff SET statement_timeout = 1", "REASSIGN OWNED BY cd_owner TO CURRENT_USER", "DROP OWNED BY cd_owner", "ALTER DEFAULT PRIVILEGES FOR ROLE cd_owner GRANT SELECT ON TABLES TO PUBLIC",
    "SELECT pg_stat_reset()", "SELECT pg_logical_slot_get_changes('x', NULL, NULL)",
    "SELECT pg_logical_emit_message(false, 'x', 'y')", "SELECT pg_create_logical_replication_slot('x', 'test_decoding')", "CREATE PUBLICATION p FOR ALL TABLES", "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)", "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION cd.audit()",
)  # fmt: skip
OBJECTS = (
    "CREATE TABLE public.x(a int)", "CREATE TABLE cd.x(a int)", "CREATE TEMP TABLE x(a int)", "CREATE VIEW x AS SELECT 1", "CREATE TEMP VIEW x AS SELECT 1", "CREATE SCHEMA mine", "CREATE SCHEMA AUTHORIZATION CURRENT_USER",
    "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE FUNCTION cd.me(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OPERATOR public.=== (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = uuid_eq)", "CREATE DOMAIN public.d AS text", "CREATE TYPE pg_temp.users AS (a int)", "CREATE SEQUENCE x", "CREATE RULE r AS ON SELECT TO patients DO NOTHING",
    "CREATE TRIGGER t BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION cd.audit()", "CREATE POLICY p ON patients USING (true)", "ALTER TABLE users DISABLE ROW LEVEL SECURITY", "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE visits OWNER TO CURRENT_USER", "ALTER FUNCTION cd.me() RESET search_path", "CREATE OR REPLACE FUNCTION cd.me() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'", "DROP TABLE visits", "DROP TRIGGER z_audit ON users", "COMMENT ON TABLE users IS 'x'",
    "CREATE STATISTICS s ON id, email FROM users", "CREATE INDEX ON users(email)", "REINDEX TABLE users", "CLUSTER users", "REFRESH MATERIALIZED VIEW x", "CREATE CAST (uuid AS int) WITHOUT FUNCTION", "CREATE LANGUAGE plperlu",
)  # fmt: skip
SECRETS = (
    "SELECT rolpassword FROM pg_authid", "SELECT * FROM pg_shadow", "SELECT password_hash FROM users", "SELECT * FROM users", "SELECT u FROM users u", "SELECT to_jsonb(u) FROM users u", "TABLE users", "SELECT login_role FROM users",
    "SELECT count(*) FROM users WHERE password_hash LIKE 'p%'", "SELECT id FROM users ORDER BY password_hash", "UPDATE users SET status = 'active' RETURNING password_hash", "SELECT * FROM pg_statistic", "SELECT * FROM pg_user_mapping",
    "SELECT * FROM pg_statistic_ext_data", "SELECT * FROM pg_largeobject", "SELECT * FROM pg_subscription", "SELECT * FROM cd.login_failures", "SELECT * FROM cd.lockouts", "SELECT * FROM cd.log_cursor", "UPDATE cd.log_cursor SET pos = 0",
    "SELECT nextval('mrn_numbers')", "SELECT setval('mrn_numbers', 1)", "SELECT last_value FROM mrn_numbers", "SELECT * FROM counters", "UPDATE counters SET last = 0", "SELECT cd.next_mrn()", "SELECT cd.bump(NULL, 'receipt', 2026)",
    "SELECT cd.mirror_payment(NULL)", "SELECT cd.unlock_login('postgres')", "SELECT cd.enforce_lockout(0)", "SELECT cd.tell(NULL, 'x', NULL, 'I')", "INSERT INTO audit_log(tab, op) VALUES ('users', 'L')", "INSERT INTO audit_seals VALUES (999, now(), '1', '2', 0, '', '')",
    "DELETE FROM audit_seals", "UPDATE change_feed SET topic = 'x'", "INSERT INTO access_log(user_id, patient_id, action, purpose, emergency) VALUES (gen_random_uuid(), gen_random_uuid(), 'view', 'x', false)",
    "SELECT pg_advisory_lock(4711)", "SELECT pg_try_advisory_xact_lock(4711)", "SELECT pg_advisory_lock_shared(1, 2)", "SELECT pg_notify('x', 'y')", "LOCK TABLE appointments IN ACCESS EXCLUSIVE MODE", "LOCK TABLE audit_log IN SHARE MODE",
    "SELECT 1 FROM audit_seals FOR UPDATE", "MERGE INTO patients p USING patients q ON p.user_id = q.user_id WHEN MATCHED THEN UPDATE SET mrn = 'CD00000000'",
)  # fmt: skip
WRAPPED = (
    "DO $$ BEGIN EXECUTE 'SET ROLE cd_owner'; END $$", "DO $$ BEGIN PERFORM password_hash FROM users; END $$", "DO $$ BEGIN UPDATE audit_log SET new = '{}'; END $$", "PREPARE stolen AS SELECT password_hash FROM users; EXECUTE stolen",
    "DECLARE c CURSOR FOR SELECT password_hash FROM users", "EXPLAIN SELECT password_hash FROM users", "EXPLAIN ANALYZE DELETE FROM audit_log", "COPY (SELECT password_hash FROM users) TO STDOUT",
    "WITH x AS (DELETE FROM audit_log RETURNING 1) SELECT * FROM x", "SELECT query_to_xml('SELECT password_hash FROM users', true, false, '')", "SELECT table_to_xml('audit_seals', true, false, '') FROM pg_authid",
    "SELECT ts_stat.word FROM ts_stat('SELECT to_tsvector(password_hash) FROM users')", "SELECT cursor_to_xml('x', 1, true, false, '') FROM counters",
)  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("tries", [FILES, POWERS, OBJECTS, SECRETS, WRAPPED], ids=["files", "powers", "objects", "secrets", "wrapped"])  # fmt: skip
def test_every_trick_is_refused(person, role, tries):
    connection = person(role)
    went = {}
    for statement in tries:
        state, said, answer = attempt(connection, statement)
        if state not in REFUSED:
            went[statement] = (state, said or answer)
    assert went == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_dump_as_xml_holds_no_more_than_the_role_reads(person, role):
    """Servers without libxml refuse it; the others write what the person may select anyway."""
    state, _, rows = attempt(person(role), "SELECT database_to_xml(true, false, '')")
    assert state in REFUSED or not any(secret in str(rows) for secret in (MARK["south"], "SCRAM-SHA"))


@pytest.mark.parametrize("role", ROLES)
def test_what_cannot_stand_in_a_transaction_is_refused_too(two: TwoClinics, person, role):
    connection, colleague = person(role), person("nurse" if role == "doctor" else "doctor")
    for statement in (
        "ALTER SYSTEM SET fsync = off", "CREATE DATABASE x", f"ALTER ROLE {two.north.login(role)} RENAME TO u_x", f"ALTER ROLE {two.north.login('doctor' if role == 'nurse' else 'nurse')} PASSWORD 'x'",
        f"GRANT {two.north.login(role)} TO {two.south.login(role)}", f"SELECT pg_terminate_backend({colleague.info.backend_pid})", f"SELECT pg_cancel_backend({colleague.info.backend_pid})",
    ):  # fmt: skip
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement)
        assert caught.value.sqlstate in ("42501", "0A000"), statement  # 0A000: nobody renames the own session
    connection.execute("GRANT SELECT ON clinics TO PUBLIC")  # only a warning: nothing is passed on
    with two.owner() as owner:
        passed = owner.execute(
            "SELECT relname FROM pg_class, aclexplode(relacl) a WHERE relnamespace = 'public'::regnamespace AND a.grantee = 0"
        ).fetchall()
    assert passed == []


@pytest.mark.parametrize("role", ROLES)
def test_a_person_is_no_member_of_any_power(two: TwoClinics, person, role):
    rows = person(role).execute("SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')").fetchall()
    assert {name for (name,) in rows} == {two.north.login(role), f"cd_{role}", "cd_staff"}


def test_row_security_cannot_be_switched_off(person):
    connection = person("receptionist")
    state, said, _ = attempt(connection, "SET row_security = off; SELECT count(*) FROM patients")
    assert state == "42501", said
    state, _, _ = attempt(connection, "SET LOCAL row_security = off; SELECT 1 FROM users")
    assert state == "42501"


def test_functions_with_powers_look_up_names_where_nobody_can_put_any(two: TwoClinics):
    """SECURITY DEFINER pins its search path, and people may create nothing in the schemas on it."""
    with two.owner() as owner:
        rows = owner.execute(
            "SELECT p.oid::regprocedure::text, coalesce((SELECT c FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'), ''), p.prosecdef "
            "FROM pg_proc p WHERE p.pronamespace = 'cd'::regnamespace"
        ).fetchall()
        strays = owner.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND p.pronamespace NOT IN ('cd'::regnamespace, 'pg_catalog'::regnamespace)"
        ).fetchall()
    assert strays == []
    for name, path, definer in rows:
        names = [part.strip() for part in path.removeprefix("search_path=").split(",")]
        if definer or path:
            assert names[0] == "pg_catalog", name
            assert set(names) <= {"pg_catalog", "public", "cd", "pg_temp"}, name
        if definer:
            assert names[-1] == "pg_temp", name


def test_a_hostile_search_path_changes_nothing(two: TwoClinics, person):
    connection = person("receptionist")
    connection.execute("SET search_path = pg_temp, public, pg_catalog")
    assert connection.execute("SELECT cd.me()").fetchone() == (two.north.users["receptionist"],)
    assert connection.execute("SELECT cd.my_clinics()").fetchone() == ([two.north.clinic],)


def test_identity_comes_from_the_sign_in_and_the_seat_is_only_a_seat(two: TwoClinics, person):
    connection = person("receptionist")
    for setting in ("clinicdesk.seat", "clinicdesk.me", "cd.me", "cd.clinics", "app.user"):
        connection.execute("SELECT set_config(%s, %s, false)", (setting, str(two.south.users["admin"])))
    assert connection.execute("SELECT cd.me(), cd.my_role()").fetchone() == (two.north.users["receptionist"], "receptionist")  # fmt: skip
    connection.execute("UPDATE appointments SET notes = 'seat' WHERE id = %s", (two.north.ids["appointment"],))  # fmt: skip
    with two.owner() as owner:
        row = owner.execute("SELECT login_role, seat FROM audit_log ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (two.north.login("receptionist"), str(two.south.users["admin"]))


def test_a_seat_cannot_flood_or_forge_the_log(two: TwoClinics, person):
    """The seat is a free text of the client: kept short, and without the signs that separate fields of a seal."""
    connection = person("receptionist")
    connection.execute("SELECT set_config('clinicdesk.seat', %s, false)", ("pc\x1fusers\x1eU" + "x" * 900,))
    seat = connection.execute("SELECT cd.seat()").fetchone()[0]
    assert len(seat) <= 100
    assert not re.search(r"[\x00-\x1f]", seat)


@pytest.mark.parametrize("role", ["receptionist", "pharmacist"])
def test_statistics_and_plans_show_no_hidden_value(two: TwoClinics, person, role):
    connection = person(role)
    hidden = [("users", "password_hash"), ("users", "login_role"), ("visits", "sha256"), ("audit_log", "new"), ("doctor_private_keys", "wrapped"),
              ("user_profiles", "last_name"), ("patients", "mrn"), ("patient_allergies", "substance"), ("clinics", "name")]  # fmt: skip
    rows = connection.execute(
        "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"
    ).fetchall()
    assert set(rows) & set(hidden) == set()
    for statement in ("SELECT * FROM patients p JOIN user_profiles u USING (user_id) WHERE u.last_name > 'A'",
                      "SELECT id FROM users WHERE email LIKE '%%south%%'", "SELECT * FROM clinics WHERE name ~ 'A'"):  # fmt: skip
        plan = connection.execute(f"EXPLAIN (ANALYZE, VERBOSE, COSTS) {statement}").fetchall()
        assert MARK["south"] not in str(plan)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT user_id FROM user_profiles WHERE last_name::int = 1",
        "SELECT user_id FROM user_profiles WHERE 1 / (CASE WHEN last_name = 'Auster' THEN 0 ELSE 1 END) > 5",
        "SELECT user_id FROM patients WHERE mrn::date > now()",
        "SELECT id FROM users WHERE email::uuid = id",
        "SELECT id FROM clinics WHERE name::jsonb IS NOT NULL",
        "SELECT id FROM appointments WHERE chief_complaint::xid8 = '1'",
        "SELECT id FROM clinics WHERE lower(name)::inet IS NULL",
    ],
)
def test_an_error_never_quotes_a_hidden_row(person, statement):
    """Casts and divisions are not leakproof: the policy must run before them."""
    _, said, rows = attempt(person("receptionist"), statement)
    assert MARK["south"].lower() not in said.lower()
    assert "division" not in said
    assert rows in (None, [])


def test_a_prepared_statement_loses_its_right_with_the_role(two: TwoClinics, person):
    nurse, admin = person("nurse"), person("admin")
    user = two.north.users["nurse"]
    nurse.execute("PREPARE allergies AS SELECT substance FROM patient_allergies")
    nurse.execute("PREPARE saving AS SELECT cd.no_known_allergies($1)")
    prepared = "SELECT count(*) FROM patient_allergies"
    for _ in range(7):  # long enough for a generic plan and for the driver's own preparing
        assert nurse.execute("EXECUTE allergies").fetchall() == [(f"{CLINICAL} {MARK['north']}",)]
        nurse.execute(prepared, prepare=True)
    try:
        admin.execute("SELECT cd.set_role(%s, 'receptionist')", (user,))
        for statement in ("EXECUTE allergies", f"EXECUTE saving('{two.north.ids['patient']}')", prepared):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                nurse.execute(statement)
        assert nurse.execute("SELECT cd.my_role()").fetchone() == ("receptionist",)
    finally:
        admin.execute("SELECT cd.set_role(%s, 'nurse')", (user,))
    assert len(nurse.execute("EXECUTE allergies").fetchall()) == 1


def test_a_disabled_account_is_put_out_at_once(two: TwoClinics, person):
    pharmacist, admin = person("pharmacist"), person("admin")
    user = two.north.users["pharmacist"]
    pharmacist.execute("PREPARE stock AS SELECT count(*) FROM inventory_items")
    try:
        admin.execute("SELECT cd.set_active(%s, false)", (user,))
        begun = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            pharmacist.execute("EXECUTE stock")
        assert time.monotonic() - begun < 2
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            two.connect("north", "pharmacist")
    finally:
        admin.execute("SELECT cd.set_active(%s, true)", (user,))
    assert person("pharmacist").execute("SELECT cd.my_role()").fetchone() == ("pharmacist",)


def test_leaving_a_clinic_hides_it_from_an_open_session(two: TwoClinics, person):
    desk, admin = person("receptionist"), person("admin")
    desk.execute("PREPARE day AS SELECT count(*) FROM appointments")
    assert desk.execute("EXECUTE day").fetchone() == (1,)
    change = "UPDATE clinic_staff SET is_active = %s WHERE user_id = %s"
    try:
        admin.execute(change, (False, two.north.users["receptionist"]))
        assert desk.execute("EXECUTE day").fetchone() == (0,)
    finally:
        admin.execute(change, (True, two.north.users["receptionist"]))


def test_a_message_to_all_seats_carries_no_content(two: TwoClinics, person):
    """Anybody may LISTEN on any channel and forge a NOTIFY: so a message says nothing but where to look again."""
    spy, doctor = person("receptionist", "south"), person("receptionist")
    channel = f"cd_{two.north.clinic.hex}"
    spy.execute(f"LISTEN {channel}")
    doctor.execute("UPDATE appointments SET notes = 'Morbus secretus' WHERE id = %s", (two.north.ids["appointment"],))  # fmt: skip
    heard = [message.payload for message in spy.notifies(timeout=2, stop_after=1)]
    assert len(heard) == 1
    told, _, number = heard[0].rpartition(" ")
    assert told == f"appointments {two.north.ids['appointment']} pc-9"
    assert number.isdigit()  # of the change
    state, _, _ = attempt(spy, f"NOTIFY {channel}, 'visits forged'")
    assert state == ""  # allowed by the server, so a message is a hint and never a fact
    assert spy.execute("SELECT count(*) FROM change_feed WHERE topic = 'visits' AND clinic_id = %s", (two.north.clinic,)).fetchone() == (0,)  # fmt: skip
