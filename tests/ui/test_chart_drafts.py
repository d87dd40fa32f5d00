"""Words are saved to the right visit, and never lost between patients and seats."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.domain.visits import Note, Vitals
from clinicdesk.repositories.documents import DocumentStore
from tests.chart_stores import raw


def test_opening_another_patient_saves_to_the_right_one_first(clinic, seats):
    seat, (one, two) = seats(), clinic.small.patients[:2]
    mine, other = seat.charts.begin(one), seat.charts.begin(two)
    seat.open(one)
    seat.type("history", "of the first")
    seat.open(two)
    assert seat.view.presenter.on_show.patient.id == two
    assert seat.view.form.note.fields["history"].toPlainText() == ""
    assert seat.charts.open(one).visits[0].note.history == "of the first"
    assert seat.charts.open(two).visits[0] == replace(
        other, visit_date=seat.charts.open(two).visits[0].visit_date
    )
    assert mine.id != other.id


def test_words_that_could_not_be_saved_come_back_with_their_patient(clinic, seats, monkeypatch):
    seat, (one, two) = seats(), clinic.small.patients[:2]
    seat.charts.begin(one)
    seat.open(one)
    seat.type("history", "not lost")
    working = seat.charts._documents
    dead = DocumentStore("mongodb://127.0.0.1:9/?directConnection=true", "clinicdesk")
    seat.charts._documents = dead
    seat.open(two)
    assert seat.view.unsaved()
    seat.charts._documents = working
    dead.close()
    seat.open(one)
    assert seat.view.form.note.fields["history"].toPlainText() == "not lost"
    seat.settle()
    assert seat.charts.open(one).visits[0].note.history == "not lost"
    assert not seat.view.unsaved()


def test_another_seats_version_is_announced_and_merged_never_overwritten(clinic, seats):
    doctor, nurse = seats("doctor"), seats("nurse", seat="pc-2")
    visit = doctor.charts.begin(clinic.small.patients[0])
    doctor.open(visit.patient_id)
    nurse.charts.save_draft(
        replace(
            visit, vitals=Vitals(weight=64.0), note=Note(history="The nurse's words", plan="Weigh weekly")
        ),
        1,
    )
    doctor.type("history", "The doctor's words")
    doctor.news.arrived.emit("visits", str(visit.patient_id))
    doctor.settle()
    assert doctor.view.elsewhere.isVisible()
    assert doctor.view.form.note.fields["history"].toPlainText() == "The doctor's words"
    assert raw(clinic, "SELECT version FROM visits") == [(2,)]
    QTest.mouseClick(doctor.view.elsewhere.button, Qt.MouseButton.LeftButton)
    doctor.settle()
    assert not doctor.view.elsewhere.isVisible()
    [merged] = doctor.charts.open(visit.patient_id).visits
    assert merged.note.history.splitlines() == [
        "The doctor's words",
        "--- from the other seat ---",
        "The nurse's words",
    ]
    assert (merged.note.plan, merged.vitals.weight) == ("Weigh weekly", 64.0)


def test_a_new_visit_of_another_seat_appears_by_itself(clinic, seats):
    seat, other = seats(), seats("doctor2", seat="pc-2")
    seat.open(clinic.small.patients[0])
    assert seat.view.side.visits.count() == 0
    other.charts.begin(clinic.small.patients[0])
    seat.news.arrived.emit("visits", str(clinic.small.patients[0]))
    seat.settle()
    assert seat.view.side.visits.count() == 1
    logged = len(raw(clinic, "SELECT 1 FROM access_log"))
    seat.news.arrived.emit("visits", str(clinic.small.patients[0]))
    seat.settle()
    assert len(raw(clinic, "SELECT 1 FROM access_log")) == logged
