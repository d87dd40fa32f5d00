"""The upper part of a prescription: clinic, prescriber, patient; and the short form for page two on."""

from datetime import datetime

from clinicdesk.domain.people import Clinic
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import (
    ACCENT,
    DANGER,
    LINE,
    MM,
    MUTED,
    Block,
    Sheet,
    Style,
    beside,
    space,
    stack,
)

_CLINIC = Style(14, fonts.BOLD)
_DOCTOR = Style(10, fonts.SEMIBOLD)
_SMALL = Style(7.4, colour=MUTED)
_CAPTION = Style(7, colour=MUTED)
_VALUE = Style(9.2, fonts.SEMIBOLD)
_NAME = Style(11.5, fonts.SEMIBOLD)
_ALLERGY = Style(8.6, fonts.SEMIBOLD, DANGER)
_PLAIN = Style(8.6)
_TITLE = Style(9.2, fonts.SEMIBOLD, ACCENT)
_MARK = Style(8.4, fonts.BOLD, DANGER)
_WARNING = Style(9, fonts.BOLD, DANGER)

Field = tuple[str, str, Style]


class Letterhead:
    """Measures and draws the heads of the pages of one prescription."""

    def __init__(
        self, sheet: Sheet, rx: Prescription, clinic: Clinic, *, scale: float, margin: float, issued: datetime
    ) -> None:
        self._sheet, self._rx, self._clinic, self._issued = sheet, rx, clinic, issued
        self._scale, self._left, self._right = scale, margin, sheet.width - margin
        self._inner = self._right - self._left

    def first(self, mark: str) -> Block:
        """Everything a pharmacist needs to know who wrote this for whom."""
        gap = space(2.2 * MM * self._scale)
        return stack(
            self._band(), self._names(), gap, self._rule(), gap, self._title(mark), self._warning(),
            space(2 * MM * self._scale), self._patient(), gap, self._rule(), gap,
        )  # fmt: skip

    def following(self, mark: str) -> Block:
        """Clinic, number and patient again, so that loose pages are not mixed up."""
        gap = space(2.2 * MM * self._scale)
        name = self._paragraph(self._clinic.name, _DOCTOR)
        who = ", ".join(filter(None, (self._rx.patient_name, self._born(), f"MRN {self._rx.mrn}")))
        return stack(
            self._band(), name, self._title(mark), self._warning(), self._paragraph(who, _PLAIN), gap,
            self._rule(), gap,
        )  # fmt: skip

    def _style(self, style: Style) -> Style:
        return style.scaled(self._scale)

    def _paragraph(self, text: str, style: Style) -> Block:
        return self._sheet.paragraph(self._left, text, self._style(style), width=self._inner)

    def _band(self) -> Block:
        height = 2.6 * MM
        return stack(
            Block(height, lambda top: self._sheet.band(0, top, self._sheet.width, height, colour=ACCENT)),
            space(5 * MM * self._scale),
        )

    def _rule(self) -> Block:
        return Block(0.6, lambda top: self._sheet.rule(self._left, self._right, top, colour=LINE))

    def _names(self) -> Block:
        wide, narrow = self._inner * 0.58, self._inner * 0.38
        clinic, rx = self._clinic, self._rx
        licence = f"Clinic licence {clinic.license_number}" if clinic.license_number else ""
        contact = " · ".join(filter(None, (f"Tel {clinic.phone}" if clinic.phone else "", licence)))
        left = stack(
            self._sheet.paragraph(self._left, clinic.name, self._style(_CLINIC), width=wide),
            self._sheet.paragraph(self._left, clinic.address, self._style(_SMALL), width=wide),
            self._sheet.paragraph(self._left, contact, self._style(_SMALL), width=wide),
        )
        number = f"Licence {rx.doctor_license}" if rx.doctor_license else ""
        right = stack(
            space(1.5 * self._scale),
            self._sheet.paragraph(
                self._right, rx.doctor_name, self._style(_DOCTOR), width=narrow, align="right"
            ),
            self._sheet.paragraph(self._right, number, self._style(_SMALL), width=narrow, align="right"),
        )
        return beside(left, right)

    def _title(self, mark: str) -> Block:
        style, marking = self._style(_TITLE), self._style(_MARK)
        text = f"Prescription {self._rx.number}".strip()

        def draw(top: float) -> None:
            self._sheet.text(self._left, top, text, style=style)
            if mark:
                width = self._sheet.text_width(mark.upper(), marking) + 10
                self._sheet.frame(self._right - width, top - 1, width, marking.line + 2, colour=DANGER)
                self._sheet.text(self._right - 5, top, mark.upper(), style=marking, align="right")

        return Block(style.line, draw)

    def _warning(self) -> Block:
        if self._rx.genuine is not False:
            return space(0)
        return self._paragraph("SIGNATURE NOT VALID: do not dispense, ask the prescriber", _WARNING)

    def _born(self) -> str:
        born = self._rx.patient_dob
        return f"{words.day(born)} ({words.age(born, self._issued.date())})" if born else ""

    def _patient(self) -> Block:
        rx = self._rx
        weight = f"{rx.patient_weight_kg:g} kg" if rx.patient_weight_kg else "not recorded"
        expiry = words.day(rx.expiry_date) if rx.expiry_date else "not stated"
        issued = words.day(self._issued.date())
        name = self._row([("Patient", rx.patient_name, _NAME), ("MRN", rx.mrn, _VALUE)], (0.72, 0.28))
        facts: list[Field] = [
            ("Born", self._born() or "not recorded", _VALUE), ("Weight", weight, _VALUE),
            ("Date", issued, _VALUE), ("Valid until", expiry, _VALUE),
        ]  # fmt: skip
        known = bool(rx.patient_allergies)
        allergies = ", ".join(rx.patient_allergies) if known else "none recorded"
        lives = self._line("Address", rx.patient_address, _PLAIN) if rx.patient_address else space(0)
        listed = self._line("Allergies", allergies, _ALLERGY if known else _PLAIN)
        return stack(
            name, self._row(facts, (0.36, 0.2, 0.22, 0.22)), lives, listed, gap=1.6 * MM * self._scale
        )

    def _row(self, fields: list[Field], shares: tuple[float, ...]) -> Block:
        cells, x = [], self._left
        for (caption, value, style), share in zip(fields, shares, strict=True):
            width = self._inner * share
            cells.append(
                stack(
                    self._sheet.paragraph(x, caption, self._style(_CAPTION), width=width),
                    self._sheet.paragraph(x, value, self._style(style), width=width - 5),
                )
            )
            x += width
        return beside(*cells)

    def _line(self, caption: str, value: str, style: Style) -> Block:
        indent = 17 * MM * self._scale
        text = self._sheet.paragraph(
            self._left + indent, value, self._style(style), width=self._inner - indent
        )
        small = self._style(_CAPTION)
        nudge = (self._style(style).line - small.line) / 2

        def draw(top: float) -> None:
            self._sheet.text(self._left, top + nudge, caption, style=small)
            text.draw(top)

        return Block(text.height, draw)
