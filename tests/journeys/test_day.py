"""One clinic day, end to end, through real windows and real servers."""

from datetime import time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt

from clinicdesk.desk import desk_of
from clinicdesk.domain.appointments import Booking
from tests.journeys.seats import CTRL, Building, draw_signature, drop_waiting, focused, slot_cursor
from tests.small_clinic import PASSWORD

Key = Qt.Key
LATE = 16 * 60  # wall-clock minutes of the day; the test clinic's morning is now


@pytest.fixture
def building(qtbot, qapp, clinic):
    made = Building(qtbot, qapp, clinic)
    yield made
    made.close()


def rows(clinic, sql, *values):
    with clinic.owner() as owner:
        return owner.execute(sql, values).fetchall()


def cards(view):
    return {(a.patient_name, a.start, a.phase) for a in view.model.appointments}


def find_patient(desk, view, typed):
    desk.type(typed)
    desk.until(lambda: view.side.booking.picker.model.rowCount() > 0 and desk.tasks.idle())


def test_one_clinic_day(building, clinic, qtbot):
    small = clinic.small
    desk = building.open("receptionist", "front-1")
    day = desk.room("schedule")

    # 1. a patient by a misspelt name, booked by keyboard
    slot_cursor(day, small.doctor, LATE)
    desk.press(Key.Key_N)
    find_patient(desk, day, "adebaio")
    desk.press(Key.Key_Return)
    desk.press(Key.Key_Return)
    desk.until(lambda: ("Ẹniọlá Adébáyọ̀", time(16), "confirmed") in cards(day))

    # another one is registered, put on the waiting list, and dragged into the day
    slot_cursor(day, small.doctor, LATE + 60)
    desk.press(Key.Key_N, CTRL)
    desk.type("Zainab Lawal")
    desk.press(Key.Key_R, CTRL)
    form = day.side.booking.registering.form
    desk.until(lambda: focused() is form.last_name)
    form.birth.setFocus()
    desk.type("40")
    form.gender.setFocus()
    desk.press(Key.Key_Down)
    form.phone.setFocus()
    desk.type("0803 555 9999")
    desk.press(Key.Key_Return)
    desk.until(lambda: focused() is day.side.booking.book)
    desk.press(Key.Key_Escape)
    [(zainab,)] = rows(clinic, "SELECT user_id FROM user_profiles WHERE last_name = 'Lawal'")
    desk.seat.desk.scheduling.add_waiting(zainab, latest=small.tomorrow, doctor_id=small.doctor)
    desk.until(lambda: day.waiting.model.rowCount() == 1)
    drop_waiting(day, small.today, small.doctor, LATE + 60)
    desk.until(lambda: ("Zainab Lawal", time(17), "confirmed") in cards(day))

    # a second seat tries the same slot at the same moment: who has it, and the nearest free ones
    second = building.open("receptionist2", "front-2")
    other = second.room("schedule")
    slot_cursor(other, small.doctor, LATE + 30)
    second.press(Key.Key_N)
    find_patient(second, other, "musa")
    second.press(Key.Key_Return)
    second.until(lambda: other.side.booking.patient.chosen is not None and second.tasks.idle())
    desk.seat.desk.scheduling.book(
        Booking(patient_id=small.patients[1], doctor_id=small.doctor, type_id=small.types["Consultation"], day=small.today, start=time(16, 30))
    )  # fmt: skip
    second.press(Key.Key_Return)
    second.until(other.side.booking.offers.isVisible)
    assert "Tunde Bello (Dr Ada Obi, 16:30 to 17:00)" in other.side.booking.offers.banner.text()
    assert len([made for made in other.side.booking.offers.buttons if made.isVisible()]) == 3

    # 2. check-in: the doctor's window shows it within a second
    doctor = building.open("doctor", "room-1")
    agenda = doctor.room("schedule")
    doctor.until(lambda: ("Ẹniọlá Adébáyọ̀", time(16), "confirmed") in cards(agenda))
    qtbot.wait(600)
    doctor.settle()
    desk.front()
    booked = next(a for a in day.model.appointments if a.patient_name == "Ẹniọlá Adébáyọ̀")
    day.calendar.select(booked.id)
    day.calendar.setFocus()
    desk.press(Key.Key_I, CTRL)
    qtbot.waitUntil(lambda: ("Ẹniọlá Adébáyọ̀", time(16), "arrived") in cards(agenda), timeout=8000)

    # 3. the doctor opens the chart from the day, records vitals and a note
    doctor.front()
    agenda.calendar.select(booked.id)
    agenda.calendar.setFocus()
    doctor.press(Key.Key_O, CTRL)
    doctor.until(lambda: doctor.shell.current_room() == "chart")
    chart = doctor.shell.page("chart")
    doctor.until(lambda: chart.side.start.isVisible() and doctor.tasks.idle())
    doctor.front()
    doctor.press(Key.Key_V, CTRL | Qt.KeyboardModifier.ShiftModifier)
    doctor.until(chart.form.isVisible)
    doctor.settle()
    inputs = chart.form.vitals.inputs
    inputs["temperature"].setFocus()
    for text in ("38.2", "118/76", "84", "18", "98", "700", "165"):
        doctor.type(text)
        doctor.press(Key.Key_Return)
    assert "Weight 700 kg cannot be" in chart.form.vitals.remarks()
    assert inputs["weight"].text() == "700"
    inputs["weight"].setFocus()
    inputs["weight"].selectAll()
    doctor.type("64")
    doctor.press(Key.Key_Return)
    assert chart.form.vitals.remarks() == ""
    for name, text in (
        ("chief_complaint", "Sore throat"), ("history", "Two days, painful swallowing"), ("examination", "Red tonsils"),
        ("assessment", "Acute tonsillitis"), ("plan", "Antibiotic, fluids"),
    ):  # fmt: skip
        chart.form.note.fields[name].setFocus()
        doctor.type(text)
    doctor.until(lambda: chart.form.state.text().startswith("Saved ") and doctor.tasks.idle())
    doctor.seat.desk.charts.add_allergy(small.patients[0], "amoxicillin", reaction="hives", severity="severe")

    # two medicines, one of which hits the allergy and needs a reason
    doctor.front()
    chart.form.prescribe.click()
    doctor.until(lambda: doctor.shell.current_room() == "prescription")
    pad_view = doctor.shell.page("prescription")
    doctor.settle()
    doctor.until(lambda: pad_view.pad.medicine.edit.isVisible() and pad_view.pad.medicine.isEnabled())
    for line in ("amox 500 tds 7d", "paracet 2 tabs qds prn max 8/24h 5d"):
        pad_view.pad.medicine.edit.setFocus()
        doctor.type(line)
        doctor.until(lambda line=line: pad_view.pad.medicine._shown_for == line)
        doctor.press(Key.Key_Return)
        doctor.settle()
        doctor.press(Key.Key_Return)
        doctor.settle()
    doctor.until(lambda: len(pad_view.pad.cards) == 2)
    pad_view.pad.diagnosis.setFocus()
    pad_view.pad.diagnosis.selectAll()
    doctor.type("Acute tonsillitis")
    doctor.until(lambda: "Answer the warning at Amoxicillin" in pad_view.missing_label.text())
    card = pad_view.pad.cards[0]
    card.reason.setFocus()
    doctor.type("Spec")
    card.text.setFocus()
    doctor.type("skin test negative in May")
    draw_signature(pad_view.pad.signature.pad)
    doctor.until(lambda: pad_view.missing_label.text() == "" and doctor.tasks.idle())

    # 4. a pharmacist sees it arrive; a third window watches the stock
    pharmacy = building.open("pharmacist", "pharmacy-1")
    queue = pharmacy.room("pharmacy")
    store = building.open("pharmacist", "store-1")
    shelf = store.room("inventory")
    qtbot.wait(600)
    before = {
        shelf.products.product(row).item_code: shelf.products.product(row).stock
        for row in range(shelf.products.rowCount())
    }
    doctor.front()
    pad_view.pad.diagnosis.setFocus()
    doctor.press(Key.Key_Return, CTRL)
    # spec 4.5: against a contraindication the password once more
    doctor.until(lambda: pad_view.confirm.password.hasFocus())
    doctor.type(PASSWORD)
    with qtbot.waitSignal(pad_view.done, timeout=15000) as signed:
        doctor.press(Key.Key_Return)
    prescription = signed.args[0]
    doctor.settle()
    doctor.until(lambda: prescription.number in pad_view.paper.view.page_text(0))
    pharmacy.until(lambda: len(queue.queue.rows) == 1)
    doctor.room("chart")
    doctor.settle()
    doctor.press(Key.Key_Return, CTRL)
    doctor.until(lambda: chart.page.isVisible() and chart.page.status.text() == "Signed")
    chart.page.complete.click()
    doctor.until(
        lambda: (
            rows(clinic, "SELECT status::text FROM appointments WHERE id = %s", booked.id) == [("completed",)]
        )
    )

    pharmacy.front()
    queue.queue_table.setFocus()
    pharmacy.press(Key.Key_Home)
    pharmacy.press(Key.Key_Return)
    pharmacy.until(
        lambda: queue.details.accepted.isVisible()
    )  # spec 4.10: accepted again, with an own reason
    queue.details.accepted.setFocus()
    pharmacy.type("skin test report seen")
    pharmacy.until(
        lambda: queue.details.can_dispense() and any(card.plan_text() for card in queue.details.cards)
    )
    assert queue.details.seal.text() == "Signature checked: genuine"
    pharmacy.press(Key.Key_Return, CTRL)
    pharmacy.until(lambda: "Handed out" in queue.details.notice.text())

    def on_the_shelf(code):
        return shelf.products.product(shelf.products.row_of(code)).stock

    store.until(lambda: on_the_shelf("T-AMO") == before["T-AMO"] - 21)
    assert rows(
        clinic,
        "SELECT batch_number, current_stock FROM inventory_items WHERE batch_number LIKE 'AMX%%' ORDER BY 1",
    ) == [("AMX-NEW", 200), ("AMX-OLD", 9)]
    assert rows(
        clinic,
        "SELECT count(*) FROM stock_movements WHERE reference_id = %s AND reference_type = 'sale'",
        prescription.id,
    ) == [(2,)]

    # 5. the payment, its receipt, and the day's figures
    desk.front()
    desk.until(lambda: ("Ẹniọlá Adébáyọ̀", time(16), "completed") in cards(day))
    day.calendar.select(booked.id)
    day.calendar.setFocus()
    desk.press(Key.Key_P, CTRL)
    desk.until(lambda: day.side.payment.amount.isVisible())
    day.side.payment.amount.setFocus()
    desk.press(Key.Key_Return)
    desk.until(
        lambda: day.side.receipt.preview.isVisible() and "Ẹniọlá" in day.side.receipt.preview.page_text(0)
    )
    figures = desk.seat.desk.metrics.day(small.today)
    assert (figures.total_appointments, figures.completed_appointments, figures.total_prescriptions) == (
        3,
        1,
        1,
    )
    assert (figures.total_patients, figures.new_patients, str(figures.revenue)) == (1, 1, "5000.00")

    # 6. close everything, start again: all of it is there
    building.close()
    again = building.open("doctor", "room-1")
    later = again.room("schedule")
    again.until(lambda: ("Ẹniọlá Adébáyọ̀", time(16), "completed") in cards(later))
    found = again.seat.desk.charts.open(small.patients[0])
    [visit] = found.visits
    assert (visit.status, visit.vitals.weight, visit.note.assessment) == ("signed", 64.0, "Acute tonsillitis")
    assert again.seat.desk.prescribing.verify(prescription.id) is True
    assert [one.number for one in again.seat.desk.prescribing.history(small.patients[0])] == [
        prescription.number
    ]


def test_two_desks_pay_and_book_once(clinic):
    """The same press arrives twice, from two seats: one payment."""
    first, second = (desk_of(clinic.sign_in(who, seat=who)) for who in ("receptionist", "receptionist2"))
    wish = Booking(
        patient_id=clinic.small.patients[0], doctor_id=clinic.small.doctor, type_id=clinic.small.types["Consultation"],
        day=clinic.small.today + timedelta(days=1), start=time(10),
    )  # fmt: skip
    made, request = first.scheduling.book(wish), uuid4()
    receipts = {
        first.payments.take(request, made, amount=Decimal(5000), method="cash").number for _ in range(2)
    }
    assert len(receipts) == 1
    assert second.payments.balance(second.scheduling.appointment(made.id)) == 0
