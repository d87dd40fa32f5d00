"""A chart that is shut opens after a reason, by keyboard."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.charts import Charts
from tests.ui.accessibility import problems
from tests.ui.chart_seat import drafts_of
from ui import theme
from ui.news import News
from ui.screens import chart
from ui.tasks import TaskRunner


@pytest.fixture
def shut(clinic, qtbot, qapp):
    """A chart screen at a patient without a care relation."""
    theme.apply(qapp, dark=False)
    with clinic.owner() as owner:
        owner.execute("DELETE FROM clinic_settings WHERE key = 'care_relation_required'")
    session = clinic.sign_in("doctor")
    store = DocumentStore(session.documents_uri, session.documents_database)
    charts = Charts(session.open_work, session.actor, session.now, documents=store, rules=None)
    access = ChartAccess(session.open_work, session.actor, session.now)
    tasks = TaskRunner()
    desk = SimpleNamespace(charts=charts, actor=session.actor, access=access, drafts=drafts_of(session))
    view = chart.build(desk, tasks, News())
    view.resize(1170, 660)
    qtbot.addWidget(view)
    view.show()
    view.activateWindow()
    view.activate()
    view.open_patient(clinic.small.patients[0])
    qtbot.waitUntil(view.glass.isVisible)
    yield view
    qtbot.waitUntil(tasks.idle)
    tasks.close()
    store.close()


def logged(clinic):
    with clinic.owner() as owner:
        return [row[0] for row in owner.execute("SELECT action FROM access_log ORDER BY id").fetchall()]


def test_the_chart_opens_after_a_reason_by_keyboard(clinic, qtbot, shut):
    assert logged(clinic) == ["refused"]
    assert not shut.side.isVisible()
    assert problems(shut) == []
    QTest.keyClick(shut.glass.radios["emergency"], Qt.Key.Key_Space)
    QTest.keyClick(shut.glass.open_button, Qt.Key.Key_Space)
    qtbot.waitUntil(shut.side.isVisible)
    assert logged(clinic) == ["refused", "glass", "view"]
    assert not shut.glass.isVisible()


def test_another_reason_wants_ten_characters(clinic, qtbot, shut):
    glass = shut.glass
    assert not glass.open_button.isEnabled()
    glass.radios["other"].click()
    QTest.keyClicks(glass.note, "because")
    QTest.keyClick(glass.open_button, Qt.Key.Key_Space)
    assert glass.note.hasFocus()
    assert "10 characters" in glass._note_field.error()
    QTest.keyClicks(glass.note, " the ward phoned")
    QTest.keyClick(glass.open_button, Qt.Key.Key_Space)
    qtbot.waitUntil(shut.side.isVisible)
    with clinic.owner() as owner:
        row = owner.execute("SELECT reason, note, cause FROM emergency_accesses").fetchone()
    assert row == ("other", "because the ward phoned", "no_relation")


def test_giving_up_shows_nothing(clinic, qtbot, shut):
    shut.glass._cancel.click()
    assert not shut.glass.isVisible()
    assert not shut.side.isVisible()
    assert logged(clinic) == ["refused"]
