"""The patients screen with real services."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.small_clinic import STAFF
from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, desk_of
from ui.screens import patients

Key = Qt.Key


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def search(stand, qtbot, view, text):
    view.box.setFocus()
    view.box.clear()
    QTest.keyClicks(view.box, text)
    qtbot.waitUntil(lambda: view.model.rowCount() > 0 and stand.tasks.idle(), timeout=8000)


def test_a_misspelt_name_shows_the_patient_at_once(stand, qtbot, clinic):
    view = stand.open(patients.build)
    search(stand, qtbot, view, "olatunji shade")
    qtbot.waitUntil(lambda: view.card.name.text() == "Ṣadé Ọlátúnjí", timeout=8000)
    assert "Female" in view.card.who.text()
    assert not view.card.alerts.isVisible()  # reception sees no alerts
    with qtbot.waitSignal(view.book_asked) as asked:
        QTest.keyClick(view.box, Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert asked.args == [clinic.small.patients[2]]


def test_a_doctor_sees_alerts_and_opens_the_chart_with_enter(stand, qtbot, clinic):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, reaction) VALUES (%s, 'penicillin', 'rash')",
            (clinic.small.patients[0],),
        )
    view = stand.open(patients.build, "doctor")
    search(stand, qtbot, view, "eniola")
    qtbot.waitUntil(lambda: "penicillin – rash" in view.card.alerts.text(), timeout=8000)
    QTest.keyClick(view.box, Key.Key_Return)
    assert view.table.hasFocus()
    with qtbot.waitSignal(view.chart_asked) as asked:
        QTest.keyClick(view.table, Key.Key_Return)
    assert asked.args == [clinic.small.patients[0], None]


def test_arrows_travel_the_hits_from_the_search_box(stand, qtbot, clinic):
    view = stand.open(patients.build)
    search(stand, qtbot, view, "a")
    first = view.card.name.text()
    QTest.keyClick(view.box, Key.Key_Down)
    qtbot.waitUntil(lambda: view.card.name.text() not in ("", first), timeout=8000)


def test_registration_keeps_what_was_typed_and_then_shows_the_patient(stand, qtbot, clinic):
    view = stand.open(patients.build)
    view.box.setFocus()
    QTest.keyClicks(view.box, "Zainab Lawal")
    stand.settle()
    qtbot.wait(200)
    stand.settle()
    QTest.keyClick(view.box, Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = view.form
    assert (form.first_name.text(), form.last_name.text()) == ("Zainab", "Lawal")
    form.birth.setText("31.02.1990")
    form.phone.setText("12")
    form.email.setText("nobody")
    QTest.keyClick(form.phone, Key.Key_Return)
    assert form.fields["date_of_birth"].error()
    form.birth.setText("28.02.1990")
    QTest.keyClick(form.phone, Key.Key_Return)
    assert {name for name, field in form.fields.items() if field.error()} == {"gender", "phone", "email"}
    assert (form.phone.text(), form.email.text()) == ("12", "nobody")
    form.gender.setCurrentIndex(1)
    form.phone.setText("0803 555 0101")
    form.email.setText("zainab@example.com")
    QTest.keyClick(form.phone, Key.Key_Return)
    qtbot.waitUntil(lambda: view.card.name.text() == "Zainab Lawal", timeout=8000)
    assert "Registered: Zainab Lawal, CD" in view.notice.text()
    assert "+2348035550101" in view.card.rows.text()


def test_somebody_alike_may_be_registered_with_a_second_press(stand, qtbot, clinic):  # spec 2.2.5
    view = stand.open(patients.build)
    view.start_registering()
    form = view.form
    form.first_name.setText("Taiwo")
    form.last_name.setText("Yusuf")
    form.birth.setText("21.5.2019")
    form.gender.setCurrentIndex(1)
    form.phone.setText("08030000004")
    form.save.click()
    qtbot.waitUntil(form.alike_list.isVisible, timeout=8000)
    assert not form.reason.isVisible()
    form.save.click()
    qtbot.waitUntil(lambda: view.card.name.text() == "Taiwo Yusuf", timeout=8000)


def test_a_probable_duplicate_needs_a_reason(stand, qtbot, clinic):  # spec 2.2.5
    view = stand.open(patients.build)
    view.start_registering()
    form = view.form
    for editor, text in (
        (form.first_name, "Musa"),
        (form.last_name, "Abdullahi"),
        (form.birth, "9.1.1961"),
        (form.phone, "08030000004"),
    ):
        editor.setText(text)
    form.gender.setCurrentIndex(2)
    form.save.click()
    qtbot.waitUntil(form.reason.isVisible, timeout=8000)
    form.save.click()
    stand.settle()
    qtbot.waitUntil(lambda: form.save.isEnabled(), timeout=8000)
    assert view.side.currentIndex() == 1  # still refused
    QTest.keyClicks(form.reason, "Cousin of the same name")
    QTest.keyClick(form.reason, Key.Key_Return)
    qtbot.waitUntil(lambda: "Registered" in view.notice.text(), timeout=8000)


def test_a_change_on_another_seat_is_shown(stand, qtbot, clinic):
    view = stand.open(patients.build, "doctor", listen=True)
    view.show_patient(clinic.small.patients[0])
    qtbot.waitUntil(lambda: "never asked" in view.card.alerts.text(), timeout=8000)
    qtbot.wait(700)
    other = clinic.sign_in("nurse", seat="pc-2")
    with other.open_work() as work:
        work.run("SELECT cd.no_known_allergies(:patient)", patient=clinic.small.patients[0])
    qtbot.waitUntil(lambda: "No known allergies" in view.card.alerts.text(), timeout=8000)


def test_nobody_found_offers_registration(stand, qtbot, clinic):
    view = stand.open(patients.build)
    QTest.keyClicks(view.box, "qqqq zzzz")
    qtbot.waitUntil(lambda: view.list.currentWidget() is view.empty, timeout=8000)
    stand.settle()
    view.empty.button.click()
    assert view.side.currentIndex() == 1


@pytest.mark.parametrize("who", ["receptionist", "doctor", "nurse", "admin"])
def test_every_control_has_a_name(stand, qtbot, clinic, who):
    view = stand.open(patients.build, who)
    assert problems(view) == []
    search(stand, qtbot, view, "a")
    stand.settle()
    assert problems(view) == []
    view.start_registering()
    assert problems(view) == []
    assert desk_of(clinic.sessions[0]).actor.may("patients.register")


def test_spec_2_2_duplicates_appear_while_typing(stand, qtbot, clinic):
    view = stand.open(patients.build)
    view.start_registering()
    form = view.form
    QTest.keyClicks(form.last_name, "Adebayo")
    QTest.keyClicks(form.first_name, "Eniolaa")
    qtbot.waitUntil(lambda: form.alike_list.isVisible(), timeout=8000)
    assert form.first_name.hasFocus() or form.last_name.hasFocus(), "the list takes no focus"
    assert form.alike_model.hit(form.alike_model.index(0, 0)).id == clinic.small.patients[0]
    QTest.keyClicks(form.birth, "1.1.1950")
    stand.settle()
    qtbot.waitUntil(lambda: not form.alike_list.isVisible(), timeout=8000)
    with qtbot.waitSignal(form.existing_chosen):
        form.birth.clear()
        QTest.keyClicks(form.birth, "14.02.1984")
        qtbot.waitUntil(lambda: form.alike_list.isVisible(), timeout=8000)
        form.alike_list.setFocus()
        QTest.keyClick(form.alike_list, Key.Key_Return)
    qtbot.waitUntil(lambda: view.card.name.text() == "Ẹniọlá Adébáyọ̀", timeout=8000)
    assert view.side.currentIndex() == 0


def test_spec_2_4_a_child_s_guardian_is_asked_for_and_kept(stand, qtbot, clinic):
    view = stand.open(patients.build)
    view.start_registering()
    form = view.form
    QTest.keyClicks(form.last_name, "Lawal")
    QTest.keyClicks(form.first_name, "Tobi")
    assert not form.guardian.isVisible()
    QTest.keyClicks(form.birth, "6")
    assert form.guardian.isVisible(), "an age of six"
    form.gender.setCurrentIndex(2)
    form.guardian.name.setText("Zainab Lawal")
    form.guardian.phone.setText("12")
    form.consents["treatment"].setChecked(True)
    QTest.keyClick(form.guardian.name, Key.Key_Return)
    stand.settle()
    assert form.fields["guardian_phone"].error()
    assert problems(view) == []
    form.guardian.phone.setText("0805 111 2222")
    QTest.keyClick(form.guardian.phone, Key.Key_Return)
    qtbot.waitUntil(lambda: "Registered" in view.notice.text(), timeout=8000)
    with clinic.owner() as owner:
        assert owner.execute("SELECT name, relation FROM patient_guardians").fetchall() == [
            ("Zainab Lawal", "mother")
        ]
        assert owner.execute("SELECT purpose, given_by FROM patient_consents").fetchall() == [
            ("treatment", "guardian")
        ]


def test_spec_2_8_the_records_duty_restricts_a_chart_and_lifts_it(stand, qtbot, clinic):
    view = stand.open(patients.build)
    assert "Restrict chart, or lift it" not in [action.text() for action in view.actions()]
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT %s, id, 'records' FROM users WHERE email = %s",
            (clinic.small.clinic, STAFF["receptionist"][0]),
        )
    view = stand.open(patients.build)
    search(stand, qtbot, view, "eniola")
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    for words, shown in (("always asks for a reason", True), ("not restricted any more", False)):
        QTest.keyClick(view.box, Key.Key_R, keys)
        qtbot.waitUntil(lambda words=words: words in view.notice.text() and stand.tasks.idle(), timeout=8000)
        qtbot.waitUntil(lambda shown=shown: view.card.state.isVisible() is shown, timeout=8000)
