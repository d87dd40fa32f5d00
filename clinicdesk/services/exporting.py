"""A list as seen, as CSV or as a spreadsheet."""

import csv
import io
from collections.abc import Sequence


def as_csv(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with a mark so that spreadsheets read it; no cell becomes a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([[safe(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(heads: Sequence[str], rows: Sequence[Sequence[str]], *, title: str) -> bytes:
    """One sheet with fixed heads and a filter; numbers are numbers, everything else is text."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("".join(one for one in title if one not in "[]:*?/\\'")[:31] or "List")
        bold = book.add_format({"bold": True})
        for column, head in enumerate(heads):
            longest = max([len(head), *(len(row[column]) for row in rows[:500])])
            sheet.set_column(column, column, min(60, longest + 2))
            sheet.write_string(0, column, head, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                plain = cell.replace(",", "")
                if plain.isascii() and plain.isdecimal() and not (len(plain) > 1 and plain[0] == "0"):
                    sheet.write_number(number, column, int(plain))
                else:
                    sheet.write_string(number, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), max(0, len(heads) - 1))
    return out.getvalue()


def safe(text: str) -> str:
    """A name must not become a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _number(text) else text


def _number(text: str) -> bool:
    return text.removeprefix("-").removeprefix("+").replace(",", "").replace(".", "", 1).isdecimal()
