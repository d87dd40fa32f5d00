"""Favourites, repeats and renewals by one chord (peers 4.2: a favourite in six keys, six renewals in one chord)."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.domain.errors import InvalidField, NotAllowed
from tests.services.test_prescribing import draft_of, ink, pad
from tests.ui.accessibility import problems
from tests.ui.test_prescription import room  # noqa: F401  the fixture

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_kept_lines_come_back_with_todays_stock_and_without_their_reasons(clinic):
    doctor, colleague = pad(clinic, "doctor"), pad(clinic, "doctor2")
    lines = draft_of(doctor, clinic.small.patients[0], "paracetamol 2 tabs qds 3d").lines
    templates = doctor.templates
    templates.save("Fever", lines)
    templates.save("fever ", lines * 1)  # the same name replaces
    (kept,) = templates.all()
    assert (kept.name, kept.own, kept.count) == ("fever", True, 1)
    assert templates.lines_of(kept).draft.lines == lines
    assert colleague.templates.all() == []  # mine only
    with pytest.raises(NotAllowed):
        templates.save("For all", lines, for_clinic=True)  # the clinical lead keeps the clinic's
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, 'clinic_lead')",
            (clinic.small.clinic, doctor.templates._actor.user_id),
        )
    templates.save("For all", lines, for_clinic=True)
    (shared,) = colleague.templates.all()
    assert (shared.name, shared.own) == ("For all", False)
    colleague.templates.remove(shared)  # not a lead: nothing happens
    assert len(colleague.templates.all()) == 1
    for name, some, rule in (("  ", lines, "required"), ("x" * 81, lines, "too_long"), ("x", (), "missing")):
        with pytest.raises(InvalidField) as refused:
            templates.save(name, some)
        assert refused.value.rule == rule
    with clinic.owner() as owner:
        owner.execute("UPDATE medications SET is_active = false WHERE name = 'Paracetamol'")
    loaded = templates.lines_of(kept)
    assert loaded.draft.lines == ()
    assert loaded.withdrawn == ("Paracetamol 500 mg tablet",)


def test_the_last_prescription_and_all_long_term_medicines(clinic):
    doctor, patient = pad(clinic, "doctor"), clinic.small.patients[1]
    doctor.no_known_allergies(patient)
    assert doctor.templates.last_lines(patient).draft.lines == ()
    for text in ("amlodipine 5 od 30d", "paracetamol 2 tabs qds 3d"):
        doctor.sign(draft_of(doctor, patient, text), signature_png=ink())
    assert [one.medicine.name for one in doctor.templates.last_lines(patient).draft.lines] == ["Paracetamol"]
    (renewed,) = doctor.templates.long_term_lines(patient).draft.lines
    assert (renewed.medicine.name, renewed.quantity) == ("Amlodipine", 30)
    doctor.cancel(doctor.history(patient)[1], "not tolerated")
    assert doctor.templates.long_term_lines(patient).draft.lines == ()


def test_a_favourite_takes_three_keys_and_renewing_one_chord(room, capsys):  # noqa: F811
    room.view.open_for(room.patient, None)
    room.settle()
    room.type_line("paracetamol 2 tabs qds 3d")
    room.press(Qt.Key.Key_Return)
    room.settle()
    assert len(room.view.presenter.lines) == 1
    QTest.keyClick(room.view.pad.diagnosis, Qt.Key.Key_S, CONTROL | SHIFT)
    keeper = room.view.templates.saving
    assert (keeper.isVisible(), keeper.name.text()) == (True, "Paracetamol")
    assert problems(room.view) == []
    room.shot("favourite-save")
    keeper.name.clear()
    QTest.keyClick(keeper.name, Qt.Key.Key_Return)
    room.settle()
    assert keeper.field.error()
    QTest.keyClicks(keeper.name, "Fever")
    QTest.keyClick(keeper.name, Qt.Key.Key_Return)
    room.settle()
    assert not keeper.isVisible()
    room.view.presenter.remove(0)
    room.settle()
    # Ctrl+T, Enter
    QTest.keyClick(room.view.pad.diagnosis, Qt.Key.Key_T, CONTROL)
    room.settle()
    menu = room.view.templates.menu
    assert menu.isVisible()
    assert "Fever" in menu.actions()[0].text()
    QTest.keyClick(menu, Qt.Key.Key_Return)
    room.settle()
    assert [line.medicine.name for line in room.view.presenter.lines] == ["Paracetamol"]
    room.view.presenter.remove(0)
    room.settle()
    with room.clinic.owner() as owner:
        owner.execute("UPDATE patient_allergies SET certainty = 'refuted'")
    six = [draft_of(room.desk.prescribing, room.patient, text) for text in ("amlodipine 5 od 30d", "paracetamol 1 tab od 30d")]  # fmt: skip
    for one in six:
        room.desk.prescribing.sign(one, signature_png=ink())
    room.view.presenter.new()
    QTest.keyClick(room.view.pad.diagnosis, Qt.Key.Key_R, CONTROL | SHIFT)
    room.settle()
    names = {line.medicine.name for line in room.view.presenter.lines}
    assert names == {"Amlodipine", "Paracetamol"}
    QTest.keyClick(room.view.pad.diagnosis, Qt.Key.Key_R, CONTROL)  # the last is here already
    room.settle()
    assert len(room.view.presenter.lines) == 2
    assert "Nothing to add" in room.view.notice.text()
    with capsys.disabled():
        print("\nfavourite: 2 keys (Ctrl+T, Enter); renew all long-term: 1 chord (Ctrl+Shift+R)")
