"""What every clinic starts with: the formulary, specialties and appointment types, read from resources."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from clinicdesk.resources import resource

Row = Mapping[str, Any]
T = TypeVar("T")

ATC = re.compile(r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One strength and form; price in naira per base unit ``unit``; ``pack_size`` in base units.

    ``splittable``: a part of the unit can be given.
    """

    strength: str
    form: str
    unit: str
    route: str
    price: Decimal
    pack_size: int
    splittable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormularyMedicine:
    """One medicine. ``substances`` are INNs in lower case, one per active substance; ``atc`` may be ''."""

    name: str
    generic_name: str
    substances: tuple[str, ...]
    brand_names: tuple[str, ...]
    category: str
    forms: tuple[str, ...]
    products: tuple[Product, ...]
    atc: str
    contraindications: str
    side_effects: str
    requires_prescription: bool
    controlled: bool

    def product(self, strength: str, form: str) -> Product:
        """Raises KeyError when the medicine has no such strength and form."""
        for product in self.products:
            if (product.strength, product.form) == (strength, form):
                return product
        raise KeyError(f"{self.name} {strength} {form}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialty:
    """A row of ``medical_specialties``; ``icon`` is a file name in resources/icons without .svg."""

    name: str
    category: str
    icon: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentKind:
    """An appointment type: minutes, naira; ``specialty`` '' is any; ``weight`` is its share of bookings."""

    name: str
    description: str
    duration: int
    price: Decimal
    buffer_before: int
    buffer_after: int
    online: bool
    specialty: str
    weight: int


class ContentError(Exception):
    """A data file is damaged. ``args`` are the file, the row or record, and what is wrong with it."""


def load_formulary(folder: Path | None = None) -> tuple[FormularyMedicine, ...]:
    """All medicines of formulary.csv, sorted by name. Raises ContentError."""
    path = (folder or resource("formulary")) / "formulary.csv"
    return convert_rows(path, read_rows(path), _medicine, unique=lambda medicine: medicine.name.casefold())


def load_specialties(folder: Path | None = None) -> tuple[Specialty, ...]:
    """Medical specialties. Raises ContentError."""
    return table((folder or resource("demo")) / "medical_specialties.csv", lambda row: Specialty(**row))


def load_appointment_types(folder: Path | None = None) -> tuple[AppointmentKind, ...]:
    """The usual appointment types with prices in naira. Raises ContentError."""
    return table((folder or resource("demo")) / "appointment_types.csv", _appointment_kind)


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file. Raises ContentError for an absent file or a row of another length."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found: list[Row] = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ContentError(path.name, "", "cannot be read") from error
    for number, row in enumerate(found, 2):
        if None in row or None in row.values():
            raise ContentError(path.name, f"line {number}", "has another number of columns than the header")
    return found


def convert_one(path: Path, row: Row, convert: Callable[[Row], T], *, place: str = "") -> T:
    """One record. Raises ContentError for whatever is wrong with it."""
    try:
        return convert(row)
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise ContentError(path.name, place, str(error)) from error


def convert_rows(
    path: Path,
    found: Iterable[Row],
    convert: Callable[[Row], T],
    *,
    unique: Callable[[T], str] | None = None,
) -> tuple[T, ...]:
    """Every record; ``unique`` gives a key that may occur once. Raises ContentError."""
    records = tuple(convert_one(path, row, convert, place=f"record {n}") for n, row in enumerate(found, 1))
    if unique is not None:
        keys = [unique(record) for record in records]
        if len(set(keys)) != len(keys):
            doubled = next(key for key in keys if keys.count(key) > 1)
            raise ContentError(path.name, doubled, "occurs twice")
    return records


def table(path: Path, convert: Callable[[Row], T]) -> tuple[T, ...]:
    """The records of a CSV file. Raises ContentError."""
    return convert_rows(path, read_rows(path), convert)


def require(condition: object, problem: str) -> None:
    """Raises ValueError with ``problem`` when the condition does not hold."""
    if not condition:
        raise ValueError(problem)


def split_list(text: str) -> tuple[str, ...]:
    """The parts of 'a; b'."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def yes(text: str) -> bool:
    """'yes' or 'no'. Raises ValueError."""
    require(text in ("yes", "no"), f"{text!r} is neither yes nor no")
    return text == "yes"


def above_zero(text: str) -> Decimal:
    """Raises ValueError, InvalidOperation."""
    value = Decimal(text)
    require(value.is_finite() and value > 0, f"{text} is not above zero")
    return value


def _medicine(row: Row) -> FormularyMedicine:
    require(not row["atc"] or ATC.fullmatch(row["atc"]), f"{row['atc']!r} is no ATC code")
    splittable = yes(row["splittable"])
    products = tuple(
        _product(text, price, pack=pack, splittable=splittable)
        for text, price, pack in zip(
            split_list(row["products"]),
            split_list(row["price_ngn"]),
            split_list(row["pack_size"]),
            strict=True,
        )
    )
    forms = split_list(row["forms"])
    require(forms == tuple(dict.fromkeys(product.form for product in products)), "forms and products differ")
    require(len({(p.strength, p.form) for p in products}) == len(products), "a product occurs twice")
    require(row["name"] and row["generic_name"] and row["category"], "name or category is missing")
    return FormularyMedicine(
        name=row["name"],
        generic_name=row["generic_name"],
        substances=split_list(row["substances"]),
        brand_names=split_list(row["brand_names"]),
        category=row["category"],
        forms=forms,
        products=products,
        atc=row["atc"],
        contraindications=row["contraindications"],
        side_effects=row["side_effects"],
        requires_prescription=yes(row["requires_prescription"]),
        controlled=yes(row["controlled"]),
    )


def _product(text: str, price: str, *, pack: str, splittable: bool) -> Product:
    strength, form, unit, route = (part.strip() for part in text.split("|"))
    require(strength and form and unit and route, f"{text!r} is incomplete")
    return Product(
        strength=strength,
        form=form,
        unit=unit,
        route=route,
        price=above_zero(price),
        pack_size=int(above_zero(pack)),
        # no capsule, coated or modified-release form (spec 4.3)
        splittable=unit in ("mL", "g") or (splittable and form == "tablet"),
    )


def _appointment_kind(row: Row) -> AppointmentKind:
    return AppointmentKind(
        name=row["name"],
        description=row["description"],
        duration=int(above_zero(row["duration_minutes"])),
        price=above_zero(row["price_ngn"]),
        buffer_before=int(row["buffer_before_minutes"]),
        buffer_after=int(row["buffer_after_minutes"]),
        online=yes(row["is_online_available"]),
        specialty=row["specialty"],
        weight=int(above_zero(row["weight"])),
    )
