"""The main window by key and mouse."""

import gc
import weakref

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QTableView, QToolButton, QWidget

from tests.ui.accessibility import problems, tab_order
from ui import theme
from ui.palette import Entry, EntryModel, Hit, entry_of, score
from ui.shell import Room, Shell
from ui.widgets import (
    Banner,
    Chip,
    Field,
    Notice,
    ProgressStrip,
    SearchBox,
    Segments,
    Tag,
    button,
    initials,
    make_action,
    style_table,
    vbox,
)


class Page(QWidget):
    """A screen with a field, one action and a hint."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.activated = self.printed = 0
        self.first, self.main = QLineEdit(), QLineEdit()
        self.first.setAccessibleName(f"{name} first")
        self.main.setAccessibleName(f"{name} main")
        self.setLayout(vbox(self.first, self.main, None))
        make_action(self, f"Print {name}", self.print_it, keys="Ctrl+P", icon="printer")

    def print_it(self) -> None:
        self.printed += 1

    def first_focus(self) -> QWidget:
        return self.main

    def activate(self) -> None:
        self.activated += 1

    def key_hints(self) -> list[tuple[str, str]]:
        return [("Alt+Up", "Move earlier")]


def broken() -> QWidget:
    raise RuntimeError("cannot build")


@pytest.fixture
def built():
    return []


@pytest.fixture
def shell(qapp, qtbot, built):
    theme.apply(qapp, dark=False)

    def schedule() -> QWidget:
        built.append("schedule")
        return Page("schedule")

    def patients() -> QWidget:
        built.append("patients")
        return Page("patients")

    rooms = [
        Room("schedule", "Schedule", "calendar-days", schedule),
        Room("patients", "Patients", "users", patients),
        Room("broken", "Broken", "boxes", broken),
    ]
    made = Shell("Ìlera Clinic", "Ngozi Ọláwálé", "Reception", rooms=rooms)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.show_room("schedule")
    qtbot.waitUntil(made.isActiveWindow)
    return made


def press(shell: Shell, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(shell.focusWidget() or shell, key, modifier)


def test_rooms_are_built_when_first_shown_and_focused(shell, built):
    assert built == ["schedule"]
    page = shell.page("schedule")
    assert page.main.hasFocus()
    press(shell, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert shell.current_room() == "patients"
    assert shell.page("patients").main.hasFocus()
    press(shell, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert built == ["schedule", "patients"]
    assert page.activated == 2


def test_a_click_in_the_navigation_goes_there(shell, qtbot):
    target = next(b for b in shell.findChildren(QToolButton) if b.accessibleName() == "Patients")
    with qtbot.waitSignal(shell.room_shown) as shown:
        QTest.mouseClick(target, Qt.MouseButton.LeftButton)
    assert shown.args == ["patients"]
    assert target.isChecked()


def test_a_room_that_cannot_be_built_leaves_the_present_one(shell, qtbot):
    with qtbot.capture_exceptions() as caught:
        press(shell, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert [kind for kind, _, _ in caught] == [RuntimeError]
    assert shell.current_room() == "schedule"
    checked = [
        b.accessibleName() for b in shell.findChildren(QToolButton) if b.property("nav") and b.isChecked()
    ]
    assert checked == ["Schedule"]


def test_the_shortcut_of_a_page_works_only_there(shell):
    schedule = shell.page("schedule")
    press(shell, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert schedule.printed == 1
    shell.show_room("patients")
    press(shell, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert (schedule.printed, shell.page("patients").printed) == (1, 1)


def test_the_palette_runs_commands_and_gives_the_focus_back(shell):
    press(shell, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    sheet = shell.palette_sheet
    assert sheet.isVisible()
    assert sheet.edit.hasFocus()
    QTest.keyClicks(sheet.edit, "print")
    QTest.keyClick(sheet.edit, Qt.Key.Key_Return)
    assert not sheet.isVisible()
    assert shell.page("schedule").printed == 1
    assert shell.page("schedule").main.hasFocus()


def test_the_palette_asks_for_patients_and_drops_late_answers(shell, qtbot):
    shell.open_palette()
    sheet = shell.palette_sheet
    with qtbot.waitSignal(shell.patient_asked) as asked:
        QTest.keyClicks(sheet.edit, "adeb")
    assert asked.args == ["adeb"]
    shell.show_patients("ade", [Hit("Late", "", 1)])
    assert sheet.model.rowCount() == 0
    shell.show_patients("adeb", [Hit("Ṣadé Adébáyọ̀", "MRN 7", 7), Hit("Adebola Obi", "MRN 8", 8)])
    QTest.keyClick(sheet.edit, Qt.Key.Key_Down)
    with qtbot.waitSignal(shell.patient_chosen) as chosen:
        QTest.keyClick(sheet.edit, Qt.Key.Key_Return)
    assert chosen.args == [8]


def test_escape_and_a_click_beside_close_the_palette(shell):
    for close in ("key", "mouse"):
        shell.open_palette()
        if close == "key":
            QTest.keyClick(shell.palette_sheet.edit, Qt.Key.Key_Escape)
        else:
            QTest.mouseClick(shell.palette_sheet._scrim, Qt.MouseButton.LeftButton)
        assert not shell.palette_sheet.isVisible()
        assert shell.page("schedule").main.hasFocus()


def test_f1_lists_the_keys_of_the_screen_and_closes_again(shell):
    press(shell, Qt.Key.Key_F1)
    words = [found.text() for found in shell.key_list.findChildren(QLabel)]
    for expected in ("Print schedule", "Move earlier", "Patients", "Sign out", "F1"):
        assert expected in words
    assert problems(shell) == []
    press(shell, Qt.Key.Key_Escape)
    assert not shell.key_list.isVisible()


def test_sign_out_and_theme_are_wishes(shell, qtbot):
    with qtbot.waitSignal(shell.sign_out_requested):
        press(shell, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(shell.theme_toggled):
        QTest.mouseClick(shell._theme_button, Qt.MouseButton.LeftButton)


def test_the_state_of_the_stores_is_said_in_words(shell, qtbot):
    assert shell._store_text.text() == "All connected"
    assert not shell.banner.isVisible()
    shell.show_store("redis", up=False)
    assert shell._store_text.text() == "No presence: cache down"
    assert not shell.banner.isVisible()
    shell.show_store("mongo", up=False)
    assert shell.banner.kind == "warn"
    shell.show_store("postgres", up=False)
    assert "Nothing can be saved" in shell.banner.text()
    with qtbot.waitSignal(shell.retry_requested):
        QTest.mouseClick(shell.banner.button, Qt.MouseButton.LeftButton)
    for store in ("postgres", "mongo", "redis"):
        shell.show_store(store, up=True)
    assert shell._store_text.text() == "All connected"
    assert not shell.banner.isVisible()


def test_a_notice_stays_until_dismissed_and_goes_with_the_room(shell):
    shell.tell("That time is taken.", "error")
    assert shell.notice.isVisible()
    shell.show_room("patients")
    assert not shell.notice.isVisible()


def test_the_window_fits_a_small_screen(shell):
    shell.show_store("postgres", up=False)
    shell.tell("x " * 60, "error")
    assert shell.minimumSizeHint().width() <= 1366
    assert shell.minimumSizeHint().height() <= 700
    assert shell.windowTitle() == "ClinicDesk – Ìlera Clinic"


def test_the_shell_is_clean_for_a_screen_reader_in_both_themes(shell, qapp):
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        shell.show_store("postgres", up=False)
        shell.tell("Saved.", "ok")
        assert problems(shell) == []
    shell.open_palette()
    assert problems(shell) == []
    theme.apply(qapp, dark=False)


def test_a_page_without_a_main_widget_focuses_its_first_control(qapp, qtbot):
    page, first = QWidget(), QLineEdit()
    page.setLayout(vbox(first, QLineEdit()))
    made = Shell("C", "U", "R", rooms=[Room("a", "A", "users", lambda: page)])
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.show_room("a")
    qtbot.waitUntil(first.hasFocus)


def test_tab_reaches_navigation_top_bar_and_page(shell):
    reached = tab_order(shell)
    assert shell.page("schedule").first in reached
    assert {b for b in shell.findChildren(QToolButton) if b.isVisible()} <= set(reached)


def test_a_closed_shell_is_freed(qapp):
    made = Shell("C", "U", "R", rooms=[Room("a", "A", "users", QWidget)])
    made.show_room("a")
    gone = weakref.ref(made)
    made.close()
    made.deleteLater()
    del made
    qapp.sendPostedEvents(None, 52)
    qapp.processEvents()
    gc.collect()
    assert gone() is None


# -- parts -----------------------------------------------------------------------------------


def test_subsequence_scores():
    assert score("np", "New prescription") > score("np", "Open map")
    assert score("xyz", "New prescription") == 0


def test_the_palette_s_model_is_sound(qapp):
    owner = QWidget()
    model = EntryModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_commands([entry_of("Here", make_action(owner, "Print", owner.update, keys="Ctrl+P"))])
    model.filter("pr")
    model.show_hits([Hit("Priya", "MRN 1", 1)])
    assert isinstance(model, QAbstractItemModel)
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["Print", "Priya"]
    first = model.entry(0)
    assert isinstance(first, Entry)
    assert first.keys == "Ctrl+P"


def test_a_search_box_asks_at_once_then_after_the_last_key(qapp, qtbot):
    box = SearchBox("Find", "Find…")
    asked: list[str] = []
    qtbot.addWidget(box)
    box.asked.connect(asked.append)
    QTest.keyClicks(box, "a")
    assert asked == ["a"]
    QTest.keyClicks(box, "de")
    assert asked == ["a"]
    qtbot.waitUntil(lambda: asked == ["a", "ade"])
    box.clear()
    qtbot.waitUntil(lambda: asked == ["a", "ade", ""])


def test_a_field_keeps_what_was_typed_and_clears_its_error(qapp, qtbot):
    editor = QLineEdit("700")
    field = Field("Weight", editor, hint="in kg")
    qtbot.addWidget(field)
    field.show()
    field.show_error("Must be between 0.5 and 400.")
    assert editor.text() == "700"
    assert field.editor.accessibleDescription() == field.error() == "Must be between 0.5 and 400."
    QTest.keyClick(field.editor, Qt.Key.Key_Backspace)
    assert field.error() == ""
    assert field.hint_label().text() == "in kg"


def test_a_notice_of_success_goes_by_itself(qapp, qtbot):
    notice = Notice()
    qtbot.addWidget(notice)
    notice.show_notice("Saved.", "ok")
    notice._timer.setInterval(10)
    notice._timer.start()
    with qtbot.waitSignal(notice.dismissed):
        pass
    assert notice.isHidden()
    notice.show_notice("Refused.", "error")
    assert not notice._timer.isActive()


def test_tags_say_their_word_and_grow_with_it(qapp, qtbot):
    short, long = Tag.of_phase("arrived"), Tag("Wait for the allergy answer", "warn", "hourglass")
    for tag in (short, long):
        qtbot.addWidget(tag)
        assert not tag.grab().isNull()
    assert short.accessibleName() == "Arrived"
    assert long.width() > short.width()


def test_a_chip_filters_by_space_and_counts(qapp, qtbot):
    chip = Chip("no_show", count=3)
    qtbot.addWidget(chip)
    chip.show()
    assert chip.accessibleName() == "No show: 3"
    with qtbot.waitSignal(chip.toggled):
        QTest.keyClick(chip, Qt.Key.Key_Space)
    assert not chip.grab().isNull()


def test_segments_tell_only_what_people_choose(qapp, qtbot):
    parts = Segments(["Day", "Week"], "View")
    told: list[int] = []
    qtbot.addWidget(parts)
    parts.chosen.connect(told.append)
    parts.choose(1)
    assert (parts.current(), told) == (1, [])
    QTest.mouseClick(parts.findChildren(QToolButton)[0], Qt.MouseButton.LeftButton)
    assert told == [0]


def test_a_table_is_dressed(qapp, qtbot):
    table, model = QTableView(), QStandardItemModel(3, 2)
    qtbot.addWidget(table)
    table.setModel(model)
    style_table(table, "Stock")
    table.show()
    table.setCurrentIndex(model.index(1, 0))
    assert table.rowHeight(0) == 44
    assert len(table.selectionModel().selectedRows()) == 1
    assert not table.grab().isNull()


def test_quick_answers_show_no_progress(qapp, qtbot):
    strip = ProgressStrip()
    qtbot.addWidget(strip)
    strip.show_busy(busy=True)
    strip.show_busy(busy=False)
    assert not strip.busy()
    strip.show_busy(busy=True)
    qtbot.waitUntil(strip._timer.isActive)
    assert not strip.grab().isNull()
    strip.show_busy(busy=False)
    assert not strip.busy()


def test_initials_leave_titles_out():
    assert initials("Dr. Ṣadé Adébáyọ̀") == "ṢA"
    assert initials("Prince") == "P"


def test_names_of_buttons_and_banners(qapp, qtbot):
    banner = Banner("danger", "Penicillin", "anaphylaxis")
    qtbot.addWidget(banner)
    assert banner.accessibleName() == "Danger: Penicillin anaphylaxis"
    assert button("&Save", "check").accessibleName() == "Save"
