"""A doctor's chart screen in a process of its own: types while the document server is away, and is killed."""

import json
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.bootstrap import Core
from clinicdesk.embedded.records import Addresses
from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.services.charts import Charts
from clinicdesk.services.local_store import LocalDrafts, LocalStore
from clinicdesk.settings import Deployment
from tests.chart_stores import DEAD, RULES
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.chart_seat import key_of
from ui.news import News
from ui.screens import chart
from ui.tasks import TaskRunner


def main(told: dict[str, Any]) -> None:
    application = QApplication([])
    session = Core(Deployment.of_embedded(Addresses(told["postgres"], told["mongo"], told["redis"]))).sign_in(
        STAFF["doctor"][0], PASSWORD
    )
    assert session.documents_uri is not None
    store = DocumentStore(session.documents_uri, session.documents_database)
    charts = Charts(session.open_work, session.actor, session.now, documents=store, rules=RULES)
    owner = f"{session.installation}:{session.actor.user_id}"
    local = LocalStore(default_data_dir(), owner=owner, key=partial(key_of, session.open_work))
    tasks = TaskRunner()
    desk = SimpleNamespace(charts=charts, actor=session.actor, drafts=LocalDrafts(local))
    view = chart.build(desk, tasks, News())
    view.show()
    view.open_patient(UUID(told["patient"]))
    while view.presenter.drafting.draft is None or not tasks.idle():
        QTest.qWait(20)
    store.use(DEAD)  # the document server is gone from here on
    QTest.keyClicks(view.form.note.fields["history"], told["words"])
    print("typed", flush=True)
    application.exec()


if __name__ == "__main__":
    main(json.loads(sys.stdin.readline()))
