"""The formulary with what this clinic has on the shelf."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinicdesk.domain.prescriptions import Medicine
from clinicdesk.repositories.work import Row, Work

# Names first: most searches need no trigrams. A row is one strength and form (spec 4.1).
_FOUND = """
WITH asked AS (SELECT cd.fold(CAST(:text AS text)) AS f), hits AS (
  SELECT m.*, CASE
      WHEN m.search LIKE f || '%' THEN 0
      WHEN m.search LIKE '% ' || f || '%' OR m.search LIKE '%-' || f || '%' THEN 1
      WHEN ' ' || lower(array_to_string(m.brand_names, ' ')) LIKE '% ' || f || '%' THEN 2
      WHEN m.search LIKE '%' || f || '%' THEN 3
      ELSE 4 END AS tier,
    CASE WHEN :near THEN greatest(word_similarity(f, m.search),
      word_similarity(f, lower(coalesce(array_to_string(m.brand_names, ' '), '')))) ELSE 0 END AS likeness
    FROM medications m, asked WHERE m.is_active),
chosen AS (SELECT * FROM hits WHERE tier < 4 OR (:near AND likeness >= :least)
  ORDER BY tier, likeness DESC, length(name), name LIMIT :limit)
"""
_ROWS = """
SELECT m.id, m.name, m.atc, m.brand_names, coalesce(m.is_controlled_substance, false) AS controlled,
    m.splittable,
    p.strength, p.form, p.unit, p.route, p.pack_size, coalesce(s.price, p.price) AS price, coalesce(s.stock,
    0) AS stock, s.expiry
  FROM {source} m JOIN medication_products p ON p.medication_id = m.id AND p.is_active
  LEFT JOIN LATERAL (SELECT sum(b.current_stock)::int AS stock, min(b.expiry_date) AS expiry,
      (array_agg(b.selling_price ORDER BY b.expiry_date NULLS LAST, b.received_date))[1] AS price
    FROM inventory_items b WHERE b.clinic_id = :clinic AND b.medication_id = m.id
    AND b.strength = p.strength
      AND b.form = p.form AND b.state = 'saleable' AND b.is_active AND b.current_stock > 0
      AND (b.expiry_date IS NULL OR b.expiry_date >= :today)) s ON true
"""
_BY_STRENGTH = "substring(p.strength from '^[0-9.]+')::numeric NULLS LAST, p.strength, p.form"
_SEARCH = f"""{_FOUND}{_ROWS.format(source="chosen")}
 ORDER BY m.tier, m.likeness DESC, length(m.name), m.name, {_BY_STRENGTH} LIMIT :limit"""
_BY_IDS = f"""{_ROWS.format(source="medications")}
 WHERE m.id = ANY (CAST(:ids AS uuid[])) AND m.is_active ORDER BY m.name, {_BY_STRENGTH}"""

_LIKE_A_TYPO = 0.45
_ENOUGH_EXACT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FormularyEntry:
    """What directions need too: the base ``unit`` it is counted in, ``pack_size`` of them, the ``route``."""

    medicine: Medicine
    unit: str
    route: str
    splittable: bool
    pack_size: int


class MedicineRepository:
    """``today`` is the clinic's date: a batch is usable through its expiry date (spec 5.3)."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def search(self, text: str, clinic: UUID, *, today: date, limit: int = 30) -> list[Medicine]:
        """Generic names first, then brands, then near spellings; one entry per strength and form."""
        return [entry.medicine for entry in self.entries(text, clinic, today=today, limit=limit)]

    def entries(self, text: str, clinic: UUID, *, today: date, limit: int = 30) -> list[FormularyEntry]:
        """As ``search``, with unit and route."""
        wanted = " ".join(text.replace("%", " ").replace("_", " ").replace("\\", " ").split())[:80]
        if not wanted:
            return []
        values = {"clinic": clinic, "today": today, "limit": limit, "least": _LIKE_A_TYPO}
        rows = self._work.all(_SEARCH, text=wanted, near=False, **values)
        if len(rows) < _ENOUGH_EXACT and len(wanted) >= 3:
            rows = self._work.all(_SEARCH, text=wanted, near=True, **values)
        return [_entry(row) for row in rows]

    def offered(self, ids: Iterable[UUID]) -> set[tuple[UUID, str, str]]:
        """The strengths and forms of these medicines that may be prescribed."""
        rows = self._work.all(
            "SELECT m.id, p.strength, p.form FROM medications m JOIN medication_products p "
            "ON p.medication_id = m.id AND p.is_active WHERE m.is_active "
            "AND m.id = ANY (CAST(:ids AS uuid[]))",
            ids=[str(one) for one in ids],
        )
        return {(row["id"], row["strength"], row["form"]) for row in rows}

    def by_ids(self, ids: Iterable[UUID], clinic: UUID, *, today: date) -> list[FormularyEntry]:
        """Every strength and form of these medicines that may still be prescribed."""
        rows = self._work.all(_BY_IDS, ids=[str(one) for one in ids], clinic=clinic, today=today)
        return [_entry(row) for row in rows]


def _entry(row: Row) -> FormularyEntry:
    medicine = Medicine(
        medication_id=row["id"],
        name=row["name"],
        strength=row["strength"],
        form=row["form"],
        atc=row["atc"],
        brand_names=tuple(row["brand_names"] or ()),
        controlled=row["controlled"],
        stock=row["stock"],
        earliest_expiry=row["expiry"],
        price=row["price"],
    )
    return FormularyEntry(
        medicine=medicine,
        unit=row["unit"],
        route=row["route"],
        splittable=row["splittable"],
        pack_size=row["pack_size"],
    )
