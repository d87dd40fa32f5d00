"""Unproven rules inform and never block, until the clinical lead accepts them by name (spec 0)."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.domain.errors import NotAllowed, NotFound
from clinicdesk.services.prescribing_context import read_context
from tests.ui.accessibility import problems
from tests.ui.test_prescription import SHOTS, room  # noqa: F401  the fixture


def lead(clinic, actor):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, 'clinic_lead')",
            (clinic.small.clinic, actor.user_id),
        )


def test_the_lead_accepts_a_rule_by_name_and_takes_it_back(room):  # noqa: F811
    rules, doctor = room.desk.prescribing.rules, room.desk.actor
    every = rules.all()
    assert {rule.id[:2] for rule in every} >= {"DD", "CI"}
    assert all(rule.accepted_by == "" for rule in every)
    with pytest.raises(NotFound):
        rules.accept("DDI001")  # proven: nothing to accept
    room.view.rules.show()
    room.settle()
    dialog = room.view.rules.dialog
    assert dialog.model.rowCount() == len(every)
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    room.settle()
    assert dialog.notice.isVisible()
    with pytest.raises(NotAllowed):
        rules.accept(every[0].id)
    lead(room.clinic, doctor)
    dialog.accept_button.click()
    room.settle()
    first = rules.all()[0]
    assert (first.accepted_by, first.accepted_at is not None) == (doctor.name, True)
    assert dialog.accept_button.text() == "Take it back"
    assert problems(dialog) == []
    if SHOTS:
        dialog.grab().save(f"{SHOTS}/rules.png")
    with room.desk.prescribing._open_work() as work:
        seen = read_context(
            work, room.patient, zone=doctor.clinic.timezone, today=room.desk.prescribing.today, without=room.patient, clinic=doctor.clinic.id
        )  # fmt: skip
    assert seen.accepted_rules == {first.id}
    dialog.accept_button.click()
    room.settle()
    assert rules.all()[0].accepted_by == ""
    dialog.accept()
