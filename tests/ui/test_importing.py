"""A stock list on its way in, on the screen."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.desk import desk_of
from tests.signed_prescription import stock
from tests.ui.accessibility import problems
from ui import theme
from ui.news import News
from ui.screens import importing
from ui.tasks import TaskRunner


@pytest.fixture
def view(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    session, tasks = clinic.sign_in("pharmacist"), TaskRunner(workers=2)
    made = importing.build(desk_of(session), tasks, News())
    made.resize(1170, 660)
    qtbot.addWidget(made)
    made.show()
    made.activate()
    yield made
    made.hide()
    qtbot.waitUntil(tasks.idle)
    tasks.close()


def test_file_report_take_over_and_undo(clinic, qtbot, view, tmp_path):
    ends = (clinic.small.today + timedelta(days=300)).isoformat()
    path = tmp_path / "list.csv"
    path.write_text(
        f"code,name,batch,expiry,qty\nN-1,Zinc,Z1,{ends},12\nN-2,Salt,S1,yesterday,4\nT-AMO,Amox,AMX-OLD,{ends},4\n"
    )
    view.presenter.open_file(str(path))
    qtbot.waitUntil(lambda: view.report.rowCount() == 2)
    assert [view.report.index(row, 1).data() for row in range(2)] == ["Not taken over", "Here already"]
    assert view.columns.value("quantity") == 4
    assert "1 rows would be taken over, 2 would not." in view.notice._text.text()
    assert problems(view) == []
    assert view.minimumSizeHint().width() <= 1170
    assert view.minimumSizeHint().height() <= 660
    QTest.keyClick(view.columns, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stock(clinic).get("Z1") == 12)
    qtbot.waitUntil(view.undo_button.isVisible)
    QTest.mouseClick(view.undo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stock(clinic)["Z1"] == 0)
    path.write_bytes(b"")
    view.presenter.open_file(str(path))
    qtbot.waitUntil(lambda: "fill this in" in view.notice._text.text())
