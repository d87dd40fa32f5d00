"""Who opened a chart, on paper (spec 3.11)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtPdf import QPdfDocument

from clinicdesk.domain.access import AccessLine
from clinicdesk.domain.people import Clinic
from clinicdesk.printing.access_list import AccessList, access_list_pdf

LAGOS = ZoneInfo("Africa/Lagos")
SOME = UUID(int=77)
CLINIC = Clinic(
    id=SOME, name="Harbour Clinic", timezone="Africa/Lagos", currency="NGN", address="1 Marina, Lagos",
    phone="+234 1", license_number="L-9",
)  # fmt: skip
LINE = AccessLine(
    id=4711, at=datetime(2026, 11, 23, 8, 5, tzinfo=UTC), user_id=SOME, person="Dr Ada Obi", role="doctor",
    seat="pc-1", address="10.0.0.7", patient_id=SOME, patient="Bola Ade", mrn="MRN-1", action="view",
    purpose="care", emergency=False,
)  # fmt: skip
LIST = AccessList(
    clinic=CLINIC, patient="Bola Ade", mrn="MRN-1", lines=[LINE], made=datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
)  # fmt: skip


@pytest.fixture(autouse=True)
def _program(qapp):
    """The reader of PDF needs one."""


def text_of(found):
    """The words of each page."""
    data, document = QBuffer(), QPdfDocument()
    data.setData(QByteArray(access_list_pdf(found, LAGOS)))
    data.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(data)
    pages = [" ".join(document.getAllText(page).text().split()) for page in range(document.pageCount())]
    document.close()
    return pages


def test_it_says_who_which_role_when_and_why_and_no_internal_number():
    (page,) = text_of(LIST)
    for words in (
        "Harbour Clinic",
        "Bola Ade",
        "MRN-1",
        "Dr Ada Obi",
        "Doctor",
        "23 Nov 2026, 09:05",
        "Treatment",
    ):
        assert words in page
    for secret in (str(SOME), "4711", "10.0.0.7", "pc-1"):
        assert secret not in page


@pytest.mark.parametrize(
    ("action", "purpose", "emergency", "words"),
    [
        ("glass", "cover", True, ("Emergency access", "Covering for a colleague")),
        ("view", "care", True, ("Opened (emergency access)", "Treatment")),
        ("refused", "restricted", False, ("Refused, not opened", "The chart is restricted")),
        ("dispense", "RX-2026-1", False, ("Medicines given out", "Prescription RX-2026-1")),
        ("print", "prescription RX-2026-1", False, ("Printed", "Prescription RX-2026-1")),
        ("print", "access_log", False, ("Printed", "This list")),
    ],
)
def test_every_entry_is_in_plain_words(action, purpose, emergency, words):
    line = replace(LINE, action=action, purpose=purpose, emergency=emergency)
    (page,) = text_of(replace(LIST, lines=[line]))
    for one in words:
        assert one in page


def test_many_pages_repeat_the_heads_and_count_themselves():
    lines = [replace(LINE, id=n, person=f"Person {n}") for n in range(120)]
    pages = text_of(replace(LIST, lines=lines, complete=False, first=date(2026, 1, 1)))
    assert len(pages) > 2
    assert "Older entries did not fit" in pages[0]
    assert "1 Jan 2026 to today" in pages[0]
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Why" in page
    assert sum(page.count("Person ") for page in pages) == 120


def test_nobody_is_said_too_and_the_same_input_gives_the_same_bytes():
    empty = replace(LIST, lines=[])
    assert "Nobody opened the record" in text_of(empty)[0]
    assert access_list_pdf(LIST, LAGOS) == access_list_pdf(LIST, LAGOS)
