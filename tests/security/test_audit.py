"""The audit: every write leaves a line, and no line can be changed afterwards without being found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from clinicdesk.repositories.audit_check import check_snapshot
from clinicdesk.repositories.witness import Seal
from tests.security.two_clinics import Connection, TwoClinics, one

# what is neither clinical, financial, stock nor an account: copies, counters, hints, the audit itself
NOT_AUDITED = {
    "alembic_version", "analytics_events", "cancel_causes", "audit_leaves", "appointment_events", "appointment_transitions", "audit_log", "audit_seals", "change_feed", "clinic_metrics", "counters",
    "doctor_private_keys", "clinic_seal_keys", "installation", "local_keys", "notification_preferences", "notification_templates", "notifications", "prescription_drafts", "sealed_documents", "service_credentials",
}  # fmt: skip
BATCHES, ROWS = 12, 8


def audited(owner: Connection) -> set[str]:
    rows = owner.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'z_audit' AND tgenabled = 'O' AND tgtype & 29 = 29").fetchall()  # fmt: skip
    return {row[0] for row in rows}


def test_every_table_that_counts_is_audited(two: TwoClinics):
    with two.owner() as owner:
        every = {row[0] for row in owner.execute("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'").fetchall()}  # fmt: skip
        assert every - NOT_AUDITED - audited(owner) == set()


def test_each_insert_left_the_whole_row(two: TwoClinics):
    """The two clinics were built through every audited table; each row is found again in its line."""
    with two.owner() as owner:
        for table in sorted(audited(owner) - {"medications"}):
            key = {"chart_keys": "patient_id", "patients": "user_id", "doctor_keys": "kid", "visit_versions": "visit_id", "patient_clinics": "patient_id", "clinic_settings": "key", "doctor_specialties": "doctor_id"}.get(table, "id")  # fmt: skip
            missing = owner.execute(
                f"SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.tab = '{table}' AND a.op = 'I' AND a.row_id = t.{key}::text AND a.new IS NOT NULL AND a.old IS NULL)"
            ).fetchone()
            assert missing == (0,), table


CHANGES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "user_profiles": ("receptionist", "UPDATE user_profiles SET first_name = 'Anew' WHERE user_id = %(patient)s", {"first_name": "Patient"}, {"first_name": "Anew"}),
    "appointments": ("nurse", "UPDATE appointments SET notes = 'later' WHERE id = %(appointment)s", {"notes": None}, {"notes": "later"}),
    "waiting_list": ("receptionist", "UPDATE waiting_list SET status = 'withdrawn' WHERE id = %(waiting)s", {"status": "waiting"}, {"status": "withdrawn"}),
    "patient_allergies": ("doctor", "UPDATE patient_allergies SET severity = 'severe' WHERE id = %(allergy)s", {"severity": "moderate"}, {"severity": "severe"}),
    "patient_problems": ("nurse", "UPDATE patient_problems SET clinical_status = 'resolved' WHERE id = %(problem)s", {"clinical_status": "active"}, {"clinical_status": "resolved"}),
    "inventory_items": ("pharmacist", "UPDATE inventory_items SET location = 'B7' WHERE id = %(batch)s", {"location": ""}, {"location": "B7"}),
    "clinics": ("admin", "UPDATE clinics SET phone = '1' WHERE id = %(clinic)s", {"phone": None}, {"phone": "1"}),
    "clinic_staff": ("admin", "UPDATE clinic_staff SET may_overbook = true WHERE user_id = %(nurse)s", {"may_overbook": False}, {"may_overbook": True}),
    "users": ("admin", "SELECT cd.set_role(%(nurse)s, 'receptionist')", {"role": "nurse"}, {"role": "receptionist"}),
    "doctor_availability": ("admin", "UPDATE doctor_availability SET end_time = '20:00' WHERE id = %(availability)s", {"end_time": "23:59:00"}, {"end_time": "20:00:00"}),
    "doctor_leave": ("admin", "UPDATE doctor_leave SET note = 'n' WHERE id = %(leave)s", {"note": "Boreas"}, {"note": "n"}),
    "doctor_profiles": ("admin", "UPDATE doctor_profiles SET bio = 'b' WHERE id = %(doctor)s", {"bio": None}, {"bio": "b"}),
    "medications": ("admin", "UPDATE medications SET category = 'c' WHERE id = %(medication)s", {"category": None}, {"category": "c"}),
    "doctor_keys": ("admin", "SELECT cd.revoke_key(%(kid)s, 'left', NULL)", {"revoke_reason": None}, {"revoke_reason": "left"}),
    "prescriptions": ("doctor", "SELECT cd.rx_cancel(%(rx)s, 'why')", {"status": "active"}, {"status": "cancelled"}),
    "visits": ("doctor", "SELECT cd.save_visit(jsonb_build_object('id', %(visit)s::text, 'expected_version', 1, 'clinic_id', %(clinic)s::text, 'patient_id', %(patient)s::text, 'doctor_id', %(doctor)s::text, 'visit_type', 'routine', "
               "'status', 'draft', 'document_id', repeat('e', 24), 'sha256', repeat('f', 64)))", {"version": 1}, {"version": 2}),
}  # fmt: skip


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_leaves_who_where_before_and_after(two: TwoClinics, person, table):
    role, statement, before, after = CHANGES[table]
    values = {**two.north.ids, "clinic": two.north.clinic, "nurse": two.north.users["nurse"]}
    connection = person(role)
    with two.owner() as owner:
        last = one(owner, "SELECT max(id) FROM audit_log")
        with connection.transaction():
            connection.execute(statement, values)
        rows = owner.execute("SELECT login_role, seat, host(addr), op, old, new FROM audit_log WHERE id > %s AND tab = %s", (last, table)).fetchall()  # fmt: skip
        if table in ("users", "doctor_keys"):  # the account's role belongs to the server: given back
            owner.execute("SELECT cd.set_role(%s, 'nurse')", (two.north.users["nurse"],))
    assert len(rows) == 1
    login, seat, address, op, old, new = rows[0]
    assert (login, seat, op) == (two.north.login(role), "pc-9", "U")
    assert address is not None
    assert before.items() <= old.items()
    assert after.items() <= new.items()
    assert set(old) == set(new)
    assert "password_hash" not in new


def test_a_deletion_leaves_what_was_there(two: TwoClinics, person):
    admin = person("admin")
    with two.owner() as owner:
        last = one(owner, "SELECT max(id) FROM audit_log")
        admin.execute("DELETE FROM doctor_leave WHERE id = %s", (two.north.ids["leave"],))
        row = owner.execute(
            "SELECT op, row_id, old ->> 'first_day', new FROM audit_log WHERE id > %s", (last,)
        ).fetchone()
    assert row == ("D", str(two.north.ids["leave"]), "2099-01-01", None)


def test_what_was_taken_back_leaves_nothing_and_what_was_written_cannot_be_without(two: TwoClinics, person):
    doctor = person("doctor")
    with two.owner() as owner:
        last = one(owner, "SELECT max(id) FROM audit_log")
        with doctor.transaction(force_rollback=True):
            doctor.execute("UPDATE appointments SET notes = 'x'")
        assert one(owner, "SELECT count(*) FROM audit_log WHERE id > %s", last) == 0


def test_a_sign_in_leaves_a_line(two: TwoClinics, person):
    nurse = person("nurse")
    nurse.execute("SELECT cd.signed_in('pc-9')")
    with two.owner() as owner:
        row = owner.execute(
            "SELECT login_role, op, row_id, new ->> 'event' FROM audit_log ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert row == (two.north.login("nurse"), "L", str(two.north.users["nurse"]), "signed_in")


# --- seals ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remembered:
    """The newest seal as a desktop keeps it."""

    no: int
    hash: bytes


@dataclass(frozen=True)
class Chain:
    two: TwoClinics
    remembered: Remembered
    rows: dict[int, list[int]]  # seal -> ids of its audit rows


@pytest.fixture(scope="module")
def chain(two: TwoClinics) -> Chain:
    """A dozen seals over real changes, and a desktop that remembers the newest."""
    with two.owner() as owner:
        owner.execute("SELECT set_config('clinicdesk.seat', 'pc-3', false), cd.seal()")
        for batch in range(BATCHES):
            for row in range(ROWS):
                owner.execute("UPDATE appointments SET notes = %s WHERE id = %s", (f"{batch} {row}", two.north.ids["appointment"]))  # fmt: skip
            assert one(owner, "SELECT cd.seal()") is not None
        assert problems(owner, None) == {}
        found = owner.execute(
            "SELECT s.no, array_agg(a.id ORDER BY a.id) FROM audit_seals s JOIN audit_log a ON a.xid >= s.from_xid AND a.xid < s.to_xid GROUP BY 1 ORDER BY 1"
        ).fetchall()
        last = owner.execute("SELECT no, hash FROM audit_seals ORDER BY no DESC LIMIT 1").fetchone()
    assert last is not None
    rows = dict(found)
    return Chain(two, Remembered(*last), {no: rows[no] for no in sorted(rows)[-BATCHES:]})


def problems(owner: Connection, remembered: Remembered | None) -> dict[int, str]:
    """Each bad seal with what is wrong; the remembered one is compared with the table."""
    found = dict(owner.execute("SELECT seal, problem FROM cd.verify_seals()").fetchall())
    if remembered is not None:
        row = owner.execute("SELECT hash FROM audit_seals WHERE no = %s", (remembered.no,)).fetchone()
        if row is None or row[0] != remembered.hash:
            found.setdefault(remembered.no, "not the seal that was remembered")
    return found


# what touches rows is named by the row, what touches seals by the seal
ROWS_NAMED = ("edit", "delete 1", "delete 2", "insert", "swap", "move")
Tampering = tuple[str, Callable[[Connection], None], set[int]]
EDITS = {
    "at": "at - interval '1 second'", "login_role": "'u_somebody'", "addr": "'10.0.0.1'", "seat": "'pc-1'", "seat_gone": "NULL", "tab": "'visits'", "op": "'D'",
    "row_id": "'00000000-0000-0000-0000-000000000000'", "old": "old || '{\"x\": 1}'", "new": "'{}'", "new_gone": "NULL",
}  # fmt: skip


def edits(chain: Chain, draw: Random) -> Iterator[Tampering]:
    for no, rows in chain.rows.items():
        for name, value in draw.sample(sorted(EDITS.items()), 6):
            column, row = name.removesuffix("_gone"), draw.choice(rows)
            yield (
                f"edit {name} in {no}",
                run(f"UPDATE audit_log SET {column} = {value} WHERE id = {row}"),
                {no},
            )


def deletions(chain: Chain, draw: Random) -> Iterator[Tampering]:
    for no, rows in chain.rows.items():
        for count in (1, 2, len(rows)):
            gone = draw.sample(rows, count)
            yield f"delete {count} of {no}", run(f"DELETE FROM audit_log WHERE id = ANY (ARRAY{gone})"), {no}
        if no != chain.remembered.no:
            yield f"delete seal {no}", run(f"DELETE FROM audit_seals WHERE no = {no}"), {no + 1}


def insertions(chain: Chain, draw: Random) -> Iterator[Tampering]:
    copy = "INSERT INTO audit_log(at, xid, login_role, tab, op, row_id, new) SELECT at, {xid}, login_role, tab, op, row_id, '{{}}' FROM audit_log WHERE id = {row}"
    for no, rows in chain.rows.items():
        yield f"insert into {no}", run(copy.format(xid="xid", row=draw.choice(rows))), {no}
    for xid in (
        "'0'",
        "'1'",
        "'3'",
        "(SELECT (to_xid::text::bigint - 1)::text::xid8 FROM audit_seals WHERE no = 0)",
    ):
        row = draw.choice(chain.rows[chain.remembered.no])
        yield f"insert before the chain at {xid}", run(copy.format(xid=xid, row=row)), {0}


def swaps(chain: Chain, draw: Random) -> Iterator[Tampering]:
    numbers = list(chain.rows)
    for no, rows in chain.rows.items():
        one_row, other = draw.sample(rows, 2)
        yield f"swap contents in {no}", run(f"UPDATE audit_log a SET new = b.new FROM audit_log b WHERE (a.id, b.id) IN (({one_row}, {other}), ({other}, {one_row}))"), {no}  # fmt: skip
        yield f"swap numbers in {no}", run(
            f"ALTER TABLE audit_log ALTER id SET GENERATED BY DEFAULT; UPDATE audit_log SET id = -1 WHERE id = {one_row}; UPDATE audit_log SET id = {one_row} WHERE id = {other}; UPDATE audit_log SET id = {other} WHERE id = -1"
        ), {no}  # fmt: skip
        far = draw.choice([x for x in numbers if x != no])
        yield f"move from {no} to {far}", run(f"UPDATE audit_log SET xid = (SELECT xid FROM audit_log WHERE id = {chain.rows[far][0]}) WHERE id = {one_row}"), {no, far}  # fmt: skip


def truncations(chain: Chain, draw: Random) -> Iterator[Tampering]:
    last = chain.remembered.no
    for count in range(1, BATCHES + 1):
        first = last - count + 1
        yield f"cut the last {count}", run(
            f"DELETE FROM audit_log WHERE xid >= (SELECT from_xid FROM audit_seals WHERE no = {first}); DELETE FROM audit_seals WHERE no >= {first}"
        ), {last}  # fmt: skip
    yield "cut all", run("DELETE FROM audit_log; DELETE FROM audit_seals"), {last}
    yield "empty the chain only", run("TRUNCATE audit_seals"), {last}


def reseals(chain: Chain, draw: Random) -> Iterator[Tampering]:
    """The server's owner alters a row and computes every later seal anew: only a remembered seal tells."""
    for no, rows in chain.rows.items():
        for change in ("UPDATE audit_log SET new = '{}' WHERE id = ", "DELETE FROM audit_log WHERE id = "):
            row = draw.choice(rows)
            yield f"re-seal from {no}", both(f"{change}{row}", no), {chain.remembered.no}


def seals_edited(chain: Chain, draw: Random) -> Iterator[Tampering]:
    for no in chain.rows:
        following = {no + 1} if no < chain.remembered.no else set()
        yield f"rows of seal {no}", run(f"UPDATE audit_seals SET rows = rows + 1 WHERE no = {no}"), {no}
        yield (
            f"hash of seal {no}",
            run(f"UPDATE audit_seals SET hash = sha256(hash) WHERE no = {no}"),
            {no} | following,
        )
        yield f"start of seal {no}", run(f"UPDATE audit_seals SET from_xid = '1' WHERE no = {no}"), {no}


def run(statements: str) -> Callable[[Connection], None]:
    def act(owner: Connection) -> None:
        for statement in statements.split("; "):
            assert owner.execute(statement).rowcount != 0, statement

    return act


def both(change: str, first: int) -> Callable[[Connection], None]:
    def act(owner: Connection) -> None:
        assert owner.execute(change).rowcount == 1
        numbers = owner.execute("SELECT no FROM audit_seals WHERE no >= %s ORDER BY no", (first,)).fetchall()
        for (no,) in numbers:
            owner.execute(
                "UPDATE audit_seals s SET prev = p.hash, rows = r.n, hash = r.h FROM audit_seals p, LATERAL (SELECT count(*) n, "
                "sha256(p.hash || convert_to(s2.to_xid::text, 'UTF8') || coalesce(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id), '')) h "
                "FROM audit_seals s2 LEFT JOIN audit_log a ON a.xid >= s2.from_xid AND a.xid < s2.to_xid WHERE s2.no = %(no)s GROUP BY s2.to_xid) r "
                "WHERE s.no = %(no)s AND p.no = %(no)s - 1",
                {"no": no},
            )
        assert problems(owner, None) == {}  # the forgery is perfect in itself

    return act


def test_two_hundred_tamperings_are_found_and_named(chain: Chain):
    draw = Random(20260901)
    kinds = (edits, deletions, insertions, swaps, truncations, reseals, seals_edited)
    every = [tampering for kind in kinds for tampering in kind(chain, draw)]
    assert len(every) >= 200
    missed: dict[str, tuple[object, ...]] = {}
    witness = Seal(no=chain.remembered.no, hash=chain.remembered.hash, at=datetime(2026, 9, 1, tzinfo=UTC))
    with chain.two.owner() as owner:
        for name, act, bad in every:
            with owner.transaction(force_rollback=True):
                act(owner)
                found = problems(owner, chain.remembered)
                checked = check_snapshot(owner, (witness,)).faults
            # a seal that is gone is named itself by the command, its follower by the function
            named = {one.seal + step for one in checked for step in (0, "is gone" in one.what)}
            if not bad <= set(found) or not bad <= named:
                missed[name] = (sorted(bad), found, checked)
            elif name.startswith(ROWS_NAMED) and not any(one.row for one in checked if one.seal in bad):
                missed[name] = (sorted(bad), "no row named", checked)
        assert problems(owner, chain.remembered) == {}
    print(f"{len(every)} tamperings, {len(every) - len(missed)} found and named")
    assert missed == {}


def test_fields_cannot_be_shifted_into_each_other(two: TwoClinics):
    """A seat is free text: the separators of a seal in it must not make two different rows hash alike."""
    with two.owner() as owner:
        hashed = "SELECT cd.audit_row_hash(jsonb_populate_record(NULL::audit_log, %s))"
        row = {"id": 1, "at": "2026-01-01T00:00:00Z", "xid": "9", "login_role": "u_x"}
        honest = one(
            owner, hashed, Jsonb({**row, "seat": "a\x1fusers", "tab": "U", "op": "x", "row_id": "y"})
        )
        shifted = one(
            owner, hashed, Jsonb({**row, "seat": "a", "tab": "users", "op": "U", "row_id": "x\x1fy"})
        )
    assert honest != shifted


@pytest.mark.parametrize("role", ["receptionist", "nurse", "admin"])
def test_anybody_may_seal_and_verify_and_nobody_rewrites(chain: Chain, person, role):
    connection = person(role)
    assert connection.execute("SELECT cd.seal()").fetchone()[0] >= chain.remembered.no
    assert connection.execute("SELECT * FROM cd.verify_seals()").fetchall() == []
    row = connection.execute("SELECT hash FROM audit_seals WHERE no = %s", (chain.remembered.no,)).fetchone()
    assert row == (chain.remembered.hash,)
