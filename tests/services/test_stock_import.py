"""Stock lists from elsewhere: read, mapped, tried, run, stopped, taken back."""

import io
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from openpyxl import Workbook

from clinicdesk.domain.errors import ImportInUse, InvalidField, NotAllowed, NotFound
from clinicdesk.services.exporting import as_csv, as_xlsx
from clinicdesk.services.stock_import import COLUMNS, Wrong
from tests.services.test_stock_room import ledger_agrees
from tests.services.test_supplying import desk
from tests.signed_prescription import stock


def csv_of(*rows):
    head = "Code;Product;Generic;Batch;Expiry;Qty;Cost;Price;Supplier\n"
    return (head + "".join(";".join(row) + "\n" for row in rows)).encode()


def test_a_list_is_read_mapped_tried_and_taken_over_once(clinic):
    at = desk(clinic).stock_import
    ends = (clinic.small.today + timedelta(days=300)).strftime("%d.%m.%Y")
    data = csv_of(
        ("N-1", "Cetirizine 10 mg tablet", "Amlodipine", "C1", ends, "1,200", "₦3.50", "10", "Juno"),
        ("N-1", "Cetirizine 10 mg tablet", "", "C1", ends, "5", "", "", ""),  # twice in the file
        ("T-AMO", "Amoxicillin", "", "AMX-OLD", ends, "5", "", "", ""),  # here already
        ("N-2", "Zinc syrup", "Zincum", "Z1", "31.02.2031", "5", "", "", ""),
        ("N-3", "Old stock", "", "O1", "01.01.2020", "5", "", "", ""),
        ("N-4", "Fraction", "", "F1", ends, "2.5", "", "", ""),
        ("N-5", "No batch", "", "", ends, "5", "", "", ""),
        ("", "No code", "", "B", ends, "5", "", "", ""),
        ("N-6", "Minus", "", "M1", ends, "-4", "", "", ""),
        ("N-7", "Product without stock", "Nobody knows", "", "", "", "", "", ""),
        ("N-8", "Cost", "", "K1", ends, "1", "much", "", ""),
    )
    sheet = at.read("list.CSV", data)
    columns = at.guess(sheet)
    assert set(columns) == {"item_code", "item_name", "medicine", "batch_number", "expiry_date", "quantity", "unit_cost", "selling_price", "supplier_name"}  # fmt: skip
    found = at.dry_run(sheet, columns)
    assert [row["item_code"] for row in found.rows] == ["N-1", "N-7"]
    assert found.rows[0]["medication_id"] == clinic.small.medications["Amlodipine"]
    assert (found.twice, found.known, found.unmatched) == ((3,), (4,), ("Nobody knows",))
    assert found.wrong == (
        Wrong(5, "expiry_date", "date"), Wrong(6, "expiry_date", "expired"), Wrong(7, "quantity", "whole_number"),
        Wrong(8, "batch_number", "required"), Wrong(9, "item_code", "required"), Wrong(10, "quantity", "not_negative"),
        Wrong(12, "unit_cost", "number"),
    )  # fmt: skip
    assert "C1" not in stock(clinic)  # a dry run writes nothing
    run = uuid4()
    assert at.run(run, sheet.name, found) == 2
    assert at.run(run, sheet.name, found) == 2
    assert stock(clinic)["C1"] == 1200
    assert ledger_agrees(clinic)
    assert at.undo(run) == 2
    assert stock(clinic)["C1"] == 0
    assert ledger_agrees(clinic)
    with pytest.raises(NotAllowed):
        at.undo(run)
    with pytest.raises(NotFound):
        at.run(run, sheet.name, found)
    again = uuid4()
    assert at.run(again, sheet.name, at.dry_run(sheet, columns)) == 2
    with clinic.owner() as owner:
        owner.execute("INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, notes) SELECT id, 'adjustment', -1, 'adjustment', 'breakage: x' FROM inventory_items WHERE import_id = %s AND current_stock > 0", (again,))  # fmt: skip
    with pytest.raises(ImportInUse):
        at.undo(again)


def test_excel_files_bad_files_and_missing_columns(clinic):
    at = desk(clinic).stock_import
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["item_code", "item_name", "batch", "expiry", "quantity"])
    page.append(["X-1", "Zinc", "Z1", clinic.small.today + timedelta(days=90), 12])
    out = io.BytesIO()
    book.save(out)
    sheet = at.read("a.xlsx", out.getvalue())
    assert at.dry_run(sheet, at.guess(sheet)).rows[0]["quantity"] == 12
    for name, data, rule in (("a.xlsx", b"PK\x03\x04nothing", "file"), ("a.pdf", b"x", "file_kind"), ("a.csv", b"", "empty"), ("a.csv", b"a,b\n", "empty")):  # fmt: skip
        with pytest.raises(InvalidField) as caught:
            at.read(name, data)
        assert caught.value.rule == rule
    with pytest.raises(InvalidField) as caught:
        at.dry_run(sheet, {"item_name": 1})
    assert caught.value.detail == {"name": "item_code"}
    assert at.template().decode("utf-8-sig").strip().split(",") == list(COLUMNS)
    with pytest.raises(NotAllowed):
        desk(clinic, "doctor").stock_import.read("a.csv", b"x")


def test_a_thousand_rows_with_progress_and_a_stop_that_leaves_nothing(clinic):
    at = desk(clinic).stock_import
    ends = (clinic.small.today + timedelta(days=300)).isoformat()
    rows = [
        (f"P-{n // 2}", f"Product {n // 2}", "", f"L{n}", ends, "10", "2", "5", "Juno") for n in range(1000)
    ]
    sheet = at.read("big.csv", csv_of(*rows))
    found = at.dry_run(sheet, at.guess(sheet))
    assert len(found.rows) == 1000
    steps: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        steps.append((done, total))
        return len(steps) < 2

    assert at.run(uuid4(), sheet.name, found, progress=progress) == 0
    assert steps == [(500, 1000), (1000, 1000)]
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM inventory_items WHERE import_id IS NOT NULL AND (is_active OR current_stock > 0)").fetchone() == (0,)  # fmt: skip
    started = time.monotonic()
    assert at.run(uuid4(), sheet.name, found) == 1000
    print(f"1,000 rows in {time.monotonic() - started:.1f} s")
    assert ledger_agrees(clinic)


def test_exports_are_what_was_seen_and_never_a_formula():
    heads, rows = ["Item", "Stock"], [["=cmd()", "1,200"], ["Ọlá", "-5"]]
    assert as_csv(heads, rows).decode("utf-8-sig").splitlines() == [
        "Item,Stock",
        '\'=cmd(),"1,200"',
        "Ọlá,-5",
    ]
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(as_xlsx(heads, rows, title="Stock: [all]"))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["Item", "Stock"], ["=cmd()", 1200], ["Ọlá", "-5"]]  # fmt: skip
    assert sheet["A2"].data_type == "s"
