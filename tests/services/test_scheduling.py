"""The scheduler service on a real database (spec 1)."""

import threading
from datetime import time, timedelta
from uuid import uuid4

import pytest

from clinicdesk.domain.appointments import Booking, Status
from clinicdesk.domain.errors import (
    Conflict,
    DomainError,
    FreeSlot,
    IllegalTransition,
    InvalidField,
    NoShowTooEarly,
    NotAllowed,
    NotArrived,
    NotFound,
    OutsideHours,
    OverbookingLimit,
    PastTime,
    SlotTaken,
    StaleRecord,
    VisitMissing,
)
from clinicdesk.domain.wall_clock import wall
from clinicdesk.services.next_free import NextFree
from clinicdesk.services.scheduling import Scheduling

ODD = "x'); DROP TABLE appointments;-- \\ %s {0} :id \x00 <b>Ẹ̀ṣọ́</b> 😀"


def scheduling(clinic, who="receptionist", seat="pc-1"):
    session = clinic.sign_in(who, seat=seat)
    return Scheduling(session.open_work, session.actor, session.now)


def wish(clinic, patient=0, start=time(10), **more):
    small = clinic.small
    return Booking(**{
        "patient_id": small.patients[patient], "doctor_id": small.doctor, "type_id": small.types["Consultation"],
        "day": small.tomorrow, "start": start, **more,
    })  # fmt: skip


def later_today(clinic):
    """A start today that is not past, on the half hour, in the doctor's hours."""
    return time(14)


def set_visit(clinic, made):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO visits(clinic_id, patient_id, doctor_id, appointment_id, visit_date, visit_type, version, document_id, sha256) "
            "VALUES (%s, %s, %s, %s, now(), 'routine', 1, repeat('a', 24), repeat('a', 64))",
            (made.clinic_id, made.patient_id, made.doctor_id, made.id),
        )


def test_a_booking_is_confirmed_and_carries_what_the_screen_shows(clinic):
    made = scheduling(clinic).book(wish(clinic, chief_complaint="  Cough \n\n since Monday "))
    assert (made.status, made.phase, made.version) == (Status.CONFIRMED, "confirmed", 1)
    assert (made.start, made.end, made.day) == (time(10), time(10, 30), clinic.small.tomorrow)
    assert (made.patient_name, made.doctor_name, made.type_name) == (
        "Ẹniọlá Adébáyọ̀",
        "Ada Obi",
        "Consultation",
    )
    assert (made.fee, made.paid, made.payment_status) == (5000, 0, "pending")
    assert made.chief_complaint == "Cough\n\nsince Monday"
    assert made.mrn.startswith("CD")


def test_the_length_comes_from_the_wish_else_the_type_else_the_doctor(clinic):
    desk = scheduling(clinic)
    ends = [
        desk.book(wish(clinic, start=time(9), duration=45)).end,
        desk.book(wish(clinic, start=time(10), type_id=clinic.small.types["Follow-up"])).end,
        desk.book(wish(clinic, start=time(11), type_id=None)).end,
    ]
    assert ends == [time(9, 45), time(10, 20), time(11, 30)]


def test_a_nurse_requests_and_reception_confirms(clinic):
    made = scheduling(clinic, "nurse").book(wish(clinic))
    assert (made.status, made.paid) == (Status.PENDING, 0)  # T1
    assert scheduling(clinic).confirm(made).status is Status.CONFIRMED  # T3


def test_a_pharmacist_has_no_schedule(clinic):
    desk = scheduling(clinic, "pharmacist")
    for call in (lambda: desk.day_sheet(clinic.small.today), lambda: desk.book(wish(clinic)), desk.doctors):
        with pytest.raises(NotAllowed):
            call()


def test_the_sheet_of_a_day(clinic):
    desk = scheduling(clinic)
    made = desk.book(wish(clinic))
    desk.book(wish(clinic, 1, time(9), doctor_id=clinic.small.doctor2))
    desk.add_waiting(clinic.small.patients[2], latest=clinic.small.tomorrow, priority=1, note="any time")
    sheet = desk.day_sheet(clinic.small.tomorrow)
    assert [a.start for a in sheet.appointments] == [time(9), time(10)]
    assert made in sheet.appointments
    assert {(w.doctor_id, w.start, w.end) for w in sheet.windows} == {
        (doctor, start, end)
        for doctor in (clinic.small.doctor, clinic.small.doctor2)
        for start, end in ((480, 780), (840, 1080))
    }
    (entry,) = sheet.waiting
    assert (entry.patient_name, entry.phone, entry.note) == ("Ṣadé Ọlátúnjí", "+2348030000003", "any time")
    assert desk.day_sheet(clinic.small.today).appointments == ()


def test_hours_holidays_leave_and_opening_hours(clinic):
    desk, day = scheduling(clinic), clinic.small.tomorrow
    for start in (
        time(7, 30),
        time(12, 45),
        time(13),
        time(17, 45),
    ):  # before, into the break, in it, past the end
        with pytest.raises(OutsideHours):
            desk.book(wish(clinic, start=start))
    with clinic.owner() as owner:
        name = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")[
            day.isoweekday() % 7
        ]
        owner.execute(f'UPDATE clinics SET operating_hours = \'{{"{name}": ["09:00", "12:00"]}}\'')
    assert wall(desk.free_slots(clinic.small.doctor, day)[0].start, clinic.small.zone)[1] == 540
    with pytest.raises(OutsideHours):
        desk.book(wish(clinic, start=time(14)))
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO doctor_leave(doctor_id, first_day, last_day) VALUES (%s, %s, %s)",
            (clinic.small.doctor, day, day),
        )
    with pytest.raises(OutsideHours):
        desk.book(wish(clinic, start=time(10)))
    assert desk.free_slots(clinic.small.doctor, day) == []
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO clinic_holidays(clinic_id, day, name) VALUES (%s, %s, 'Feast')",
            (clinic.small.clinic, day),
        )
    assert desk.day_sheet(day).windows == ()


def test_the_past_is_refused(clinic):
    with pytest.raises(PastTime):
        scheduling(clinic).book(wish(clinic, day=clinic.small.today, start=time(8)))


@pytest.mark.parametrize(
    ("start", "duration", "field"),
    [
        (time(10), 0, None),
        (time(10), -5, "duration"),
        (time(23, 50), 30, "end"),
        (time(10), 9999, "duration"),
    ],
)
def test_impossible_lengths(clinic, start, duration, field):
    if field is None:  # zero is 'not given'
        assert scheduling(clinic).book(wish(clinic, start=start, duration=duration)).end == time(10, 30)
        return
    with pytest.raises(InvalidField) as refused:
        scheduling(clinic).book(wish(clinic, start=start, duration=duration))
    assert refused.value.field == field


def test_back_to_back_is_free_and_an_overlap_tells_who_and_what_is_near(clinic):
    desk = scheduling(clinic)
    desk.book(wish(clinic))
    desk.book(wish(clinic, 1, time(10, 30)))
    with pytest.raises(SlotTaken) as refused:
        desk.book(wish(clinic, 2, time(10, 15)))
    assert refused.value.holder == "Tunde Bello (Dr Ada Obi, 10:00 to 10:30)"
    near = [(wall(s.start, clinic.small.zone)[1], s.doctor_id) for s in refused.value.nearest]
    assert near == [(540, clinic.small.doctor), (570, clinic.small.doctor), (660, clinic.small.doctor)]
    assert "Adébáyọ̀" not in refused.value.holder


def test_buffers_keep_people_apart(clinic):  # 1.4.5
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointment_types SET buffer_after = 10 WHERE id = %s",
            (clinic.small.types["Consultation"],),
        )
    desk = scheduling(clinic)
    desk.book(wish(clinic))
    with pytest.raises(SlotTaken):
        desk.book(wish(clinic, 1, time(10, 35)))
    assert desk.book(wish(clinic, 1, time(10, 40))).start == time(10, 40)


def attempt(desk, wanted, barrier, answers):
    barrier.wait()
    try:
        answers.append(desk.book(wanted))
    except DomainError as refusal:
        answers.append(refusal)


def test_two_desks_race_and_exactly_one_wins(clinic):  # 1.4.4
    desks = [scheduling(clinic, "receptionist", "pc-1"), scheduling(clinic, "receptionist2", "pc-2")]
    for desk in desks:
        desk.doctors()  # the connection is open
    for hour in range(8, 13):
        barrier = threading.Barrier(2)
        answers: list[object] = []
        threads = [
            threading.Thread(target=attempt, args=(desk, wish(clinic, number, time(hour)), barrier, answers))
            for number, desk in enumerate(desks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (refusal,) = [answer for answer in answers if isinstance(answer, DomainError)]
        assert isinstance(refusal, SlotTaken)
        assert refusal.holder.startswith(("Tunde Bello (Dr Ada Obi,", "Ìfẹ́ Ojo (Dr Ada Obi,"))
        assert len(refusal.nearest) == 3
    assert len(desks[0].day_sheet(clinic.small.tomorrow).appointments) == 5


def test_overbooking_needs_permission_reason_and_room(clinic):  # 1.7
    desk = scheduling(clinic)
    desk.book(wish(clinic))
    with pytest.raises(OverbookingLimit):
        desk.book(wish(clinic, 1, overbook_reason="urgent"))
    with clinic.owner() as owner:
        owner.execute("UPDATE doctor_profiles SET max_overbook = 1")
        owner.execute("UPDATE clinic_staff SET may_overbook = true WHERE role = 'receptionist'")
    assert desk.book(wish(clinic, 1, overbook_reason="urgent")).overbooked
    with pytest.raises(OverbookingLimit):
        desk.book(wish(clinic, 2, time(10, 15), overbook_reason="urgent"))
    with clinic.owner() as owner:
        owner.execute("INSERT INTO doctor_leave(doctor_id, first_day, last_day) VALUES (%s, %s, %s)",
                      (clinic.small.doctor, clinic.small.tomorrow, clinic.small.tomorrow))  # fmt: skip
    with pytest.raises(OutsideHours):  # never above leave
        desk.book(wish(clinic, 3, time(16), overbook_reason="urgent"))


def test_warnings_for_the_same_patient(clinic):  # 1.4.3
    desk = scheduling(clinic)
    assert desk.warnings(wish(clinic)) == ()
    desk.book(wish(clinic))
    assert desk.warnings(wish(clinic, start=time(15))) == ("same_day",)
    assert desk.warnings(wish(clinic, doctor_id=clinic.small.doctor2)) == ("patient_overlap",)
    assert desk.warnings(wish(clinic, 1)) == ()


def test_three_no_shows_in_a_year_are_said(clinic):  # 1.3.5
    with clinic.owner() as owner:
        for days in (30, 60, 90):
            owner.execute(
                "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status) "
                "VALUES (%s, %s, %s, current_date - %s, '09:00', '09:30', 'no_show')",
                (clinic.small.patients[0], clinic.small.doctor, clinic.small.clinic, days),
            )
    assert scheduling(clinic).warnings(wish(clinic)) == ("no_shows",)


def test_moving_makes_a_new_row_and_keeps_the_old_promise(clinic):  # 1.2.1
    desk = scheduling(clinic)
    old = desk.book(wish(clinic, chief_complaint="Cough"))
    new = desk.move(old, doctor_id=clinic.small.doctor2, day=clinic.small.tomorrow, start=900, end=930)
    assert (new.id != old.id, new.status, new.doctor_name, new.start) == (
        True,
        Status.CONFIRMED,
        "Bọ́lá Adé",
        time(15),
    )
    assert new.chief_complaint == "Cough"
    with clinic.owner() as owner:
        row = owner.execute(
            "SELECT status::text, start_time, rescheduled_to_id FROM appointments WHERE id = %s", (old.id,)
        ).fetchone()
        other = owner.execute(
            "SELECT rescheduled_from_id, reschedule_count FROM appointments WHERE id = %s", (new.id,)
        ).fetchone()
    assert row == ("rescheduled", time(10), new.id)
    assert other == (old.id, 1)


def test_moving_by_a_quarter_of_an_hour_does_not_clash_with_itself(clinic):
    desk = scheduling(clinic)
    old = desk.book(wish(clinic))
    assert desk.move(old, doctor_id=old.doctor_id, day=old.day, start=615, end=645).start == time(10, 15)


def test_the_same_start_is_a_resize(clinic):  # 1.2.3
    desk = scheduling(clinic)
    old = desk.book(wish(clinic))
    new = desk.move(old, doctor_id=old.doctor_id, day=old.day, start=600, end=645)
    assert (new.id, new.end, new.version) == (old.id, time(10, 45), old.version + 1)


def test_a_failed_move_changes_nothing(clinic):
    desk = scheduling(clinic)
    old, other = desk.book(wish(clinic)), desk.book(wish(clinic, 1, time(11)))
    with pytest.raises(SlotTaken) as refused:
        desk.move(old, doctor_id=old.doctor_id, day=old.day, start=660, end=690)
    assert refused.value.nearest
    with pytest.raises(SlotTaken):
        desk.move(old, doctor_id=old.doctor_id, day=old.day, start=600, end=675)
    with pytest.raises(OutsideHours):
        desk.move(old, doctor_id=old.doctor_id, day=old.day, start=780, end=810)
    assert desk.day_sheet(old.day).appointments == (old, other)


def test_who_arrived_stays_arrived_after_a_move(clinic):
    desk = scheduling(clinic)
    made = desk.check_in(desk.book(wish(clinic, day=clinic.small.today, start=later_today(clinic))))
    moved = desk.move(made, doctor_id=made.doctor_id, day=made.day, start=900, end=930)
    assert moved.phase == "arrived"


def test_a_stale_screen_is_told(clinic):  # 1.1.5
    one, other = scheduling(clinic), scheduling(clinic, "receptionist2", "pc-2")
    seen = one.book(wish(clinic))
    other.move(seen, doctor_id=seen.doctor_id, day=seen.day, start=600, end=640)
    for call in (lambda: one.cancel(seen, "patient_asked"),
                 lambda: one.move(seen, doctor_id=seen.doctor_id, day=seen.day, start=900, end=930)):  # fmt: skip
        with pytest.raises(StaleRecord):
            call()


def test_the_way_through_a_visit(clinic):
    desk, doctor = scheduling(clinic), scheduling(clinic, "doctor", "pc-2")
    made = desk.book(wish(clinic, day=clinic.small.today, start=later_today(clinic)))
    with pytest.raises(NotArrived):  # T7
        doctor.start_visit(made)
    arrived = desk.check_in(made)
    assert (arrived.phase, arrived.checked_in_at is not None) == ("arrived", True)
    back = desk.undo_check_in(arrived)
    assert back.phase == "confirmed"
    running = doctor.start_visit(desk.check_in(back))
    assert running.status is Status.IN_PROGRESS
    with pytest.raises(VisitMissing):  # T9
        doctor.complete(running)
    set_visit(clinic, running)
    assert doctor.complete(running).status is Status.COMPLETED
    with clinic.owner() as owner:
        figures = owner.execute(
            "SELECT total_appointments, completed_appointments FROM clinic_metrics WHERE date = %s",
            (made.day,),
        ).fetchone()
    assert figures == (1, 1)


def force(clinic, made, status):
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointments SET status = %s, row_version = row_version + 1 WHERE id = %s",
            (status, made.id),
        )


STEPS = {
    "confirm": lambda desk, a: desk.confirm(a),
    "cancel": lambda desk, a: desk.cancel(a, "emergency"),
    "no_show": lambda desk, a: desk.no_show(a),
    "start": lambda desk, a: desk.start_visit(a),
    "complete": lambda desk, a: desk.complete(a),
}
# what an administrator, a doctor and reception may do from each status, with every guard satisfied
LEGAL = {
    ("pending", "confirm"): {"doctor", "receptionist", "admin"},
    ("pending", "cancel"): {"doctor", "receptionist", "admin"},
    ("confirmed", "cancel"): {"doctor", "receptionist", "admin"},
    ("confirmed", "start"): {"doctor", "nurse"},
    ("in_progress", "complete"): {"doctor"},
    ("in_progress", "cancel"): {"doctor", "admin"},
    ("no_show", "confirm"): {"receptionist", "admin"},
}

# the same status again changes nothing (1.1.3)
SAME = {
    ("confirmed", "confirm"),
    ("cancelled", "cancel"),
    ("no_show", "no_show"),
    ("in_progress", "start"),
} | {("completed", "complete")}


@pytest.mark.parametrize("role", ["doctor", "nurse", "receptionist", "admin"])
def test_each_step_of_the_table_and_no_other(clinic, role):  # 1.1
    desk, actor = scheduling(clinic), scheduling(clinic, role, "pc-2")
    for status in Status:
        for name, step in STEPS.items():
            made = desk.check_in(desk.book(wish(clinic, day=clinic.small.today, start=time(14))))
            set_visit(clinic, made)
            force(clinic, made, str(status))
            now = desk.appointment(made.id)
            if role in LEGAL.get((str(status), name), ()):
                assert step(actor, now).version > now.version, (status, name)
            elif (str(status), name) not in SAME | {("completed", "start")}:  # C2 belongs to the chart
                with pytest.raises((IllegalTransition, NotAllowed, InvalidField, NoShowTooEarly)):
                    step(actor, now)
                assert desk.appointment(made.id) == now, (status, name)
            force(clinic, made, "cancelled")


def test_no_show_after_the_grace_period_and_back_on_the_same_day(clinic):  # T8, C1
    desk = scheduling(clinic)
    made = desk.book(wish(clinic, day=clinic.small.today, start=later_today(clinic)))
    with pytest.raises(NoShowTooEarly):
        desk.no_show(made)
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointments SET start_time = '00:01', end_time = '00:31' WHERE id = %s", (made.id,)
        )
    missed = desk.no_show(made)
    assert missed.status is Status.NO_SHOW
    assert desk.confirm(missed).status is Status.CONFIRMED


def test_cancelling_needs_a_known_reason(clinic):
    desk = scheduling(clinic)
    made = desk.book(wish(clinic))
    for reason, rule in (("", "required"), ("because", "unknown_code"), (ODD, "unknown_code")):
        with pytest.raises(InvalidField) as refused:
            desk.cancel(made, reason)
        assert (refused.value.field, refused.value.rule) == ("reason", rule)
    assert desk.cancel(made, "patient_asked").status is Status.CANCELLED
    assert desk.book(wish(clinic, 1)).start == time(10)  # the slot is free again


def test_a_waiting_card_is_booked_with_its_appointment_or_not_at_all(clinic):  # 1.10
    desk = scheduling(clinic)
    entry = desk.add_waiting(clinic.small.patients[0], latest=clinic.small.tomorrow, note=ODD[:60])
    made = desk.book(wish(clinic, waiting_id=entry))
    assert desk.day_sheet(clinic.small.tomorrow).waiting == ()
    with pytest.raises(StaleRecord):
        desk.book(wish(clinic, start=time(15), waiting_id=entry))
    assert desk.day_sheet(clinic.small.tomorrow).appointments == (made,)
    with pytest.raises(StaleRecord):
        desk.withdraw_waiting(entry)


def test_the_waiting_list_is_in_order_and_can_be_left(clinic):
    desk, day = scheduling(clinic), clinic.small.tomorrow
    later = desk.add_waiting(clinic.small.patients[0], latest=day, priority=3)
    first = desk.add_waiting(clinic.small.patients[1], latest=day, priority=1, doctor_id=clinic.small.doctor)
    assert [entry.id for entry in desk.day_sheet(day).waiting] == [first, later]
    desk.withdraw_waiting(first)
    assert [entry.id for entry in desk.day_sheet(day).waiting] == [later]
    with pytest.raises(InvalidField):
        desk.add_waiting(clinic.small.patients[0], latest=day - timedelta(days=9))
    with pytest.raises(InvalidField):
        desk.add_waiting(clinic.small.patients[0], latest=day, priority=9)


def test_free_slots_and_the_next_one(clinic):
    desk, small = scheduling(clinic), clinic.small
    free = desk.free_slots(small.doctor, small.tomorrow, type_id=small.types["Follow-up"])
    assert len(free) == 15 + 12  # 8:00 to 13:00 and 14:00 to 18:00 in steps of 20 minutes
    desk.book(wish(clinic, start=time(8), duration=120))
    session = clinic.sign_in("receptionist", seat="pc-2")
    find = NextFree(session.open_work, session.actor, session.now).find
    (slot,) = find(None, doctor_id=small.doctor, from_day=small.tomorrow, most=1)
    assert wall(slot.start, small.zone) == (small.tomorrow, 600)
    (afternoon,) = find(None, from_day=small.tomorrow, part_of_day="afternoon", most=1)
    assert isinstance(afternoon, FreeSlot)
    assert wall(afternoon.start, small.zone)[1] == 720  # 12:00 until the break


def test_odd_text_is_kept_as_text(clinic):
    desk = scheduling(clinic)
    made = desk.book(wish(clinic, chief_complaint=ODD))
    assert made.chief_complaint == ODD.replace("\x00 ", "")
    with pytest.raises(InvalidField) as refused:
        desk.book(wish(clinic, 1, time(11), chief_complaint="x" * 501))
    assert (refused.value.field, refused.value.rule) == ("chief_complaint", "too_long")


def test_foreign_and_unknown_ids(clinic):
    desk = scheduling(clinic)
    with pytest.raises(NotAllowed):
        desk.book(wish(clinic, patient_id=uuid4()))
    with pytest.raises((NotAllowed, OutsideHours)):
        desk.book(wish(clinic, doctor_id=uuid4()))
    with pytest.raises(NotFound):
        desk.appointment(uuid4())
    with pytest.raises(Conflict):
        desk.withdraw_waiting(uuid4())


def test_spec_2_4_a_child_without_a_guardian_who_may_consent_is_warned_about(clinic):
    """Eighteen on the day counts, not today; an ended guardian, or one who may not consent, is none."""
    desk, tomorrow = scheduling(clinic), clinic.small.tomorrow
    patient = clinic.small.patients[0]
    add = "INSERT INTO patient_guardians(patient_id, name, relation, may_consent) VALUES (%s, 'A', 'aunt_uncle', %s)"
    with clinic.owner() as owner:
        born = "UPDATE user_profiles SET date_of_birth = %s - interval '18 years' + make_interval(days => %s) WHERE user_id = %s"
        owner.execute(born, (tomorrow, 0, patient))
        owner.commit()
        assert desk.warnings(wish(clinic)) == ()
        owner.execute(born, (tomorrow, 1, patient))
        owner.execute(add, (patient, False))
        owner.commit()
        assert desk.warnings(wish(clinic)) == ("no_guardian",)
        owner.execute(add, (patient, True))
        owner.commit()
        assert desk.warnings(wish(clinic)) == ()
        owner.execute("UPDATE patient_guardians SET valid_from = valid_from - 9, valid_to = valid_from - 1")
        owner.commit()
        assert desk.warnings(wish(clinic)) == ("no_guardian",)
    assert desk.book(wish(clinic)).patient_id == patient, "a warning is no refusal"
