"""Reading the logs, and finding what was done to them."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest

from clinicdesk.cli import run
from clinicdesk.domain.access import LogFilter
from clinicdesk.domain.errors import InvalidField, NotAllowed
from clinicdesk.repositories.audit_check import check_audit
from clinicdesk.repositories.witness import keep_witness, read_seal, witness_file
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.auditing import PAGE, Auditing


def auditing(clinic, who="admin"):
    session = clinic.sign_in(who)
    return Auditing(session.open_work, session.actor, session.now)


def opened(clinic, who, patient, times=1, action="view"):
    session = clinic.sign_in(who, seat="pc-7")
    for _ in range(times):
        with session.open_work() as work:
            work.value("SELECT cd.log_access(:p, :a, 'care')", p=patient, a=action)


def raw(clinic, sql, *values):
    with clinic.owner() as owner:
        return owner.execute(sql, values).fetchall()


# -- who opened this chart ---------------------------------------------------------------------------------------


def test_who_opened_a_chart_and_reading_it_is_logged(clinic):
    first, second = clinic.small.patients[:2]
    opened(clinic, "doctor", first)
    opened(clinic, "nurse", first, action="edit")
    opened(clinic, "nurse", second)
    service = auditing(clinic)
    found = service.access(LogFilter(patient=first))
    assert [(one.person, one.role, one.action, one.seat) for one in found] == [
        ("Hauwa Sani", "nurse", "edit", "pc-7"), ("Ada Obi", "doctor", "view", "pc-7"),
    ]  # fmt: skip
    assert found[0].mrn.startswith("CD")
    assert len(service.access(LogFilter())) == 3
    rows = raw(clinic, "SELECT op, tab, row_id FROM audit_log WHERE op = 'R' ORDER BY id")
    assert rows == [("R", "access_log", str(first)), ("R", "access_log", None)]


def test_filters_and_pages(clinic):
    patient, service = clinic.small.patients[0], auditing(clinic)
    opened(clinic, "doctor", patient, times=PAGE + 5)
    opened(clinic, "nurse", patient)
    page = service.access(LogFilter())
    assert len(page) == PAGE
    rest = service.access(LogFilter(), before=page[-1].id)
    assert len(rest) == 6
    nurse = next(one for one, name in service.colleagues() if name == "Hauwa Sani")
    assert [one.person for one in service.access(LogFilter(person=nurse))] == ["Hauwa Sani"]
    today = clinic.small.today
    assert service.access(LogFilter(first=today + timedelta(days=1))) == []
    assert service.access(LogFilter(last=today - timedelta(days=1))) == []
    assert len(service.access(LogFilter(first=today, last=today, person=nurse))) == 1
    assert service.access(LogFilter(emergency=True)) == []
    with pytest.raises(InvalidField):
        service.access(LogFilter(first=today, last=today - timedelta(days=1)))


def test_the_privacy_officer_reads_who_opened_charts_and_nothing_else(clinic):
    patient = clinic.small.patients[0]
    opened(clinic, "doctor", patient)
    nurse = auditing(clinic, "nurse")
    with pytest.raises(NotAllowed):
        nurse.access(LogFilter())
    admin = clinic.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    account = next(one for one in accounts.staff() if one.name == "Hauwa Sani")
    accounts.set_duty(account, "privacy_officer", held=True)
    nurse = auditing(clinic, "nurse")
    assert len(nurse.access(LogFilter())) == 1
    with pytest.raises(NotAllowed):
        nurse.changes(LogFilter())


@pytest.mark.parametrize("who", ["admin", "doctor", "nurse", "receptionist", "pharmacist"])
def test_nobody_reads_the_logs_past_the_functions(clinic, who):
    session = clinic.sign_in(who)
    for sql in ("SELECT * FROM access_log", "SELECT new FROM audit_log", "SELECT cd.log_reading('x', '{}')", "SELECT * FROM audit_leaves"):  # fmt: skip
        with pytest.raises(NotAllowed), session.open_work() as work:
            work.all(sql)


def test_the_list_for_the_patient_is_a_table_that_runs_nothing(clinic):
    patient, service = clinic.small.patients[0], auditing(clinic)
    session = clinic.sign_in("doctor", seat="pc-1")
    with session.open_work() as work:
        work.value("SELECT cd.log_access(:p, 'view', '=cmd()')", p=patient)
    content = service.export_access(LogFilter(patient=patient))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["patient"], row["person"], row["purpose"]) for row in rows] == [
        ("Ẹniọlá Adébáyọ̀", "Ada Obi", "'=cmd()")
    ]
    assert raw(clinic, "SELECT action, purpose FROM access_log ORDER BY id DESC LIMIT 1") == [
        ("export", "access_log")
    ]
    assert raw(clinic, "SELECT row_id FROM audit_log WHERE op = 'X'") == [(str(patient),)]


# -- what was changed ----------------------------------------------------------------------------------------------


def test_what_changed_on_a_record_side_by_side(clinic):
    patient = clinic.small.patients[0]
    desk = clinic.sign_in("receptionist", seat="front")
    with desk.open_work() as work:
        work.run("UPDATE user_profiles SET first_name = 'Enny' WHERE user_id = :p", p=patient)
    found = auditing(clinic).changes(LogFilter(patient=patient, table="user_profiles"))
    assert [one.operation for one in found] == ["U", "I"]
    newest = found[0]
    assert (newest.person, newest.seat, newest.subject) == ("Tunde Bello", "front", "Enny Adébáyọ̀")
    assert ("first_name", "Ẹniọlá", "Enny") in newest.fields()
    assert auditing(clinic).changes(LogFilter(row=newest.row))[0].id == newest.id


def test_clinical_values_stay_with_those_who_treat(clinic):
    patient, doctor = clinic.small.patients[0], clinic.sign_in("doctor")
    with doctor.open_work() as work:
        work.run("INSERT INTO patient_allergies(patient_id, substance) VALUES (:p, 'Penicillin')", p=patient)
    [line] = auditing(clinic).changes(LogFilter(patient=patient, table="patient_allergies"))
    assert line.masked
    assert ("substance", "", "•••") in line.fields()
    assert "Penicillin" not in repr(line)


def test_account_changes_and_sign_ins_are_lists_of_their_own(clinic):
    clinic.sign_in("nurse", seat="pc-3")
    admin = clinic.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    account = next(one for one in accounts.staff() if one.name == "Hauwa Sani")
    accounts.set_duty(account, "records", held=True)
    service = auditing(clinic)
    changed = service.changes(LogFilter(kind="accounts", person=account.id))
    assert (changed[0].table, changed[0].operation, changed[0].person) == (
        "staff_duties",
        "I",
        "Ngozi Eze",
    )
    assert changed[0].subject == "Hauwa Sani"
    came = service.changes(LogFilter(kind="sign_ins", person=account.id))
    assert [(one.after["event"], one.seat) for one in came] == [("signed_in", "pc-3")]
    assert [one.operation for one in service.changes(LogFilter(kind="reading"))] == ["R"] * 2
    content = service.export_changes(LogFilter(kind="accounts", person=account.id)).decode("utf-8-sig")
    assert "staff_duties" in content


def test_another_clinic_s_changes_are_not_shown(clinic):
    with clinic.owner() as owner:
        other = owner.execute(
            "INSERT INTO clinics(name, address) VALUES ('Other', '{}') RETURNING id"
        ).fetchone()[0]
        owner.execute("INSERT INTO rooms(clinic_id, name) VALUES (%s, 'Secret room')", (other,))
    found = auditing(clinic).changes(LogFilter())
    assert found
    assert "Secret room" not in repr(found)
    assert "Other" not in repr([one.after.get("name") for one in found])


# -- clinicdesk audit verify -----------------------------------------------------------------------------------------


@pytest.fixture
def sealed(clinic):
    """Three seals of five rows each."""
    with clinic.owner() as owner:
        owner.execute("SELECT cd.seal()")
        for _ in range(3):
            for number in range(5):
                owner.execute(
                    "UPDATE clinics SET phone = %s WHERE id = %s", (str(uuid4())[:15], clinic.small.clinic)
                )
                assert number < 5
            owner.execute("SELECT cd.seal()")
        assert check_audit(owner).faults == ()
        yield owner


def row_of(owner, at):
    return owner.execute(
        "SELECT ids[3] FROM audit_leaves ORDER BY no DESC OFFSET %s LIMIT 1", (at,)
    ).fetchone()[0]


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_log SET new = '{}' WHERE id = %(row)s", "was changed"),
        ("UPDATE audit_log SET at = at + interval '1 s' WHERE id = %(row)s", "was changed"),
        ("UPDATE audit_log SET login_role = 'u_x' WHERE id = %(row)s", "was changed"),
        ("DELETE FROM audit_log WHERE id = %(row)s", "is gone"),
        ("INSERT INTO audit_log(at, xid, login_role, tab, op) SELECT at, xid, login_role, tab, op FROM audit_log WHERE id = %(row)s", "was put in"),
    ],
)  # fmt: skip
def test_the_first_bad_row_is_named(sealed, at, statement, words):
    row = row_of(sealed, at)
    sealed.execute(statement, {"row": row})
    [fault] = check_audit(sealed).faults
    assert words in fault.what
    if "put in" not in words:
        assert fault.row == row
        assert f"row {row} " in fault.what


def test_rows_in_another_order_are_named(sealed):
    row = row_of(sealed, 1)
    sealed.execute("ALTER TABLE audit_log ALTER id SET GENERATED BY DEFAULT")
    for now, then in ((row, -1), (row + 1, row), (-1, row + 1)):
        sealed.execute("UPDATE audit_log SET id = %s WHERE id = %s", (then, now))
    [fault] = check_audit(sealed).faults
    assert fault.row == row + 1
    assert "stands in another place" in fault.what


def test_a_changed_seal_is_named(sealed):
    last = sealed.execute("SELECT max(no) FROM audit_seals").fetchone()[0]
    sealed.execute("UPDATE audit_seals SET hash = sha256('x') WHERE no = %s", (last - 1,))
    assert [(one.seal, one.what) for one in check_audit(sealed).faults] == [
        (last, f"seal {last} does not follow seal {last - 1}"),
        (last - 1, f"seal {last - 1} itself was changed"),
    ]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_log SET new = '{}' WHERE id = {row}", "a row was changed, among rows"),
        ("DELETE FROM audit_log WHERE id = {row}", "1 of its rows are gone, among rows"),
        (
            "INSERT INTO audit_log(at, xid, login_role, tab, op) SELECT at, xid, login_role, tab, op FROM audit_log WHERE id = {row}",
            "a row was put in, among rows",
        ),
    ],
)
def test_a_seal_of_an_older_release_names_between_which_rows(sealed, statement, words):
    row = row_of(sealed, 1)
    no, ids = sealed.execute(
        "SELECT no, ids FROM audit_leaves WHERE ids @> ARRAY[%s::bigint]", (row,)
    ).fetchone()
    sealed.execute("DELETE FROM audit_leaves WHERE no = %s", (no,))
    assert check_audit(sealed).faults == ()
    sealed.execute(statement.replace("{row}", str(row)))
    [fault] = check_audit(sealed).faults
    assert fault.seal == no
    assert f"{words} {min(ids)} to " in fault.what


def test_a_cut_end_is_found_by_the_remembered_seal(sealed, clinic, tmp_path):
    session = clinic.sign_in("nurse")
    with session.open_work() as work:
        assert keep_witness(work, tmp_path)
    installation = sealed.execute("SELECT id FROM installation").fetchone()[0]
    path = witness_file(tmp_path, str(installation))
    seal = read_seal(path)
    assert seal is not None
    sealed.execute(
        "DELETE FROM audit_log WHERE xid >= (SELECT from_xid FROM audit_seals WHERE no = %s)", (seal.no,)
    )
    sealed.execute("DELETE FROM audit_seals WHERE no = %s", (seal.no,))
    assert check_audit(sealed).faults == ()
    assert [one.seal for one in check_audit(sealed, (seal,)).faults] == [seal.no]
    with session.open_work() as work:
        assert not keep_witness(work, tmp_path)
    assert read_seal(path) == seal


def test_the_command_says_it_and_names_the_row(sealed, clinic, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("clinicdesk.settings.default_data_dir", lambda: tmp_path)
    uri = clinic.addresses.postgres
    assert run(["audit", "verify", "--postgres", uri]) == 0
    assert "The audit is as it was written." in capsys.readouterr().out
    row = row_of(sealed, 1)
    sealed.execute("DELETE FROM audit_log WHERE id = %s", (row,))
    assert run(["audit", "verify", "--postgres", uri]) == 1
    out = capsys.readouterr().out
    assert f"row {row} of seal" in out
    assert "tampered with" in out
    assert run(["audit", "verify", "--postgres", uri, "--since-seal", str(tmp_path / "none.json")]) == 2
    assert run(["audit", "verify", "--data-dir", str(tmp_path / "nowhere")]) == 2


def test_many_rows_of_many_seals_are_checked(clinic):
    with clinic.owner() as owner:
        for _ in range(3):
            owner.execute(
                "INSERT INTO audit_log(tab, op, row_id, new) SELECT 'appointments', 'U', gen_random_uuid()::text, "
                "jsonb_build_object('status', 'completed') FROM generate_series(1, 2000)"
            )
            owner.execute("SELECT cd.seal()")
        checked = check_audit(owner)
        assert checked.faults == ()
        assert checked.rows >= 6000
