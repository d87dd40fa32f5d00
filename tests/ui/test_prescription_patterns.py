"""Tapers and named weekdays on the pad: typed, and field by field (spec 4.2, 4.3)."""

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.domain.prescriptions import TaperStep
from tests.ui.accessibility import problems
from tests.ui.test_prescription import room  # noqa: F401  the fixture


def test_a_taper_and_weekdays_are_written_changed_and_signed(room):  # noqa: F811
    view, editor = room.view, room.view.pad.editor
    view.open_for(room.patient, None, "Asthma")
    room.settle()
    room.type_line("amlodipine 5mg 2 tabs od 5d then 1 od 5d")
    assert editor.words.text() == "Take 2 tablets once a day for 5 days, then 1 tablet once a day for 5 days"
    assert editor.quantity.value() == 15
    assert editor.steps.isVisible()
    assert not editor.weekdays.isVisible()
    assert not editor.dose.isEnabled()  # the steps say it
    QTest.mouseClick(editor.steps.more_button, Qt.MouseButton.LeftButton)
    assert not editor.add_button.isEnabled()  # the new step has no dose yet
    assert editor.error_label.text()
    QTest.keyClicks(editor.steps.rows[2].dose, "1")
    editor.steps.rows[2].days.setValue(3)
    assert editor.quantity.value() == 18
    assert not problems(view)
    room.shot("taper")
    room.press(Qt.Key.Key_Return)
    room.settle()
    room.type_line("paracetamol")
    room.press(Qt.Key.Key_Return)
    editor.frequency.setCurrentIndex(editor.frequency.findData("weekdays"))
    assert editor.error_label.text() == "On which days of the week?"
    for day in (0, 4):
        editor.weekdays.boxes[day].setFocus()
        room.press(Qt.Key.Key_Space)
    editor.days.setValue(14)
    assert editor.words.text() == "Take 1 tablet once a day on Monday and Friday only for 14 days"
    assert editor.quantity.value() == 4
    room.shot("weekdays")
    editor.weekdays.boxes[4].setChecked(False)  # one day a week is weekly
    assert editor.words.text() == "Take 1 tablet once a week on Monday for 14 days"
    editor.weekdays.boxes[4].setChecked(True)
    editor.add_button.click()
    room.settle()
    taper, weekdays = (line.sig for line in view.presenter.lines)
    assert taper.steps[-1] == TaperStep(dose=Decimal(1), times_per_day=1, days=3)
    assert weekdays.weekdays == (0, 4)
    room.draw()
    room.settle()
    view.sign_button.click()
    room.settle()
    signed = view.presenter.prescription
    assert signed.genuine
    assert [item.quantity for item in signed.items] == [18, 4]
    assert signed.items[0].directions.endswith("then 1 tablet once a day for 3 days")


def test_a_childs_dose_by_weight_stands_above_the_fields_4_7(room):  # noqa: F811
    with room.clinic.owner() as owner:
        owner.execute(
            "UPDATE user_profiles SET date_of_birth = current_date - 1500 WHERE user_id = %s", (room.patient,)
        )
        owner.execute(
            "INSERT INTO patient_measures(patient_id, kind, value, measured_at) "
            "VALUES (%s, 'weight', 16, now() + interval '1 second')",
            (room.patient,),
        )
    room.view.open_for(room.patient, None, "Fever")
    room.settle()
    room.type_line("paracetamol")
    room.press(Qt.Key.Key_Return)
    room.settle()
    advice = room.view.pad.editor.advice
    assert advice.text() == "Child of 16 kg, paracetamol: 160 to 240 mg four times a day"
    assert advice.isVisible()
    room.shot("child")
