"""Corrections, guardians, consents, photos, history and merging on a real database (spec 2.1 to 2.5)."""

import io
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.errors import (
    InvalidField,
    MergedAlready,
    NeedsRecords,
    NotAllowed,
    SecondPersonNeeded,
    StaleRecord,
)
from clinicdesk.domain.patients import AllergyStatus, NewGuardian, NewPatient
from clinicdesk.repositories.clinical import Clinical
from clinicdesk.services.patients import Patients
from clinicdesk.services.payments import Payments
from clinicdesk.services.photos import MOST_BYTES, SIZE, small_jpeg
from clinicdesk.services.records import Merging, Records
from clinicdesk.services.scheduling import Scheduling

CHILD = NewPatient(
    first_name="Tobi", last_name="Lawal", date_of_birth=date(2020, 2, 3), gender="male", phone="0803 000 0004, 0805 111 2222",
    guardian=NewGuardian(name="Zainab Lawal", relation="mother", phone="0805 111 2222"), consents=("treatment", "reminders"),
)  # fmt: skip


@dataclass
class Seat:
    patients: Patients
    records: Records
    merging: Merging
    scheduling: Scheduling
    payments: Payments
    user: UUID


def seat(clinic: Any, who: str = "receptionist", pc: str = "pc-1") -> Seat:
    session = clinic.sign_in(who, seat=pc)
    parts = (session.open_work, session.actor, session.now)
    return Seat(
        Patients(*parts), Records(*parts), Merging(*parts[:2]), Scheduling(*parts), Payments(*parts),
        session.actor.user_id,
    )  # fmt: skip


def grant(clinic: Any, user: UUID) -> None:
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, 'records')",
            (clinic.small.clinic, user),
        )


def as_typed(details: Any, **more: Any) -> NewPatient:
    return replace(
        NewPatient(
            first_name=details.first_name, last_name=details.last_name, date_of_birth=details.date_of_birth,
            gender=details.gender, phone=", ".join(details.phones), email=details.email, address=details.address,
            dob_precision=details.dob_precision, other_names=details.other_names,
        ),
        **more,
    )  # fmt: skip


def test_spec_2_4_a_child_is_registered_with_guardian_shared_phone_and_consents(clinic):
    desk = seat(clinic)
    made = desk.patients.register(CHILD)
    found = desk.records.details(made)
    assert (found.child, found.phones) == (True, ("+2348030000004", "+2348051112222"))
    (guardian,) = found.guardians
    assert (guardian.name, guardian.relation, guardian.phone) == ("Zainab Lawal", "mother", "+2348051112222")
    assert {(c.purpose, c.given, c.given_by) for c in found.consents} == {
        ("treatment", True, "guardian"),
        ("reminders", True, "guardian"),
    }
    with pytest.raises(InvalidField, match="guardian: required"):
        desk.records.add_guardian(made, NewGuardian(name=" ", relation="father"))
    with pytest.raises(InvalidField, match="relation: choose"):
        desk.records.add_guardian(made, NewGuardian(name="A", relation="neighbour"))
    desk.records.end_guardian(guardian.id)
    with pytest.raises(NotAllowed):  # an ended guardian answers nothing any more
        desk.records.consent(made, "research", given=True, guardian=guardian.id)
    (reminders,) = [c for c in found.consents if c.purpose == "reminders"]
    desk.records.withdraw(reminders.id)
    desk.records.consent(made, "research", given=False, method="verbal_witness")
    again = {c.purpose: c for c in desk.records.details(made).consents}
    assert again["reminders"].withdrawn_at is not None
    assert (again["research"].given, again["research"].given_by) == (False, "patient")


def test_spec_2_1_two_seats_correct_one_record_and_the_second_hears_of_it(clinic):
    desk, other = seat(clinic), seat(clinic, "receptionist2", "pc-2")
    patient = clinic.small.patients[0]
    mine, theirs = desk.records.details(patient), other.records.details(patient)
    changed = desk.records.correct(
        mine, as_typed(mine, last_name="Adébáyọ̀-Cole", phone="0803 000 0001, 0809 999 8888")
    )
    assert (changed.last_name, changed.version, len(changed.phones)) == ("Adébáyọ̀-Cole", mine.version + 1, 2)
    with pytest.raises(StaleRecord):
        other.records.correct(theirs, as_typed(theirs, gender="male"))
    with pytest.raises(InvalidField, match="date_of_birth: in_future"):
        desk.records.correct(changed, as_typed(changed, date_of_birth=date(2999, 1, 1)))
    about = desk.records.correct(
        changed, as_typed(changed, date_of_birth=date(1986, 7, 1), dob_precision="estimated")
    )
    assert about.dob_precision == "estimated"
    history = desk.records.history(patient)
    names = [
        (line.old, line.new, line.person) for line in history if "last_name" in line.new and line.op == "U"
    ]
    assert names == [({"last_name": "Adébáyọ̀"}, {"last_name": "Adébáyọ̀-Cole"}, "Tunde Bello")]
    assert any(
        line.table == "contact_points" and line.new.get("value") == "+2348099998888" for line in history
    )
    assert desk.patients.search("adebayo cole")[0].id == patient


def test_a_photo_is_made_small_and_loses_its_metadata(clinic):
    desk = seat(clinic)
    patient = clinic.small.patients[0]
    noise = Image.effect_noise((2400, 1800), 120).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "secret place"
    content = io.BytesIO()
    noise.save(content, "JPEG", quality=95, exif=exif)
    desk.records.set_photo(patient, content.getvalue())
    jpeg = desk.records.details(patient).photo
    assert 0 < len(jpeg) <= MOST_BYTES
    assert b"secret place" not in jpeg
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.size, image.format, len(image.getexif())) == (SIZE, "JPEG", 0)
    with clinic.owner() as owner:
        (named,) = owner.execute(
            "SELECT avatar_url FROM user_profiles WHERE user_id = %s", (patient,)
        ).fetchone()
    assert named.startswith("photo:")
    desk.records.remove_photo(patient)
    assert desk.records.details(patient).photo == b""


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"\xff\xd8\xff" + b"0" * 90, b"<svg/>", b"GIF89a" + b"0" * 60]
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(InvalidField, match="photo: file"):
        small_jpeg(content)


def dump(clinic: Any) -> dict[str, list[str]]:
    """Every row of every table but the logs that only grow and the aliases themselves."""
    growing = {"audit_log", "audit_seals", "audit_leaves", "change_feed", "patient_aliases", "counters"}
    with clinic.owner() as owner:
        names = [r[0] for r in owner.execute(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'").fetchall()]  # fmt: skip
        return {
            name: sorted(r[0] for r in owner.execute(f"SELECT t::text FROM {name} t").fetchall())
            for name in names
            if name not in growing
        }


def twins(clinic: Any, desk: Seat) -> tuple[UUID, UUID]:
    """The same woman twice, each record with something of everything the desk makes."""
    small = clinic.small
    first = small.patients[0]
    second = desk.patients.register(
        replace(
            CHILD,
            first_name="Ẹniọlá",
            last_name="Adebayo",
            date_of_birth=date(1984, 2, 14),
            gender="female",
            duplicate_reason="test",
        )
    )
    for number, patient in enumerate((first, second)):
        made = desk.scheduling.book(
            Booking(patient_id=patient, doctor_id=small.doctor, type_id=small.types["Consultation"], day=small.tomorrow, start=time(9 + number))
        )  # fmt: skip
        desk.payments.take(uuid4(), made, amount=Decimal(1000), method="cash")
        desk.scheduling.add_waiting(patient, latest=small.tomorrow)
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance) VALUES (%s, 'penicillin')", (second,)
        )
        owner.execute("UPDATE patients SET allergy_status = 'none_known' WHERE user_id = %s", (first,))
    return first, second


def test_spec_2_3_merge_and_unmerge_restore_every_table_byte_for_byte(clinic):
    desk, doctor = seat(clinic), seat(clinic, "doctor", "pc-2")
    first, second = twins(clinic, desk)
    for other in (
        desk,
        doctor,
        seat(clinic, "nurse", "pc-3"),
    ):  # 2.3.1: the records duty, or an administrator
        with pytest.raises(NotAllowed):
            other.merging.preview(first)
        assert not other.merging.allowed()
    grant(clinic, desk.user)
    desk = seat(clinic)
    assert desk.merging.allowed()
    kinds = {line.kind for line in desk.merging.preview(second)}
    assert kinds == {"appointments", "waiting_list", "payments", "patient_allergies", "patient_guardians",
        "patient_consents", "contact_points"}  # fmt: skip
    assert all(not line.what for line in desk.merging.preview(second) if line.kind == "patient_allergies")
    before = dump(clinic)
    with pytest.raises(InvalidField, match="reason: reason"):
        desk.merging.merge(first, second, reason=" ")
    old = desk.records.details(second).mrn
    alias = desk.merging.merge(first, second, reason="same woman, two cards")
    assert alias.state == "merged"
    with pytest.raises(MergedAlready):  # 2.3.5: no chains, no loops
        desk.merging.merge(second, first, reason="back")
    # 2.3.6: the old number opens the survivor, and says so
    (hit,) = desk.patients.search(old)
    assert (hit.id, hit.former_mrn) == (first, old)
    assert desk.patients.summary(second).id == first
    assert desk.patients.summary(first).former_mrns == (old,)
    shown = doctor.patients.summary(first)  # 2.3.4: the allergy outweighs 'none known'
    assert ([a.substance for a in shown.allergies], shown.allergy_status) == (
        ["penicillin"],
        AllergyStatus.LISTED,
    )
    assert second not in {hit.id for hit in desk.patients.search("adebayo eniola")}
    during = dump(clinic)
    changed = {name for name in before if before[name] != during[name]}
    assert changed == {"patients"}, "a merge rewrites nothing but the alias (2.3.2)"
    desk.merging.unmerge(alias, reason="two women after all")
    assert dump(clinic) == before
    assert desk.patients.search(old)[0].id == second
    with pytest.raises(StaleRecord):
        desk.merging.unmerge(alias, reason="again")


def test_spec_2_3_5_merging_on_repoints_and_unmerging_gives_back(clinic):
    admin = seat(clinic, "admin")
    a, b, c = clinic.small.patients[:3]
    before = dump(clinic)
    first = admin.merging.merge(b, a, reason="a is b")
    second = admin.merging.merge(c, b, reason="b is c")
    assert admin.patients.summary(a).id == c, "A into B, then B into C: A points to C"
    assert len(admin.merging.open()) == 2
    admin.merging.unmerge(second, reason="no")
    assert admin.patients.summary(a).id == b
    admin.merging.unmerge(first, reason="no")
    assert dump(clinic) == before


def test_spec_2_3_1_signed_notes_need_a_second_person(clinic):
    small = clinic.small
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO visits(clinic_id, patient_id, doctor_id, visit_date, visit_type, status, version, document_id, sha256) "
            "VALUES (%s, %s, %s, now(), 'routine', 'signed', 1, %s, %s)",
            (small.clinic, small.patients[0], small.doctor, "a" * 24, "b" * 64),
        )
    admin = seat(clinic, "admin")
    grant(clinic, seat(clinic, "receptionist2", "pc-2").user)
    officer = seat(clinic, "receptionist2", "pc-2")
    alias = officer.merging.merge(small.patients[1], small.patients[0], reason="same man")
    assert alias.state == "proposed"
    assert admin.patients.summary(small.patients[0]).id == small.patients[0]
    with pytest.raises(SecondPersonNeeded):
        officer.merging.confirm(alias)
    admin.merging.confirm(alias)
    assert admin.patients.summary(small.patients[0]).id == small.patients[1]
    (now,) = admin.merging.open()
    assert now.state == "merged"


def test_who_lost_the_records_duty_merges_no_more(clinic):
    grant(clinic, seat(clinic).user)
    officer = seat(clinic)
    assert officer.merging.allowed()
    with clinic.owner() as owner:
        owner.execute("DELETE FROM staff_duties WHERE user_id = %s", (officer.user,))
    assert not officer.merging.allowed()
    with pytest.raises(NeedsRecords):
        officer.merging.preview(clinic.small.patients[0])


def test_spec_2_3_3_what_came_later_is_assigned_by_a_person(clinic):
    admin = seat(clinic, "admin")
    small = clinic.small
    alias = admin.merging.merge(small.patients[0], small.patients[1], reason="same")
    wish = Booking(
        patient_id=small.patients[1], doctor_id=small.doctor, type_id=small.types["Follow-up"], day=small.tomorrow, start=time(9)
    )  # fmt: skip
    one = admin.scheduling.book(wish)
    two = admin.scheduling.book(replace(wish, start=time(10)))
    assert one.patient_id == small.patients[0], "a new promise goes to the record that lives on"
    assert {line.id for line in admin.merging.since(alias)} == {one.id, two.id}
    admin.merging.unmerge(alias, reason="two people", theirs=[two.id])
    assert admin.scheduling.appointment(one.id).patient_id == small.patients[0]
    assert admin.scheduling.appointment(two.id).patient_id == small.patients[1]


def test_the_preview_knows_every_table_that_names_a_patient(clinic):
    """A table with a patient in it that the preview does not list would be forgotten at a merge."""
    with clinic.owner() as owner:
        tables = {r[0] for r in owner.execute(
            "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) "
            "WHERE c.contype = 'f' AND a.attname IN ('patient_id', 'person_id')").fetchall()}  # fmt: skip
        body = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = 'linked_records'").fetchone()[0]
    # the clinics a patient is known in; keys stay with the number that sealed documents carry, and open for both
    assert {name for name in tables if f"'{name}'" not in body} == {"patient_clinics", "chart_keys"}


def test_spec_2_3_4_what_prescribing_checks_is_read_from_both_records(clinic):
    """An allergy on the record that was merged away still stops a prescription."""
    admin, small = seat(clinic, "admin"), clinic.small
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance) VALUES (%s, 'penicillin')",
            (small.patients[1],),
        )
    admin.merging.merge(small.patients[0], small.patients[1], reason="same")
    session = clinic.sign_in("doctor", seat="pc-2")
    with session.open_work() as work:
        assert [one.substance for one in Clinical(work).allergies(small.patients[0])] == ["penicillin"]
