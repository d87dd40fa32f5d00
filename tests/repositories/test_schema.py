"""The live catalogue against the data model as asked for: everything in it exists as written, we only added."""

import re
from pathlib import Path

import psycopg
import pytest

from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.run import HEAD, revision, upgrade
from clinicdesk.schema import REVISION, compare
from tests.conftest import with_database

SEED = Path(__file__).parent.parent / "data" / "seed_ddl.sql"

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"""
CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
  JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public' AND c.contype <> 'n'"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
ENUMS = """
SELECT t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
  JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'public'"""


def statements() -> list[str]:
    """The document's statements, reordered: types, then clinics before doctor_profiles, then indexes."""
    found, current = [], ""
    for line in SEED.read_text(encoding="utf-8").splitlines():
        current += line + "\n"
        if line.split("--")[0].rstrip().endswith(";"):
            found.append(current)
            current = ""

    def order(text: str) -> int:
        if "CREATE TYPE" in text:
            return 0
        if "CREATE INDEX" in text:
            return 3
        # users, profiles and specialties stand before the clinics in the document and need nothing of them
        return (
            1 if re.search(r"CREATE TABLE (users|user_profiles|medical_specialties|clinics)\b", text) else 2
        )

    return sorted(found, key=order)


@pytest.fixture(scope="module")
def catalogues(addresses: Addresses, template):
    name = "cd_seed_scratch"
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(with_database(addresses.postgres, name), autocommit=True) as asked:
        for statement in statements():
            asked.execute(statement)
        wanted = {sql: set(asked.execute(sql).fetchall()) for sql in (COLUMNS, CONSTRAINTS, INDEXES, ENUMS)}
    with psycopg.connect(template[0].postgres, autocommit=True) as live:
        found = {sql: set(live.execute(sql).fetchall()) for sql in wanted}
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    return wanted, found


@pytest.mark.parametrize(
    ("sql", "least"),
    [(COLUMNS, 190), (CONSTRAINTS, 50), (INDEXES, 40), (ENUMS, 36)],
    ids=["columns", "constraints", "indexes", "enums"],
)
def test_everything_of_the_data_model_is_there_as_written(catalogues, sql, least):
    wanted, found = catalogues
    assert len(wanted[sql]) >= least
    assert wanted[sql] - found[sql] == set()


def test_the_pharmacist_is_the_only_added_label(catalogues):
    wanted, found = catalogues
    assert found[ENUMS] - wanted[ENUMS] == {("user_role", "pharmacist"), ("staff_role", "pharmacist")}


def test_a_second_upgrade_changes_nothing(template):
    found = template[0]
    with psycopg.connect(found.postgres, autocommit=True) as live:
        before = [set(live.execute(sql).fetchall()) for sql in (COLUMNS, CONSTRAINTS, INDEXES)]
        upgrade(postgres=found.postgres, mongo=found.mongo, redis=found.redis, progress=lambda _: None)
        assert [set(live.execute(sql).fetchall()) for sql in (COLUMNS, CONSTRAINTS, INDEXES)] == before
    assert revision(found.postgres) == HEAD == REVISION


@pytest.mark.parametrize(
    ("found", "answer"), [("0001_seed", -1), (None, -1), (REVISION, 0), ("0999_later", 1)]
)
def test_revisions_compare_by_their_number(found, answer):
    assert compare(found) == answer
