"""The clinic screen by key and mouse, on the real server."""

from datetime import time, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.desk import desk_of
from clinicdesk.domain.administration import shown
from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.people import Duty, Role
from clinicdesk.repositories.administration import rules
from clinicdesk.services.scheduling import Scheduling
from tests.ui.accessibility import problems
from ui import theme
from ui.news import News
from ui.screens import clinic as screen
from ui.screens.clinic.field_words import field_words
from ui.screens.clinic.form import Choices
from ui.screens.clinic.model import doctor_parts, heads, new_words
from ui.screens.clinic.week_picture import worked
from ui.tasks import TaskRunner

CONTROL = Qt.KeyboardModifier.ControlModifier
RETURN = Qt.Key.Key_Return
SETTINGS, CLINIC, DOCTORS, HOLIDAYS, TYPES, ROOMS, SPECIALTIES = (
    getattr(Qt.Key, f"Key_{number}") for number in range(1, 8)
)


@pytest.fixture
def opened(clinic, qtbot, qapp):
    theme.apply(qapp, dark=False)
    tasks, views = TaskRunner(workers=2), []

    def build(who="admin"):
        news = News()
        view: Any = screen.build(desk_of(clinic.sign_in(who)), tasks, news)
        view.news = news
        view.resize(1170, 660)
        qtbot.addWidget(view)
        view.show()
        view.activate()
        view.activateWindow()
        qtbot.waitUntil(tasks.idle)
        view.settle = lambda: qtbot.waitUntil(tasks.idle)
        views.append(view)
        return view

    yield build
    for view in views:
        view.hide()
    qtbot.waitUntil(tasks.idle)
    tasks.close()


def go(qtbot, view, key):
    QTest.keyClick(view, key, CONTROL)
    view.settle()
    assert problems(view) == []


def write(form, **texts):
    for name, text in texts.items():
        editor = form.editors[name]
        editor.setFocus()
        editor.selectAll()
        QTest.keyClick(editor, Qt.Key.Key_Delete)
        QTest.keyClicks(editor, text)


def test_every_field_and_list_has_its_words():
    for record, fields in rules().items():
        for rule in fields:
            assert field_words(rule.field, record)[0]
    for record in new_words():
        assert len(heads(record)) > 1
    assert set(doctor_parts()) - {"doctor"} <= set(new_words())


def test_what_is_chosen_but_not_offered_stays_chosen(qtbot):
    """The list may come after the record, and a specialty may have gone out of use."""
    box = Choices()
    qtbot.addWidget(box)
    box.choose(("a", "c"))
    assert box.chosen() == ("a", "c")
    box.offer([("A", "a"), ("B", "b")])
    box.item(0).setCheckState(Qt.CheckState.Unchecked)
    box.item(1).setCheckState(Qt.CheckState.Checked)
    assert box.chosen() == ("b", "c")


def test_every_setting_keeps_its_height_on_a_small_screen_and_those_of_the_stock_are_saved(
    qtbot, clinic, opened
):
    view = opened()
    page = view.page
    for name, row in page.rows.items():
        assert row.height() >= row.sizeHint().height(), name
    row = page.rows["stocktake_reason_value"]
    row.editor.setFocus()
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "2500")
    QTest.keyClick(row.editor, RETURN)
    qtbot.waitUntil(lambda: row.setting.value == 2500)


def test_settings_are_saved_by_enter_and_wrong_ones_stay_typed(qtbot, clinic, opened):
    view = opened()
    page = view.page
    assert set(page.rows) == {rule.field for rule in rules()["setting"]}
    row = page.rows["idle_lock_minutes"]
    row.editor.setText("900")
    QTest.keyClick(row.editor, RETURN)
    qtbot.waitUntil(lambda: row.field.error() == "Must be between 1 and 240.")
    assert row.editor.text() == "900"
    assert view.unsaved()
    QTest.keyClick(row.editor, Qt.Key.Key_Escape)
    assert (row.editor.text(), row.field.error(), view.unsaved()) == ("5", "", False)
    row.editor.setText("9")
    QTest.keyClick(row.editor, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: row.setting.value == 9)
    page.rows["care_relation_required"].editor.click()
    qtbot.waitUntil(lambda: page.rows["care_relation_required"].setting.value is True)
    assert not view.unsaved()
    with clinic.owner() as owner:
        owner.execute("UPDATE clinic_settings SET value = '30' WHERE key = 'idle_lock_minutes'")
    view.news.announce("setup")  # another seat's change
    qtbot.waitUntil(lambda: row.editor.text() == "30")


def test_sealing_says_how_far_it_is_and_who_converts(qtbot, clinic, opened):
    page = opened().page
    assert page.sealing.progress is not None
    assert not page.sealing.progress.sealed
    assert page.sealing.tag.text() == "Not sealed"
    page.sealing.switch.click()
    qtbot.waitUntil(lambda: page.sealing.progress.sealed)
    assert page.sealing.tag.text() == "Sealed"
    assert "versions of notes" in page.sealing.state.text()


def test_a_holiday_by_keyboard_and_its_removal(qtbot, clinic, opened):
    view = opened()
    go(qtbot, view, HOLIDAYS)
    page = view.page
    assert page.table.isHidden()
    QTest.keyClick(page.new, Qt.Key.Key_N, CONTROL)
    write(page.form, day="32.13.2027", name="")
    QTest.keyClick(page.form.editors["name"], RETURN)
    assert page.form.fields["day"].error() == "Enter a date, such as 23.11.2026."
    assert page.form.fields["name"].error() == "Please fill this in."
    assert page.form.editors["day"].text() == "32.13.2027"
    write(page.form, day="1.1.2027", name="New Year")
    QTest.keyClick(page.form.editors["name"], RETURN)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert not view.unsaved()
    page.table.setCurrentIndex(page.model.index(0, 0))
    assert page.form.editors["name"].text() == "New Year"
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: page.model.rowCount() == 0)


def test_another_seat_s_change_is_noticed_and_nothing_typed_is_lost_to_news(qtbot, clinic, opened):
    view = opened()
    go(qtbot, view, ROOMS)
    page = view.page
    page.start_new()
    write(page.form, name="Room 1")
    QTest.keyClick(page.form.editors["name"], RETURN)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    page.table.setCurrentIndex(page.model.index(0, 0))
    write(page.form, name="Room 2")
    with clinic.owner() as owner:
        owner.execute("UPDATE rooms SET name = 'Room 9'")
    view.news.announce("setup")
    qtbot.waitUntil(lambda: page.model.index(0, 0).data() == "Room 9")
    assert page.form.editors["name"].text() == "Room 2"
    QTest.keyClick(page.form.editors["name"], Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: "just changed on another seat" in view.notice.text())
    qtbot.waitUntil(lambda: page.form.editors["name"].text() == "Room 9")
    page.form.editors["is_active"].setChecked(False)
    page.save()
    qtbot.waitUntil(lambda: page.model.index(0, 1).data() == "Not in use")


def test_leave_lists_the_visits_in_it_before_it_is_saved(qtbot, clinic, opened):
    """Spec 1.9."""
    desk, small = clinic.sign_in("receptionist"), clinic.small
    Scheduling(desk.open_work, desk.actor, desk.now).book(
        Booking(
            patient_id=small.patients[0],
            doctor_id=small.doctor,
            type_id=small.types["Consultation"],
            day=small.tomorrow,
            start=time(9),
        )
    )
    view = opened()
    go(qtbot, view, DOCTORS)
    doctors = view.page
    at = next(n for n in range(doctors.who.count()) if doctors.who.itemText(n) == "Ada Obi")
    doctors.who.setCurrentIndex(at)
    doctors.who.activated.emit(at)
    doctors.show_part(3)
    view.settle()
    page = doctors.page
    page.start_new()
    day = shown(small.tomorrow)
    write(page.form, first_day=day, last_day=day, note="Course")
    QTest.keyClick(page.form.editors["note"], RETURN)
    qtbot.waitUntil(lambda: "09:00  Ẹniọlá Adébáyọ̀" in page.form.warning.text())
    assert page.model.rowCount() == 0
    assert page.form.save.accessibleName() == "Save all the same"
    write(page.form, note="Course in Ibadan")  # another text: asked again
    assert page.form.save.accessibleName() == "Save"
    QTest.keyClick(page.form.editors["note"], RETURN)
    qtbot.waitUntil(lambda: page.form.save.accessibleName() == "Save all the same")
    page.form.save.click()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert problems(view) == []


def test_a_doctor_s_profile_and_week(qtbot, clinic, opened):
    view = opened()
    go(qtbot, view, SPECIALTIES)
    view.start_new()
    write(view.page.form, name="Paediatrics")
    view.save()
    qtbot.waitUntil(lambda: view.page.model.rowCount() == 2)
    go(qtbot, view, DOCTORS)
    doctors = view.page
    form = doctors.pages[0].form
    specialties = form.editors["specialties"]
    qtbot.waitUntil(lambda: specialties.count() == 2)
    assert doctors.who.count() == 2
    assert not form.dirty()
    write(form, consultation_fee="12 000.50", max_overbook="9")
    view.save()
    assert form.fields["max_overbook"].error() == "Must be between 0 and 3."
    write(form, max_overbook="1")
    for number in range(2):
        specialties.item(number).setCheckState(Qt.CheckState.Checked)
    view.save()
    qtbot.waitUntil(lambda: not form.dirty() and form.record.values["max_overbook"] == 1)
    assert len(form.record.values["specialties"]) == 2
    doctors.show_part(1)
    view.settle()
    week = doctors.page
    assert week.model.rowCount() == 7
    assert week.model.index(6, 1).data() == "08:00 – 18:00"
    assert worked(week._rows, 1, on=clinic.small.today) == [(480, 780), (840, 1080)]
    write(week.form, start_time="7")
    week.table.setCurrentIndex(week.model.index(6, 0))
    qtbot.waitUntil(lambda: "put it back" in view.notice.text())
    assert week.form.editors["start_time"].text() == "7"
    assert not week.table.currentIndex().isValid()
    view.put_back()
    week.table.setCurrentIndex(week.model.index(6, 0))
    write(week.form, end_time="12", break_start_time="", break_end_time="")
    QTest.keyClick(week.form.editors["end_time"], RETURN)
    qtbot.waitUntil(lambda: week.model.index(6, 1).data() == "08:00 – 12:00")
    doctors.show_part(2)
    view.settle()
    sessions = doctors.page
    sessions.start_new()
    write(sessions.form, day=shown(clinic.small.tomorrow + timedelta(1)), start_time="19", end_time="18")
    view.save()
    assert sessions.form.fields["end_time"].error() == "The end must be after the start."
    write(sessions.form, end_time="20:30")
    view.save()
    qtbot.waitUntil(lambda: sessions.model.rowCount() == 1)


def test_the_time_zone_changes_after_a_warning_only(qtbot, clinic, opened):
    view = opened()
    go(qtbot, view, CLINIC)
    form = view.page.form
    before = form.editors["timezone"].text()
    write(form, timezone="Moon")
    view.save()
    assert "Africa/Lagos" in form.fields["timezone"].error()
    write(form, timezone="Africa/Nairobi", saturday="09:00-13:00")
    view.save()
    assert "keep their clock time" in form.warning.text()
    view.put_back()
    assert form.editors["timezone"].text() == before
    write(form, timezone="Africa/Nairobi")
    view.save()
    view.save()
    qtbot.waitUntil(lambda: form.record.values["timezone"] == "Africa/Nairobi")
    assert form.record.values["saturday"] == ()


def test_types_show_what_is_in_use(qtbot, clinic, opened):
    view = opened()
    go(qtbot, view, TYPES)
    page = view.page
    page.table.setCurrentIndex(page.model.index(1, 0))
    write(page.form, price="1.005")
    view.save()
    assert page.form.fields["price"].error() == "At most 2 digits after the point."
    write(page.form, price="3500", buffer_after="5")
    page.form.editors["is_active"].setChecked(False)
    view.save()
    qtbot.waitUntil(lambda: page.model.index(1, 4).data() == "Not in use")
    assert page.model.index(1, 3).data() == "3,500.00"


def test_the_clinic_lead_sees_the_parts_of_the_duty(qtbot, clinic, opened):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty, granted_by) SELECT s.clinic_id, s.user_id, 'clinic_lead', s.user_id "
            "FROM clinic_staff s JOIN users u ON u.id = s.user_id WHERE u.role = 'receptionist'"
        )
    view = opened("receptionist")
    assert Duty.CLINIC_LEAD in view.presenter.actor.duties
    assert view.presenter.actor.role is Role.RECEPTIONIST
    assert view.keys == ["setting", "clinic", "holiday"]
    assert view.page.sealing.parent() is None
    assert not view.page.rows["care_relation_required"].editor.isEnabled()
    view.show_part(1)
    view.settle()
    form = view.page.form
    assert not form.editors["name"].isEnabled()
    write(form, monday="8-16", phone="0803 123 4567")
    view.save()
    qtbot.waitUntil(lambda: form.record.values["monday"] == ((480, 960),))
