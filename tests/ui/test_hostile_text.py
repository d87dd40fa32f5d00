"""Names are typed by people: what looks like markup or a formula is shown as it was typed."""

from datetime import date
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument

from clinicdesk.domain.patients import PatientHit
from clinicdesk.services.auditing import _csv
from tests.security.test_injection import HOSTILE
from ui.widgets.lines import LinesTable
from ui.widgets.person import HitModel
from ui.widgets.text import label, plain_tip

MARKUP = (
    '<img src="file:///etc/hostname">',
    '<a href="http://example.invalid">Ada</a>',
    "<script>x</script>",
    "<b>Ada</b> & sons",
    "&lt;Ada&gt; <i>",
    "</qt><h1>Ada</h1>",
)


def shown(tip: str) -> str:
    """As Qt's tooltip reads it."""
    if "<" not in tip:  # then Qt takes it for plain
        return tip
    made = QTextDocument()
    made.setHtml(tip)
    return made.toPlainText()


@pytest.mark.parametrize("text", [*MARKUP, *(text for text in HOSTILE if text.isprintable())])
def test_a_tooltip_shows_the_signs_that_were_typed(qapp, text):
    typed = " ".join(text.split())
    assert shown(plain_tip(typed)) == typed
    table = LinesTable(["Name"])
    table.show_lines([(1, [typed])])
    assert shown(str(table.data(table.index(0, 0), Qt.ItemDataRole.ToolTipRole))) == (typed or "–")
    assert table.data(table.index(0, 0), Qt.ItemDataRole.AccessibleTextRole) == (typed or "–")
    made = label(typed)
    assert made.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("text", MARKUP)
def test_a_patient_found_is_shown_as_typed(qapp, text):
    hit = PatientHit(
        id=uuid4(), mrn="1", name=text, date_of_birth=date(1990, 1, 1), gender="female", phone="0", restricted=False
    )  # fmt: skip
    model = HitModel(date(2026, 1, 1))
    model.show_hits([hit])
    assert text in shown(str(model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)))
    assert model.data(model.index(0, 0), Qt.ItemDataRole.DisplayRole) == text


@pytest.mark.parametrize("text", ["=1+1", "+234", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_an_exported_cell_is_no_formula(text):
    row = _csv(("a",), [(text,)]).decode("utf-8-sig").splitlines()[1].strip('"')
    assert row.startswith("'")
