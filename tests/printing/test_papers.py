"""What stands on printed papers, read back from the PDF by another program's reader."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clinicdesk.printing.label import label_pdf
from clinicdesk.printing.prescription import prescription_pdf
from clinicdesk.printing.receipt import receipt_pdf
from tests.printing import papers
from tests.printing.conftest import nfc


def printed(rx, *, qr_payload=papers.QR, copy_mark="", paper="A5"):
    return prescription_pdf(
        rx,
        clinic=papers.CLINIC,
        signature_png=papers.signature(),
        qr_payload=qr_payload,
        copy_mark=copy_mark,
        paper=paper,
    )


def test_a_prescription_says_all_that_spec_4_1_asks_for(read):
    (page,) = read(printed(papers.RX))
    for text in (
        "Harbour Street Clinic", "12 Harbour Street, Surulere, Lagos", "+234 803 555 0123",
        "Dr. Ṣadé Ọbáfẹ́mi", "Licence MDCN/R/44719", "RX-2026-0000018", papers.NAME, "0048213",
        "14 Feb 1984 (42 years)", "64 kg", "Penicillin (anaphylaxis), Latex", "24 Nov 2026", "24 Dec 2026",
        "Amoxicillin 500 mg capsule", "Take 1 capsule three times a day for 7 days", "Finish the course",
        "Supply 21 (twenty-one) capsules", "Acute otitis media", "₦12,500",
        "Safety checked against ClinicDesk rules 2026-11", "Page 1 of 1", "End of prescription: one medicine",
    ):  # fmt: skip
        assert nfc(text) in page, text


def test_the_seal_is_the_first_12_digits_of_the_hash(read):  # spec 4.9.4
    (page,) = read(printed(papers.RX))
    digest = papers.SEAL.split(".")[2][:12].upper()
    assert f"{digest[:4]} {digest[4:8]} {digest[8:]}" in page


def test_no_safety_check_is_said_loudly(read):
    (page,) = read(printed(replace(papers.RX, checked_against="")))
    assert "NOT CHECKED" in page
    assert "Safety checked" not in page


def test_twelve_medicines_flow_over_pages(read):
    pages = read(printed(replace(papers.RX, items=papers.items(12))))
    assert len(pages) == 3
    everything = " ".join(pages)
    expected = [f"Medicine{number:02}" for number in range(1, 13)]
    assert re.findall(r"Medicine\d\d", everything) == expected
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of 3" in page
        assert nfc(papers.NAME) in page
        assert "RX-2026-0000018" in page
    assert "Medicine12" in pages[-1]
    assert ["Prescriber's signature" in page for page in pages] == [False, False, True]


@pytest.mark.parametrize("count", range(1, 9))
def test_the_signature_always_stands_with_a_medicine(read, count):
    pages = read(printed(replace(papers.RX, items=papers.items(count))))
    assert f"Medicine{count:02}" in pages[-1]
    assert "Prescriber's signature" in pages[-1]


def test_long_notes_and_directions_are_all_printed(read):
    words = [f"word{n}" for n in range(900)]
    long = replace(papers.ITEM, directions=" ".join(words))
    for rx in (
        replace(papers.RX, notes=" ".join(words)),
        replace(papers.RX, items=(long,)),
        replace(papers.RX, diagnosis=" ".join(words)),
    ):
        pages = read(printed(rx))
        assert re.findall(r"\bword\d+\b", " ".join(pages)) == words
        assert "Prescriber's signature" in pages[-1]


def test_a_quantity_never_parts_from_its_unit():
    from clinicdesk.printing.paper import Style, write

    lines = []
    write(
        (300, 300),
        lambda sheet: lines.extend(sheet.wrap("Take 5 mL every 6 hours for 10 days", Style(10), width=62)),
        title="",
        author="",
        subject="",
    )
    assert len(lines) > 3
    assert not [line for line in lines if line[-1].isdigit()]


def test_one_long_word_is_cut_and_not_lost(read):
    pages = read(printed(replace(papers.RX, notes="x" * 400)))
    assert "".join(pages).count("x") >= 400


@pytest.mark.parametrize(
    ("rx", "mark"),
    [
        (replace(papers.RX, status="cancelled"), "CANCELLED"),
        (replace(papers.RX, seal=""), "NOT SIGNED"),
        (replace(papers.RX, genuine=False), "SIGNATURE NOT VALID"),
    ],
)
def test_a_prescription_that_must_not_be_filled_says_so(read, rx, mark):
    assert mark in read(printed(rx, qr_payload=""))[0]
    assert mark not in read(printed(papers.RX))[0]


def test_a_copy_is_marked_on_every_page(read):
    pages = read(printed(replace(papers.RX, items=papers.items(12)), copy_mark="Copy"))
    assert all("COPY" in page for page in pages)


def test_paper_sizes(sizes):
    assert sizes(printed(papers.RX)) == (148, 210)
    assert sizes(printed(papers.RX, paper="A4")) == (210, 297)
    assert sizes(receipt_pdf(papers.RECEIPT)) == (105, 148)
    assert sizes(receipt_pdf(papers.RECEIPT, roll=True))[0] == 80
    assert sizes(label_pdf([papers.LABEL])) == (70, 37)


def test_metadata_names_no_patient():
    for pdf in (printed(papers.RX), receipt_pdf(papers.RECEIPT), label_pdf([papers.LABEL])):
        information = pdf[pdf.index(b"/Author") : pdf.index(b"endobj", pdf.index(b"/Author"))]
        plain = information + bytes.fromhex(
            "".join(re.findall(r"<([0-9A-Fa-f]+)>", information.decode("latin-1")))
        )
        for secret in ("0048213", "Ade", "Bàɗé", "Amoxicillin", "otitis", "1984"):
            assert secret.encode() not in plain
            assert secret.encode("utf-16-be") not in plain
    assert b"RX-2026-0000018" in printed(papers.RX)


_ONCE = """
import hashlib, sys
from tests.printing import papers
from tests.printing.conftest import nfc
from clinicdesk.printing.prescription import prescription_pdf
from dataclasses import replace
rx = replace(papers.RX, seal=sys.argv[1])
if len(sys.argv) > 3:
    prescription_pdf(replace(rx, notes="Ẹ̀ Ọ́ Ś̩ Ǹ"), clinic=papers.CLINIC, signature_png=None, qr_payload="")
pdf = prescription_pdf(rx, clinic=papers.CLINIC, signature_png=papers.signature(), qr_payload=sys.argv[2])
print(hashlib.sha256(pdf).hexdigest())
"""


def test_the_same_prescription_is_the_same_bytes_in_another_process():
    sums = set()
    for more in ([], ["another document first"]):
        command = [sys.executable, "-c", _ONCE, papers.SEAL, papers.QR, *more]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        sums.add(ran.stdout.strip())
    assert len(sums) == 1
    assert all(len(text) == 64 for text in sums)


def test_two_threads_do_not_disturb_each_other():
    alone = printed(papers.RX), receipt_pdf(papers.RECEIPT)
    with ThreadPoolExecutor(4) as pool:
        both = [(pool.submit(printed, papers.RX), pool.submit(receipt_pdf, papers.RECEIPT)) for _ in range(4)]
        assert {(a.result(), b.result()) for a, b in both} == {alone}


def test_importing_the_printing_package_loads_no_reportlab():
    code = (
        "import sys, clinicdesk.printing.prescription, clinicdesk.printing.receipt;"
        "import clinicdesk.printing.label;"
        "print([m for m in ('reportlab', 'segno', 'PIL', 'uharfbuzz') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_receipt_shows_what_was_paid_and_what_is_due(read):  # spec 5.8
    (page,) = read(receipt_pdf(papers.RECEIPT))
    for text in (
        "RC-2026-001234", "23 Nov 2026, 14:05", papers.NAME, "Consultation", "₦10,000.00", "₦2,520.50",
        "Total ₦12,520.50", "Paid (bank transfer) ₦10,000.00", "Balance due ₦2,520.50",
        "Ten thousand naira only", "Received by Ngọzi Ụkachi",
    ):  # fmt: skip
        assert nfc(text) in page, text
    assert "returnable" not in page
    assert "Goods sold are not returnable" in read(receipt_pdf(papers.RECEIPT, goods=True))[0]


def test_change_is_shown_when_more_was_given(read):
    (page,) = read(receipt_pdf(replace(papers.RECEIPT, paid=Decimal(13000))))
    assert "Change ₦479.50" in page
    assert "Balance" not in page


def test_a_long_receipt_flows_on_a6_and_grows_on_the_roll(read, sizes):
    many = replace(papers.RECEIPT, lines=tuple((f"Line{n:02}", Decimal(n)) for n in range(1, 61)))
    pages, roll = read(receipt_pdf(many)), receipt_pdf(many, roll=True)
    assert len(pages) > 1
    assert "page 2 of" in pages[1]
    for text in (" ".join(pages), " ".join(read(roll))):
        assert re.findall(r"Line\d\d", text) == [f"Line{n:02}" for n in range(1, 61)]
    assert len(read(roll)) == 1
    assert sizes(roll)[1] > 200


def test_a_label_says_all_that_spec_5_10_asks_for(read):
    (page,) = read(label_pdf([papers.LABEL]))
    for text in (
        papers.NAME, "23 Nov 2026", "Amoxicillin 500 mg capsule: 21 capsules",
        "Take 1 capsule three times a day for 7 days", "Finish the course",
        "Keep out of the reach of children", "Batch AMX2401 exp 31 Aug 2027", "RX-2026-0000018",
        "Dr. Ṣ. Ọbáfẹ́mi / NU",
        "Harbour Street Clinic",
    ):  # fmt: skip
        assert nfc(text) in page, text


def test_a_label_with_much_to_say_goes_on_to_a_second_one(read):
    label = replace(
        papers.LABEL,
        dose_words="one capsule three times a day",
        owing=4,
        discard_after=date(2026, 11, 30),
        warnings=("Shake the bottle", "Do not drink alcohol with this medicine", "May make you sleepy"),
    )
    pages = read(label_pdf([label, papers.LABEL]))
    assert len(pages) == 3
    assert all("Amoxicillin 500 mg capsule: 21 capsules" in page for page in pages)
    assert "1/2" in pages[0]
    both = pages[0] + pages[1]
    for text in (
        "ONE CAPSULE THREE TIMES A DAY",
        "Still owed to you: 4 capsules",
        "Throw away after 30 Nov 2026",
    ):
        assert text in both


def test_no_labels_is_an_error():
    with pytest.raises(ValueError):
        label_pdf([])


def test_the_patients_address_and_the_code_of_the_paper_are_in_the_file(read):
    """Spec 4.1: the address is part of a prescription; what the square code says can be read from the file."""
    here = replace(papers.RX, patient_address="14 Ọ̀yọ́ Road, Ìbàdàn")
    assert nfc("14 Ọ̀yọ́ Road, Ìbàdàn") in read(printed(here))[0]
    assert "Address" not in read(printed(papers.RX))[0]
    assert papers.QR.encode() in printed(here)
