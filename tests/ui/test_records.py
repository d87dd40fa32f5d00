"""Editing a record and merging two, with real widgets and services (spec 2.1 to 2.5)."""

import io
from datetime import time

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, book, desk_of
from ui.screens import patients
from ui.screens.patients.record_panel import FAMILY, HISTORY, IDENTITY

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def opened(stand, qtbot, clinic, who="receptionist", patient=0):
    view = stand.open(patients.build, who)
    view.show_patient(clinic.small.patients[patient])
    stand.settle()
    return view


def test_a_record_is_corrected_and_its_history_says_by_whom(stand, qtbot, clinic, tmp_path):
    view = opened(stand, qtbot, clinic)
    QTest.keyClick(view.box, Key.Key_E, Ctrl)
    stand.settle()
    record = view.record
    form = record.form
    assert (form.last_name.text(), form.birth.text(), form.phone.text()) == (
        "Adébáyọ̀",
        "14.02.1984",
        "+2348030000001",
    )
    assert form.last_name.hasFocus()
    form.phone.setText("12")
    QTest.keyClick(form.phone, Key.Key_Return)
    stand.settle()
    assert form.fields["phone"].error()
    form.phone.setText("0803 000 0001, 0809 777 6666")
    form.last_name.setText("Adébáyọ̀-Cole")
    QTest.keyClick(form.phone, Key.Key_Return)
    stand.settle()
    assert "Saved" in view.notice.text()
    assert view.card.name.text() == "Ẹniọlá Adébáyọ̀-Cole"
    assert problems(view) == []
    # a photo from a file; what is no picture is said
    bad, good = tmp_path / "bad.jpg", tmp_path / "good.png"
    bad.write_bytes(b"no picture")
    record.take_photo(str(bad))
    stand.settle()
    assert "cannot be read" in view.notice.text()
    content = io.BytesIO()
    Image.new("RGB", (900, 700), "teal").save(content, "PNG")
    good.write_bytes(content.getvalue())
    record.take_photo(str(good))
    stand.settle()
    assert not record.photo.pixmap().isNull()
    record.show_page(HISTORY)
    first = str(record.changes.index(record.changes.rowCount() - 1, 0).data())
    everything = "\n".join(str(record.changes.index(n, 0).data()) for n in range(record.changes.rowCount()))
    assert "Family name: Adébáyọ̀ → Adébáyọ̀-Cole" in everything
    assert "Tunde Bello" in everything
    assert first
    assert problems(view) == []
    # another seat was faster: the words stay, nothing is overwritten
    other = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    theirs = other.records.details(clinic.small.patients[0])
    stale = record.details
    with clinic.owner() as owner:
        owner.execute("UPDATE patients SET row_version = row_version + 1 WHERE user_id = %s", (theirs.id,))
    record.show_page(IDENTITY)
    form.first_name.setText("Eni")
    QTest.keyClick(form.first_name, Key.Key_Return)
    stand.settle()
    assert form.first_name.text() == "Eni"
    assert stale is not None
    assert "Saved" not in view.notice.text()


def test_guardians_and_consents_of_a_child(stand, qtbot, clinic):
    view = opened(stand, qtbot, clinic, patient=4)
    view.extras.edit_record()
    stand.settle()
    record = view.record
    record.show_page(FAMILY)
    record.add.click()
    assert record.fields.fields["guardian"].error()
    record.fields.name.setText("Musa Yusuf")
    record.add.click()
    stand.settle()
    assert record.guardians.rowCount() == 1
    record.consent_table.setFocus()
    record.consent_table.selectRow(0)
    QTest.keyClick(record.consent_table, Key.Key_Return)
    stand.settle()
    assert str(record.consents.index(0, 1).data()) == "given"
    QTest.keyClick(record.consent_table, Key.Key_Return)
    stand.settle()
    assert str(record.consents.index(0, 1).data()) == "withdrawn"
    record.end.click()
    stand.settle()
    assert str(record.guardians.index(0, 1).data()) == "ended"
    assert problems(view) == []


def test_two_records_are_merged_after_a_preview_and_parted_again(stand, qtbot, clinic):
    view = opened(stand, qtbot, clinic)
    assert "Merge with another record" not in {action.text() for action in view.actions()}  # spec 2.3.1
    admin = opened(stand, qtbot, clinic, "admin")
    QTest.keyClick(admin.box, Key.Key_M, Ctrl)
    stand.settle()
    merge = admin.merge
    assert merge.picker.box.hasFocus()
    QTest.keyClicks(merge.picker.box, "olatunji")
    qtbot.waitUntil(lambda: merge.picker.model.rowCount() > 0, timeout=8000)
    qtbot.wait(150)
    stand.settle()
    QTest.keyClick(merge.picker.box, Key.Key_Return)
    stand.settle()
    assert "Phones: 1" in merge.summary.text()
    name = [str(merge.pair_model.index(0, column).data()) for column in range(4)]
    assert admin.minimumSizeHint().height() <= 660, "it fits a small screen"
    assert name == ["Name", "Ẹniọlá Adébáyọ̀", "Ṣadé Ọlátúnjí", "differs"]
    assert merge.model.rowCount() >= 2
    assert problems(admin) == []
    QTest.keyClick(merge.reason, Key.Key_Return)
    stand.settle()
    assert merge.reason_field.error()
    QTest.keyClicks(merge.reason, "same woman")
    QTest.keyClick(merge.reason, Key.Key_Return)
    stand.settle()
    assert "Merged" in admin.notice.text()
    assert "Merged into this record" in admin.card.rows.text()
    admin.extras.ask_merging()
    stand.settle()
    assert merge.open_model.rowCount() == 1
    # spec 2.3.3: what came after the merge is given to one of the two, item by item
    desk = desk_of(clinic.sessions[-1])
    kept, given = (book(clinic, desk, start=time(hour)) for hour in (14, 15))
    merge.open_table.selectRow(0)
    QTest.keyClick(merge.open_table, Key.Key_Return)
    stand.settle()
    parting = merge.parting
    assert parting.isVisible()
    assert parting.model.rowCount() >= 2
    assert not parting.go.isEnabled()
    assert "To be decided: 2" in parting.summary.text()
    assert parting.table.hasFocus()
    for made, times in ((kept, 1), (given, 2)):
        row = next(n for n in range(parting.model.rowCount()) if parting.model.thing(n).id == made.id)
        parting.table.selectRow(row)
        for _ in range(times):
            QTest.keyClick(parting.table, Key.Key_Return)
    assert parting.go.isEnabled()
    assert problems(admin) == []
    QTest.keyClick(parting.reason, Key.Key_Return)
    stand.settle()
    assert parting.reason_field.error()
    QTest.keyClicks(parting.reason, "two women after all")
    QTest.keyClick(parting.reason, Key.Key_Return)
    stand.settle()
    assert merge.open_model.rowCount() == 0
    assert desk.scheduling.appointment(kept.id).patient_id == clinic.small.patients[0]
    assert desk.scheduling.appointment(given.id).patient_id != clinic.small.patients[0]
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM patients WHERE merged_into IS NOT NULL").fetchone() == (0,)


def test_a_label_is_one_key(stand, qtbot, clinic):
    view = opened(stand, qtbot, clinic)
    QTest.keyClick(view.box, Key.Key_L, Ctrl)
    stand.settle()
    assert "CD0000" in view.paper.preview.page_text(0)
    QTest.keyClick(view.paper.done, Key.Key_Return)
    assert view.side.currentIndex() == 0
