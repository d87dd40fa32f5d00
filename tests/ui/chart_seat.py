"""A chart screen of somebody signed in, driven by keys."""

from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.accounts import local_key
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.services.charts import Charts
from clinicdesk.services.local_store import LocalDrafts, LocalStore
from tests.chart_stores import RULES
from ui import theme
from ui.news import News
from ui.screens import chart
from ui.tasks import TaskRunner


def drafts_of(session):
    """What this PC keeps for the person: in the folder of the test run."""
    owner = f"{session.installation}:{session.actor.user_id}"
    return LocalDrafts(LocalStore(default_data_dir(), owner=owner, key=partial(key_of, session.open_work)))


def key_of(open_work):
    with open_work() as work:
        return local_key(work)


CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass
class Seat:
    """One signed-in chart screen."""

    view: chart.ChartView
    charts: Charts
    tasks: TaskRunner
    news: News
    qtbot: Any

    def settle(self):
        """Every pause has passed and every call was answered."""
        drafting = self.view.presenter.drafting
        self.qtbot.waitUntil(
            lambda: (
                self.tasks.idle()
                and not drafting._pause.isActive()
                and not self.view.presenter._news.isActive()
            ),
            timeout=15000,
        )

    def open(self, patient, appointment=None):
        self.view.open_patient(patient, appointment)
        self.settle()

    def type(self, name, text):
        fields = {**self.view.form.vitals.inputs, **self.view.form.note.fields}
        fields[name].setFocus()
        QTest.keyClick(fields[name], Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(fields[name], text)

    def key(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(self.view.focusWidget() or self.view, key, modifiers)


@pytest.fixture
def seats(clinic, qtbot, qapp):
    theme.apply(qapp, dark=False)
    closing = []

    def make(who="doctor", *, seat="pc-1", uri=""):
        session = clinic.sign_in(who, seat=seat)
        store = DocumentStore(uri or session.documents_uri, session.documents_database)
        charts = Charts(session.open_work, session.actor, session.now, documents=store, rules=RULES)
        tasks, news = TaskRunner(), News()
        view = chart.build(
            SimpleNamespace(charts=charts, actor=session.actor, drafts=drafts_of(session)), tasks, news
        )
        view.resize(1170, 660)
        qtbot.addWidget(view)
        view.show()
        qtbot.waitExposed(view)
        view.activate()
        closing.append((tasks, store))
        return Seat(view, charts, tasks, news, qtbot)

    yield make
    for tasks, store in closing:
        tasks.close()
        store.close()
