"""Role x right: what resources/rights.csv grants works, and nothing else does."""

import psycopg
import pytest

from clinicdesk.domain.people import Duty
from clinicdesk.migrations.rights import ROLES, actions_of, read_rights
from tests.security.rights_table import COLUMN, INSTALLED, TABLE, Promised, promised, signature, statements_of
from tests.security.two_clinics import Connection, TwoClinics, attempt
from tests.security.write_rights import PAGE, page

RIGHTS = read_rights()
DENIED = "permission denied for"


@pytest.fixture(scope="module")
def columns(two: TwoClinics) -> dict[str, tuple[str, ...]]:
    with two.owner() as owner:
        rows = owner.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1"
        ).fetchall()
    return {table: tuple(names) for table, names in rows}


def granted(owner: Connection, login: str) -> Promised:
    """What the catalogue says that a login may."""
    relation = "c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
    tables = owner.execute(
        f"SELECT c.relname, p FROM pg_class c, unnest(%s::text[]) p WHERE {relation} AND has_table_privilege(%s, c.oid, p)",
        (list(TABLE), login),
    ).fetchall()
    columns = owner.execute(
        f"SELECT c.relname, a.attname, p FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, unnest(%s::text[]) p "
        f"WHERE {relation} AND has_column_privilege(%s, c.oid, a.attnum, p)",
        ([*COLUMN, "REFERENCES"], login),
    ).fetchall()
    functions = owner.execute(
        "SELECT f.oid::regprocedure::text FROM pg_proc f WHERE f.pronamespace = 'cd'::regnamespace AND has_function_privilege(%s, f.oid, 'EXECUTE')",
        (login,),
    ).fetchall()
    return Promised(set(tables), set(columns), {row[0] for row in functions})


@pytest.mark.parametrize("role", ROLES)
def test_the_catalogue_says_what_the_table_says(two: TwoClinics, columns, role):
    expected = promised(role, RIGHTS, columns)
    with two.owner() as owner:
        found = granted(owner, two.north.login(role))
    assert found.tables == expected.tables
    assert found.columns == expected.columns
    assert found.functions == expected.functions


@pytest.mark.parametrize("role", ROLES)
def test_nothing_beside_tables_and_functions_is_granted(two: TwoClinics, role):
    login = two.north.login(role)
    with two.owner() as owner:
        schemas = owner.execute(
            "SELECT nspname, p FROM pg_namespace, unnest(ARRAY['USAGE','CREATE']) p WHERE nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(%s, oid, p)",
            (login,),
        ).fetchall()
        sequences = owner.execute(
            "SELECT sequencename FROM pg_sequences WHERE has_sequence_privilege(%s, format('%%I.%%I', schemaname, sequencename), 'USAGE,SELECT,UPDATE')",
            (login,),
        ).fetchall()
        database = owner.execute(
            "SELECT p FROM unnest(ARRAY['CONNECT','CREATE','TEMPORARY']) p WHERE has_database_privilege(%s, current_database(), p)",
            (login,),
        ).fetchall()
        inner = owner.execute(
            "SELECT relname FROM pg_class, unnest(%s::text[]) p WHERE relnamespace = 'cd'::regnamespace AND relkind = 'r' AND has_table_privilege(%s, oid, p)",
            (list(TABLE), login),
        ).fetchall()
        attributes = owner.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = %s",
            (login,),
        ).fetchone()
        groups = owner.execute(
            "SELECT g.rolname, m.admin_option FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = %s",
            (login,),
        ).fetchall()
    assert set(schemas) == {("public", "USAGE"), ("cd", "USAGE"), ("pg_catalog", "USAGE"), ("information_schema", "USAGE")}  # fmt: skip
    assert sequences == []
    assert database == [("CONNECT",)]
    assert inner == []
    assert attributes == (False, False, False, False, False, True)
    assert groups == [(f"cd_{role}", False)]


def bare(connection: Connection, statement: str) -> tuple[str, str]:
    """A statement that touches no row needs no taking back; TRUNCATE, which would, is granted to nobody."""
    try:
        connection.execute(statement, prepare=False)
    except psycopg.Error as error:
        return error.sqlstate or "?", str(error)
    return "", ""


@pytest.mark.parametrize("role", ROLES)
def test_real_statements_fare_as_the_table_says(person, columns, role):
    """Every column and table with the statement itself; ungranted means 42501, granted means it runs."""
    connection = person(role)
    expected = promised(role, RIGHTS, columns)
    wrong = []
    for table, names in columns.items():
        for privilege, column, statement in statements_of(table, names):
            may = (
                (table, column, privilege) in expected.columns
                if column
                else (table, privilege) in expected.tables
            )
            state, said = bare(connection, statement)
            if state == "428C9":  # a generated column: the grammar refuses it to everybody
                continue
            if (state == "") != may or (not may and not (state == "42501" and DENIED in said)):
                wrong.append((statement, may, state, said))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_real_calls_fare_as_the_table_says(two: TwoClinics, person, columns, role):
    """Each function with NULLs: what is not granted is refused at the door, before a line of it runs."""
    connection = person(role)
    allowed = promised(role, RIGHTS, columns).functions
    with two.owner() as owner:
        every = owner.execute(
            "SELECT oid::regprocedure::text, proargtypes::regtype[]::text[] FROM pg_proc WHERE pronamespace = 'cd'::regnamespace AND prorettype <> 'trigger'::regtype"
        ).fetchall()
    assert len(every) > 50
    wrong = []
    for name, kinds in every:
        arguments = ", ".join(f"NULL::{kind}" for kind in kinds)
        state, said, _ = attempt(connection, f"SELECT * FROM {name.split('(')[0]}({arguments})")
        at_the_door = state == "42501" and f"{DENIED} function" in said and "CONTEXT" not in said
        if at_the_door == (name in allowed):
            wrong.append((name, state, said))
    assert wrong == []


def test_each_line_of_the_table_grants_to_whom_it_names(columns):
    """Signatures are read alike on both sides, and no right goes unread."""
    assert signature("cd.search_patients(text,int)") == "cd.search_patients(text,integer)"
    assert signature("cd.create_login(uuid[],timestamptz)") == "cd.create_login(uuid[],timestamp with time zone)"  # fmt: skip
    for role in ROLES:
        found = promised(role, RIGHTS, columns)
        assert found.functions > INSTALLED
        assert {table for table, _ in found.tables} | {table for table, _, _ in found.columns} <= set(columns)
    assert all(right.roles or right.duties for right in RIGHTS)
    assert {duty for right in RIGHTS for duty in right.duties} == set(Duty)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("duty", [None, *Duty])
def test_the_database_and_the_program_read_the_same_table(two: TwoClinics, person, role, duty):
    """Every action for every role, without a duty and with each: cd.may, actions_of and the catalogue agree."""
    with two.owner() as owner:
        row = owner.execute(
            "SELECT u.id, s.clinic_id FROM users u JOIN clinic_staff s ON s.user_id = u.id WHERE u.login_role = %s",
            (two.north.login(role),),
        ).fetchone()
        assert row is not None
        who, clinic = row
        if duty:
            owner.execute(
                "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, %s)", (clinic, who, duty)
            )
        held = [duty] if duty else []
        connection = person(role)
        try:
            found = {
                r.action for r in RIGHTS if connection.execute("SELECT cd.may(%s)", (r.action,)).fetchone()[0]
            }
            assert found == actions_of(RIGHTS, role, held)
            assert connection.execute("SELECT cd.my_duties()").fetchone()[0] == held
            for one in Duty:
                assert connection.execute("SELECT cd.has_duty(%s)", (one,)).fetchone()[0] is (one == duty)
        finally:
            owner.execute("DELETE FROM staff_duties WHERE user_id = %s", (who,))
    assert not connection.execute("SELECT cd.my_duties()").fetchone()[0], "taken away in an open session"


def test_the_page_about_rights_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(RIGHTS), "run python -m tests.security.write_rights"
