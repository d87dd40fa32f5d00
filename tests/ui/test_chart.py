"""The chart screen through keys and mouse, on the real stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from clinicdesk.domain.visits import Note, Vitals
from tests.chart_stores import appointment, raw
from tests.ui.accessibility import problems, tab_order
from tests.ui.chart_seat import CTRL


def test_day_step_3_by_keyboard(clinic, seats):
    patient, booked = clinic.small.patients[0], appointment(clinic)
    seat = seats()
    seat.open(patient, booked)
    view, form = seat.view, seat.view.form
    assert view.banner.allergies.words() == "Allergies not asked: Ask before prescribing."
    seat.key(Qt.Key.Key_V, CTRL | Qt.KeyboardModifier.ShiftModifier)
    seat.settle()
    assert form.isVisible()
    assert form.note.fields["chief_complaint"].toPlainText() == "Cough"
    assert view.focusWidget() is form.vitals.inputs["temperature"]
    for text in ("37.1", "128/79", "76", "16", "98", "700", "172"):
        QTest.keyClicks(view.focusWidget(), text)
        seat.key(Qt.Key.Key_Return)
    assert form.vitals.remarks() == "Weight 700 kg cannot be (20 to 400 kg). Did you mean 70.0 kg?"
    assert form.vitals.inputs["weight"].property("wrong") is True
    seat.type("assessment", "Acute bronchitis")
    seat.settle()
    assert form.state.text() == "Saved, except the marked values"
    seat.key(Qt.Key.Key_Return, CTRL)
    assert view.focusWidget() is form.vitals.inputs["weight"]
    assert raw(clinic, "SELECT status FROM visits") == [("draft",)]
    seat.type("weight", "70.5")
    seat.key(Qt.Key.Key_Return)
    assert form.vitals.remarks() == ""
    assert "BMI: 23.8 kg/m², normal" in form.vitals.results()
    assert "elevated (one reading)" in form.vitals.results()
    assert "consciousness missing" in form.vitals.results()
    seat.type("plan", "Rest, fluids")
    seat.key(Qt.Key.Key_Return, CTRL)
    seat.settle()
    assert view.page.isVisible()
    assert view.page.status.text() == "Signed"
    assert view.page.texts["plan"].text() == "Rest, fluids"
    QTest.mouseClick(view.page.complete, Qt.MouseButton.LeftButton)
    seat.settle()
    assert raw(clinic, "SELECT status::text FROM appointments") == [("completed",)]
    [visit] = seat.charts.open(patient).visits
    assert (visit.vitals.weight, visit.note.plan, visit.status) == (70.5, "Rest, fluids", "signed")
    assert view.banner._weight.text() == "70.5 kg"


def test_a_draft_is_saved_a_pause_after_the_last_key_and_only_when_something_changed(clinic, seats):
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    seat.open(visit.patient_id)
    seat.type("history", "Two days of fever")
    assert raw(clinic, "SELECT version FROM visits") == [(1,)]
    seat.settle()
    assert seat.view.form.state.text().startswith("Saved ")
    seat.type("history", "Two days of fever")
    seat.settle()
    seat.key(Qt.Key.Key_S, CTRL)
    seat.settle()
    assert raw(clinic, "SELECT version FROM visits") == [(2,)]
    assert seat.charts.open(visit.patient_id).visits[0].note.history == "Two days of fever"


def test_critical_values_wait_for_one_word(clinic, seats):  # spec 3.1.2
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    seat.open(visit.patient_id)
    seat.type("heart_rate", "180")
    seat.type("plan", "ECG now")
    seat.settle()
    assert seat.view.form.vitals.remarks() == "Pulse 180 /min is critical. Is the value right?"
    [stored] = seat.charts.open(visit.patient_id).visits
    assert (stored.vitals.heart_rate, stored.note.plan) == (None, "ECG now")
    QTest.mouseClick(seat.view.form.vitals._confirm, Qt.MouseButton.LeftButton)
    seat.settle()
    assert seat.charts.open(visit.patient_id).visits[0].vitals.heart_rate == 180
    seat.type("heart_rate", "185")
    seat.settle()
    assert "185" in seat.view.form.vitals.remarks()


def test_units_are_taken_as_typed(clinic, seats):
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    seat.open(visit.patient_id)
    for name, text in (
        ("temperature", "98.6F"),
        ("weight", "154 lb"),
        ("height", "5ft7"),
        ("pressure", "16/10.6 kPa"),
    ):
        seat.type(name, text)
    seat.settle()
    vitals = seat.charts.open(visit.patient_id).visits[0].vitals
    assert vitals == Vitals(temperature=37.0, weight=69.853, height=170.2, systolic=120, diastolic=80)
    assert seat.view.form.vitals.inputs["weight"].text() == "154 lb"


def test_signed_visits_are_read_and_amended_with_a_reason(clinic, seats):
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    seat.charts.sign(replace(visit, note=Note(plan="Rest")))
    seat.open(visit.patient_id)
    view = seat.view
    assert view.page.isVisible()
    QTest.mouseClick(view.page.amend, Qt.MouseButton.LeftButton)
    seat.type("plan", "Rest a week")
    seat.key(Qt.Key.Key_S, CTRL)
    seat.settle()
    assert view.form.state.text() == "Not saved: Say why the signed visit is changed."
    view.form.reason.setFocus()
    QTest.keyClicks(view.form.reason, "Duration was missing")
    seat.key(Qt.Key.Key_Return)
    seat.settle()
    assert view.page.status.text() == "Amended"
    assert view.page.texts["plan"].text() == "Rest a week"
    assert raw(clinic, "SELECT version, status FROM visits") == [(3, "amended")]


def test_nurses_write_vital_signs_and_see_no_signature(clinic, seats):
    booked = appointment(clinic)
    seat = seats("nurse")
    seat.open(clinic.small.patients[0], booked)
    QTest.mouseClick(seat.view.side.start, Qt.MouseButton.LeftButton)
    seat.settle()
    form = seat.view.form
    assert form.isVisible()
    assert [one.isVisible() for one in (form.sign, form.complete, form.prescribe)] == [False] * 3
    seat.type("temperature", "36.6")
    seat.key(Qt.Key.Key_Return, CTRL)
    seat.settle()
    assert raw(clinic, "SELECT status, version FROM visits") == [("draft", 2)]
    assert raw(clinic, "SELECT status::text FROM appointments") == [("confirmed",)]


def test_allergies_and_problems_are_recorded_and_refuted_in_place(clinic, seats, qtbot):
    seat, patient = seats("nurse"), clinic.small.patients[0]
    seat.open(patient)
    side = seat.view.side
    QTest.mouseClick(side.allergies.add, Qt.MouseButton.LeftButton)
    QTest.mouseClick(side.allergy_form.none, Qt.MouseButton.LeftButton)
    seat.settle()
    assert seat.view.banner.allergies.words() == "No known allergies"
    QTest.mouseClick(side.allergies.add, Qt.MouseButton.LeftButton)
    side.allergy_form.submit()
    seat.settle()
    assert side.allergies.error.text() == "Please fill this in."
    QTest.keyClicks(side.allergy_form.substance, "penicillin")
    QTest.keyClicks(side.allergy_form.reaction, "hives")
    QTest.keyClick(side.allergy_form.reaction, Qt.Key.Key_Return)
    seat.settle()
    assert seat.view.banner.allergies.words() == "Allergies: penicillin (hives, moderate)"
    assert seat.view.banner.allergies.property("kind") == "danger"
    QTest.mouseClick(side.problems.add, Qt.MouseButton.LeftButton)
    QTest.keyClicks(side.problem_form.text, "Hypertension")
    QTest.keyClicks(side.problem_form.code, "i10")
    QTest.keyClick(side.problem_form.code, Qt.Key.Key_Return)
    seat.settle()
    assert "Hypertension" in seat.view.banner._problems.text()
    [row] = [
        one
        for one in side.problems.findChildren(object)
        if getattr(one, "accessibleName", str)() == "Refute Hypertension"
    ]
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    question = side.problems.findChild(QMessageBox)
    QTest.mouseClick(question.buttons()[0], Qt.MouseButton.LeftButton)
    seat.settle()
    assert seat.view.banner._problems.text() == "none recorded"


def test_without_the_document_server_the_chart_says_so(clinic, seats):
    seats().charts.begin(clinic.small.patients[0])
    seat = seats("nurse", seat="pc-2", uri="mongodb://127.0.0.1:9/?directConnection=true")
    seat.open(clinic.small.patients[0])
    assert seat.view.missing.isVisible()
    assert "1 visits cannot be read now" in seat.view.missing.text()
    assert seat.view.page.status.text() == "Cannot be read now"
    assert not seat.view.form.isVisible()


def test_prescription_is_asked_for_this_patient_and_visit(clinic, seats, qtbot):
    booked = appointment(clinic)
    seat = seats()
    visit = seat.charts.start(booked)
    seat.open(visit.patient_id, booked)
    with qtbot.waitSignal(seat.view.prescription_asked) as asked:
        QTest.mouseClick(seat.view.form.prescribe, Qt.MouseButton.LeftButton)
    assert asked.args == [visit.patient_id, booked, visit.id]


def test_everything_is_named_and_reached_by_tab(clinic, seats):
    seat = seats()
    booked = appointment(clinic)
    visit = seat.charts.start(booked)
    seat.charts.add_allergy(visit.patient_id, "penicillin")
    seat.open(visit.patient_id, booked)
    assert problems(seat.view) == []
    order = tab_order(seat.view)
    form = seat.view.form
    wanted = [
        *form.vitals.inputs.values(),
        *form.note.fields.values(),
        form.prescribe,
        form.complete,
        form.sign,
    ]
    assert [one for one in order if one in wanted] == wanted
    assert seat.view.minimumSizeHint().width() <= 1170
    assert seat.view.minimumSizeHint().height() <= 660


def test_trends_show_earlier_visits(clinic, seats):
    seat = seats()
    moment = datetime.now(UTC) - timedelta(days=90)
    seat.charts.now = lambda: moment
    for weight in (72.0, 71.0, 70.0):
        visit = seat.charts.begin(clinic.small.patients[0])
        seat.charts.sign(
            replace(visit, vitals=Vitals(weight=weight, systolic=140, diastolic=90), note=Note(plan="x"))
        )
        moment += timedelta(days=30)
    seat.open(clinic.small.patients[0])
    charts = seat.view.trends.charts
    assert charts["weight"].readings() == 3
    assert "latest Sys 140, Dia 90 mmHg" in charts["pressure"].accessibleDescription()
    assert charts["temperature"].readings() == 0


def test_what_was_begun_in_the_small_forms_does_not_go_to_the_next_patient(clinic, seats):
    seat, (one, two) = seats(), clinic.small.patients[:2]
    seat.open(one)
    QTest.mouseClick(seat.view.side.allergies.add, Qt.MouseButton.LeftButton)
    QTest.keyClicks(seat.view.side.allergy_form.substance, "penicillin")
    seat.open(two)
    assert seat.view.side.allergy_form.isHidden()
    assert seat.view.side.allergy_form.substance.text() == ""


def test_it_fits_a_small_laptop(clinic, seats):
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    for state in ("closed", "form", "page"):
        if state == "page":
            seat.charts.sign(replace(visit, note=Note(plan="x")))
        if state != "closed":
            seat.open(visit.patient_id)
        assert (seat.view.width(), seat.view.height()) == (1170, 660), state


def test_the_records_are_compared_on_demand(clinic, seats):
    seat = seats()
    seat.charts.begin(clinic.small.patients[0])
    seat.open(clinic.small.patients[0])
    [check] = [one for one in seat.view.actions() if one.text() == "Check the health records"]
    check.trigger()
    seat.settle()
    assert seat.view.notice.text() == "All 1 health records agree with their index."
    with clinic.owner() as owner:
        owner.execute("ALTER TABLE visit_versions DISABLE TRIGGER USER")
        owner.execute("UPDATE visit_versions SET sha256 = repeat('0', 64)")
    check.trigger()
    seat.settle()
    assert "0 missing, 1 altered. Tell your administrator" in seat.view.notice.text()
