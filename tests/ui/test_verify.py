"""The Verify screen: scan, paste or open a file; the answer in words, with and without the database."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.services.verifying import Verifying
from tests.services.test_prescribing import draft_of, ink, pad
from tests.ui.accessibility import problems
from ui import theme
from ui.screens import verify
from ui.tasks import TaskRunner

SHOTS = os.environ.get("CLINICDESK_SHOTS", "")


@pytest.fixture
def signed(clinic):
    doctor, patient = pad(clinic, "doctor"), clinic.small.patients[0]
    doctor.no_known_allergies(patient)
    made = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    return SimpleNamespace(rx=made, paper=doctor.pdf(made), doctor=doctor)


@pytest.fixture
def view(clinic, signed, qtbot, qapp, tmp_path):
    theme.apply(qapp, dark=False)
    session = clinic.sign_in("pharmacist", seat="pc-2")
    tasks = TaskRunner(workers=1)
    verifying = Verifying(session.open_work, session.actor, session.now, key_file=tmp_path / "keys.json")
    made: Any = verify.build(SimpleNamespace(actor=session.actor, verifying=verifying), tasks)
    made.resize(1170, 660)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.first_focus().setFocus()
    made.session = session
    yield made
    made.hide()
    qtbot.waitUntil(tasks.idle)
    tasks.close()


def scan(qtbot, view, text):
    """As a keyboard scanner does: the text, then Enter."""
    with qtbot.waitSignal(view.presenter.found):
        QTest.keyClicks(view.code, text)
        QTest.keyClick(view.code, Qt.Key.Key_Return)


def shot(view, name, qapp):
    if SHOTS:
        for dark in (False, True):
            theme.apply(qapp, dark=dark)
            QTest.qWait(60)
            view.grab().save(f"{SHOTS}/verify-{name}-{'dark' if dark else 'light'}.png")
        theme.apply(qapp, dark=False)


def words(view):
    return [one.text() for one in view._result.findChildren(type(view.contact)) if one.isVisible()]


def test_a_scan_says_what_was_signed_and_what_became_of_it(clinic, signed, view, qtbot, qapp, tmp_path):
    QTest.keyClick(view.code, Qt.Key.Key_Return)
    assert view.field.error()
    with qtbot.waitSignal(view.presenter.contact):
        view.activate()
    assert "Keys: 1. Prescriptions: 1" in view.contact.text()
    scan(qtbot, view, signed.rx.qr_code)
    assert view.verdict.kind == "ok"
    assert "nothing of it was supplied" in view.verdict.text()
    assert signed.rx.number in words(view)
    assert any("Paracetamol 500 mg tablet · 24" in text for text in words(view))
    assert problems(view) == []
    shot(view, "genuine", qapp)
    wrong = signed.rx.qr_code[:60] + ("A" if signed.rx.qr_code[60] != "A" else "B") + signed.rx.qr_code[61:]
    scan(qtbot, view, wrong)  # the next scan replaces the last
    assert view.verdict.kind == "danger"
    assert "Altered" in view.verdict.text()
    assert signed.rx.number not in words(view)
    shot(view, "altered", qapp)
    path = tmp_path / "rx.pdf"
    path.write_bytes(signed.paper)
    with qtbot.waitSignal(view.presenter.found):
        view.presenter.check_path(str(path))
    assert view.verdict.kind == "ok"
    signed.doctor.cancel(signed.rx, "wrong patient")
    scan(qtbot, view, signed.rx.qr_code)
    assert "cancelled: do not supply" in view.verdict.text()
    assert "As of" in view.verdict.text()
    with qtbot.waitSignal(view.presenter.told):
        view.presenter.check_path(str(tmp_path / "missing.pdf"))
    assert "cannot be read" in view.notice.text()
    with qtbot.waitSignal(view.presenter.told):
        view.presenter.export(str(tmp_path / "out.json"))
    assert "Public keys written" in view.notice.text()
    assert (tmp_path / "out.json").exists()
    view.session.lock()  # no database: the keys of the last contact prove it all the same
    scan(qtbot, view, signed.rx.qr_code)
    assert "cancelled: do not supply" in view.verdict.text()
