"""Hostile text in every text argument of every function that a role may call, and in every field of a document."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from clinicdesk.migrations.rights import ROLES, read_rights
from tests.security.rights_table import promised
from tests.security.test_rights import columns as columns  # the fixture
from tests.security.two_clinics import IMAGE, TwoClinics, sealed_rx_of, visit_of

HOSTILE = (
    "'; DROP TABLE visits; --", '"; ALTER ROLE cd_owner SUPERUSER; --', "$$; SELECT pg_sleep(9); $$", "\\'; DELETE FROM users; --", "%I %L %s %%n", "a') UNION SELECT rolpassword FROM pg_authid --",
    "cd_admin, cd_owner", "[a-z]*(a+)+$", "\u202egnp.exe \u0131\u0130ß 😀", "x" * 5000, "\x1f\x1e", "",
)  # fmt: skip
# what a sane server answers to nonsense: our own codes, no right, bad data, a broken constraint; never a syntax error (42601),
# an unknown table, column or function (42P01, 42703, 42883), a time-out (57014) or an internal error (XX000)
SANE = ("", "CD", "22", "23", "42501", "28", "0A000")
PROTECTED = ("users", "user_profiles", "patients", "visits", "appointments", "prescriptions", "stock_movements", "payments", "audit_seals")  # fmt: skip


def state_of(owner: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """Everything that a successful injection would move."""
    counts = [owner.execute(f"SELECT count(*) FROM {table}").fetchone() for table in PROTECTED]
    roles = owner.execute(
        "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, (SELECT array_agg(roleid ORDER BY roleid) FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r ORDER BY 1"
    ).fetchall()
    functions = owner.execute(
        "SELECT count(*), sum(hashtext(prosrc)::bigint) FROM pg_proc WHERE pronamespace = 'cd'::regnamespace"
    ).fetchone()
    return (*counts, roles, functions)


def documents(two: TwoClinics) -> dict[str, dict[str, Any]]:
    """For each function that takes a document: one that is right, to be spoilt field by field."""
    north = two.north
    return {
        "cd.register_patient": {"id": str(uuid4()), "first_name": "a", "last_name": "b", "email": "a@b.invalid", "phone": "+2348", "gender": "female", "date_of_birth": "1990-01-01",
                                 "dob_precision": "day", "duplicate_reason": "r", "address": {"street": "s"}},
        "cd.save_visit": visit_of(north, reason="r", diagnosis_code="A00", weight="60", appointment_id=None),
        "cd.rx_write": sealed_rx_of(north, notes="n", checked_against="c", valid_days=30),
        "cd.receive_batch": {"clinic_id": str(north.clinic), "item_code": f"T-{north.mark}", "batch_number": "b", "expiry_date": "2099-01-01", "quantity": 1, "unit_cost": "1", "supplier_name": "s", "notes": "n"},
        "cd.jcs": {"a": "b"},
    }  # fmt: skip


def spoilt(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each text in each field."""
    return [{**document, field: text} for field in document for text in HOSTILE]


def wrong_documents(two: TwoClinics, name: str) -> list[Any]:
    """Spoilt in one place each, the lines of a prescription or a supply too."""
    base = documents(two).get(name)
    if base is None:
        return [[{"item": text, "qty": text}] for text in HOSTILE]
    inner = [{**base, "items": [item]} for item in spoilt(base["items"][0])] if "items" in base else []
    return [*spoilt(base), *inner]


def plain(two: TwoClinics, kind: str, name: str) -> Any:
    """A right value of a kind."""
    ids = two.north.ids
    target = {"cd.rx": "rx", "cd.dispense": "rx", "cd.picks": "rx", "cd.take_payment": "appointment", "cd.no_known_allergies": "patient", "cd.log_access": "patient", "cd.canonical": "patient"}  # fmt: skip
    if kind == "uuid":
        known = next((ids[v] for k, v in target.items() if name.startswith(k)), None)
        if name.startswith(("cd.set_", "cd.reset_", "cd.change_", "cd.unlock", "cd.force")):
            return two.north.users["pharmacist"]
        return two.north.clinic if name in ("cd.register_patient", "cd.require_clinic", "cd.roll_up_metrics") else known or uuid4()  # fmt: skip
    return {
        "uuid[]": [two.north.clinic], "integer": 5, "bigint": 1, "boolean": True, "numeric": 10, "date": "1990-01-01", "time without time zone": "09:00", "timestamp with time zone": "2026-01-01T00:00:00Z", "bytea": b"x" * 32, "xid8": "0",
        "text": "SCRAM-SHA-256$4096:" + "A" * 22 + "==$" + "B" * 43 + "=:" + "C" * 43 + "=", "jsonb": Jsonb([{"item": str(ids["item"]), "qty": 1}]),
    }[kind]  # fmt: skip


def calls(two: TwoClinics, name: str, kinds: list[str]) -> list[list[Any]]:
    """Argument lists with one hostile text each."""
    right = [plain(two, kind, name) for kind in kinds]
    if name == "cd.create_login":
        right[:5] = ["new@north.invalid", "First", "Last", "nurse", right[4]]
    if name in ("cd.rx_write", "cd.rx_sign"):
        right = [IMAGE if kind == "text" else value for kind, value in zip(kinds, right, strict=True)]
    made = []
    for place, kind in enumerate(kinds):
        if kind == "text":
            made += [[*right[:place], text, *right[place + 1 :]] for text in HOSTILE]
        if kind == "jsonb":
            made += [[*right[:place], Jsonb(document), *right[place + 1 :]] for document in (*wrong_documents(two, name), *HOSTILE, [], {}, None, 1, [[]])]  # fmt: skip
    return made


@pytest.mark.parametrize("role", ROLES)
def test_text_is_only_text(two: TwoClinics, person, columns, role):
    allowed = promised(role, read_rights(), columns).functions
    connection = person(role)
    connection.execute("SET statement_timeout = '3s'")
    tried, odd = 0, []
    with two.owner() as owner:
        before = state_of(owner)
        every = owner.execute("SELECT oid::regprocedure::text, proargtypes::regtype[]::text[] FROM pg_proc WHERE pronamespace = 'cd'::regnamespace").fetchall()  # fmt: skip
        for signature, kinds in every:
            name = signature.split("(")[0]
            if signature not in allowed or not {"text", "jsonb"} & set(kinds):
                continue
            statement = f"SELECT * FROM {name}({', '.join(f'%s::{kind}' for kind in kinds)})"
            for values in calls(two, name, kinds):
                state, said = one_call(connection, statement, values)
                tried += 1
                if not state.startswith(SANE) and state != "":
                    odd.append((name, values, state, said))
        assert state_of(owner) == before
    print(f"{role}: {tried} hostile calls")
    assert tried > 100
    assert odd == []


def one_call(connection: psycopg.Connection[Any], statement: str, values: list[Any]) -> tuple[str, str]:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement, values)
    except psycopg.Error as error:
        return error.sqlstate or "?", str(error)
    return "", ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_stored_and_found_as_it_was_typed(two: TwoClinics, person, text):
    if not text.strip() or len(text) > 100:
        text = "O'Brien; -- \\ %s"
    desk = person("receptionist")
    with desk.transaction(force_rollback=True):
        made = desk.execute("SELECT cd.register_patient(%s, %s)", (two.north.clinic, Jsonb({"first_name": text, "last_name": "Ẹniọlá'; --"}))).fetchone()[0]  # fmt: skip
        assert desk.execute("SELECT first_name, last_name FROM user_profiles WHERE user_id = %s", (made,)).fetchone() == (text, "Ẹniọlá'; --")  # fmt: skip
        assert (made,) in desk.execute("SELECT id FROM cd.search_patients('eniola')").fetchall()
