"""Taking over a stock list from CSV or Excel: template, columns, dry run, the run, and one step back."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.stock_imports import StockImports
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.inventory import expiry_from

MOST_ROWS, MOST_BYTES, CHUNK = 100_000, 30_000_000, 500
MOST = 2**31 - 1
# column -> other heads that people give it, in lower case
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "item_code": ("code", "item code", "sku", "product code"),
    "item_name": ("name", "item", "product", "description", "medicine", "item name"),
    "category": ("category", "group", "class"),
    "unit": ("unit", "uom", "unit of measure"),
    "medicine": ("generic", "generic name", "substance"),
    "strength": ("strength", "dose"),
    "form": ("form", "dosage form"),
    "batch_number": ("batch", "lot", "batch number", "batch no", "lot number"),
    "expiry_date": ("expiry", "expires", "exp", "expiry date", "exp date"),
    "quantity": ("quantity", "qty", "stock", "on hand", "current stock"),
    "unit_cost": ("cost", "unit cost", "purchase price"),
    "selling_price": ("price", "selling price", "retail"),
    "supplier_name": ("supplier", "vendor"),
    "location": ("location", "place", "shelf"),
    "minimum": ("minimum", "min", "reorder level"),
    "maximum": ("maximum", "max"),
}
REQUIRED = ("item_code", "item_name")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: heads and rows of words."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something in a row of the file that is not taken over; ``row`` as a spreadsheet counts."""

    row: int
    field: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What an import would do; ``known`` are batches that are here already, ``twice`` double in the file."""

    rows: tuple[dict[str, Any], ...]
    wrong: tuple[Wrong, ...]
    known: tuple[int, ...]
    twice: tuple[int, ...]
    unmatched: tuple[str, ...] = field(default=())


class StockImport:
    """Nothing is written before ``run``; ``undo`` takes all of it back while nothing has moved."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def template(self) -> bytes:
        """An empty list with the heads, as CSV."""
        return (",".join(COLUMNS) + "\n").encode("utf-8-sig")

    def read(self, name: str, data: bytes) -> Sheet:
        """Raises InvalidField('file': file, file_size, file_kind, empty)."""
        self._actor.require("stock.import")
        return read_sheet(name, data)

    def guess(self, sheet: Sheet) -> dict[str, int]:
        """Column -> place in the file, for heads that are known; the person may change it."""
        return guess_columns(sheet)

    def dry_run(self, sheet: Sheet, columns: Mapping[str, int]) -> DryRun:
        """Everything that would happen, and every row that would not. Raises InvalidField('columns')."""
        self._actor.require("stock.import")
        for column in REQUIRED:
            if column not in columns:
                raise InvalidField("columns", "column", {"name": column})
        today = self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()
        with self._open_work() as work:
            records = StockImports(work, self._actor.clinic.id)
            here, medicines = records.batches(), records.medicines()
        rows: list[dict[str, Any]] = []
        wrong: list[Wrong] = []
        known: list[int] = []
        twice: list[int] = []
        unmatched: dict[str, None] = {}
        seen: set[tuple[str, str]] = set()
        for number, cells in enumerate(sheet.rows, 2):
            if not any(cell.strip() for cell in cells):
                continue
            said = {column: cells[at].strip() for column, at in columns.items()}
            try:
                row = _row(said, today)
            except InvalidField as refusal:
                wrong.append(Wrong(number, refusal.field, refusal.rule))
                continue
            key = (row["item_code"], row["batch_number"] or "")
            if key in seen:
                twice.append(number)
            elif key in here:
                known.append(number)
            else:
                name = said.get("medicine", "").lower()
                row["medication_id"] = medicines.get(name)
                if name and row["medication_id"] is None:
                    unmatched[said["medicine"]] = None
                rows.append(row)
            seen.add(key)
        return DryRun(
            rows=tuple(rows), wrong=tuple(wrong), known=tuple(known), twice=tuple(twice),
            unmatched=tuple(unmatched),
        )  # fmt: skip

    def run(
        self,
        import_id: UUID,
        sheet_name: str,
        found: DryRun,
        *,
        progress: Callable[[int, int], bool] = lambda _done, _all: True,
    ) -> int:
        """Write it, in parts; how many batches were made. ``progress`` False stops, and all is taken back.

        The same ``import_id`` again goes on where it stopped.
        """
        self._actor.require("stock.import")
        total, made = len(found.rows), 0
        for start in range(0, total, CHUNK):
            part: Sequence[Mapping[str, Any]] = found.rows[start : start + CHUNK]
            with self._open_work() as work:
                made = StockImports(work, self._actor.clinic.id).write(import_id, sheet_name, part)
            if not progress(min(start + CHUNK, total), total):
                self.undo(import_id)
                return 0
        return made

    def undo(self, import_id: UUID) -> int:
        """Take the whole import back, by mirror lines. Raises ImportInUse, NotAllowed."""
        self._actor.require("stock.import")
        with self._open_work() as work:
            return StockImports(work, self._actor.clinic.id).undo(import_id)


def read_sheet(name: str, data: bytes) -> Sheet:
    """Raises InvalidField('file': file, file_size, file_kind, empty)."""
    if len(data) > MOST_BYTES:
        raise InvalidField("file", "file_size", {"max": str(MOST_BYTES // 1_000_000)})
    kind = PurePath(name).suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise InvalidField("file", "file_kind", {"allowed": "CSV, XLSX"})
    rows = _from_csv(data) if kind == ".csv" else _from_xlsx(data)
    if len(rows) < 2:
        raise InvalidField("file", "empty")
    if len(rows) > MOST_ROWS:
        raise InvalidField("file", "too_large", {"limit": f"{MOST_ROWS:,}"})
    width = len(rows[0])
    body = tuple((*row[:width], *("",) * (width - len(row))) for row in rows[1:])
    return Sheet(PurePath(name).name, tuple(rows[0]), body)


def guess_columns(sheet: Sheet) -> dict[str, int]:
    """Column -> place in the file, for heads that are known."""
    places = {head.strip().lower().replace("_", " "): at for at, head in enumerate(sheet.heads)}
    found: dict[str, int] = {}
    for column, names in COLUMNS.items():
        for name in (column.replace("_", " "), *names):
            if name in places and places[name] not in found.values():
                found[column] = places[name]
                break
    return found


def _row(said: Mapping[str, str], today: date) -> dict[str, Any]:
    code = typed.line(said.get("item_code", ""), "item_code", limit=50)
    name = typed.line(said.get("item_name", ""), "item_name", limit=200)
    for field_, value in (("item_code", code), ("item_name", name)):
        if not value:
            raise InvalidField(field_, "required")
    quantity = _whole(said, "quantity") or 0
    expiry = _expiry(said.get("expiry_date", ""))
    batch = typed.line(said.get("batch_number", ""), "batch_number", limit=100)
    if quantity and not batch:
        raise InvalidField("batch_number", "required")
    if quantity and expiry is None:
        raise InvalidField("expiry_date", "required")
    if expiry is not None and expiry <= today:
        raise InvalidField("expiry_date", "expired")
    return {
        "item_code": code,
        "item_name": name,
        "category": typed.line(said.get("category", ""), "category", limit=100),
        "unit": typed.line(said.get("unit", ""), "unit", limit=50),
        "strength": typed.line(said.get("strength", ""), "strength", limit=60),
        "form": typed.line(said.get("form", ""), "form", limit=60).lower(),
        "batch_number": batch or None,
        "expiry_date": expiry,
        "quantity": quantity,
        "unit_cost": _money(said, "unit_cost"),
        "selling_price": _money(said, "selling_price"),
        "supplier_name": typed.line(said.get("supplier_name", ""), "supplier_name", limit=200),
        "location": typed.line(said.get("location", ""), "location", limit=60),
        "minimum": _whole(said, "minimum"),
        "maximum": _whole(said, "maximum"),
    }


def _expiry(text: str) -> date | None:
    return expiry_from(text.removesuffix(" 00:00:00"))


def _whole(said: Mapping[str, str], name: str) -> int | None:
    plain = said.get(name, "").replace(",", "").replace(" ", "").removesuffix(".0")
    if not plain:
        return None
    if not plain.removeprefix("-").isdecimal():
        raise InvalidField(name, "whole_number")
    if plain.startswith("-"):
        raise InvalidField(name, "not_negative")
    if int(plain) > MOST:
        raise InvalidField(name, "too_large")
    return int(plain)


def _money(said: Mapping[str, str], name: str) -> str | None:
    plain = said.get(name, "").replace(",", "").replace(" ", "").removeprefix("₦").removeprefix("NGN")
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise InvalidField(name, "number") from None
    if not amount.is_finite() or amount < 0:
        raise InvalidField(name, "not_negative")
    if amount >= 10**8:
        raise InvalidField(name, "too_large")
    return f"{amount:.2f}"


def _from_csv(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:5000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        return [row for row in csv.reader(io.StringIO(text), dialect) if row]
    except csv.Error:
        raise InvalidField("file", "file") from None


def _from_xlsx(data: bytes) -> list[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        book.close()
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError):
        raise InvalidField("file", "file") from None
    return [row for row in rows if any(row)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value).strip()
