"""What the pharmacist reads and writes: signed prescriptions with their proof, picks, supplies."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.domain.stock import Lot, Pick, SupplyLine
from clinicdesk.repositories.work import Row, Work

QUEUE_LIMIT = 300

# The picture of the signature is hashed where it lies (cd.rx_payload); the pharmacist needs no copy of it.
_SIGNED = """
SELECT p.id, p.prescription_number, p.patient_id, coalesce(p.patient_name, '') AS patient_name, p.patient_dob,
    n.mrn, p.doctor_id, coalesce(p.doctor_name, '') AS doctor_name,
    coalesce(p.doctor_license, '') AS doctor_license, p.clinic_id, p.appointment_id, p.diagnosis,
    coalesce(p.notes, '') AS notes, p.status::text AS status, p.issued_at, p.expiry_date, p.row_version,
    p.checked_against, coalesce(p.digital_signature_hash, '') AS seal, k.public_key, {proof} AS proof,
    coalesce(k.revoke_reason = 'compromised'
      AND (k.compromised_since IS NULL OR k.compromised_since <= p.issued_at), false) AS distrusted,
    ARRAY(SELECT a.substance || CASE WHEN a.reaction <> '' THEN ' (' || a.reaction || ')' ELSE '' END
      FROM patient_allergies a WHERE a.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id)))
        AND a.certainty <> 'refuted'
      ORDER BY a.substance) AS allergies,
    (SELECT w.value FROM patient_measures w
      WHERE w.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id))) AND w.kind = 'weight'
      ORDER BY w.measured_at DESC LIMIT 1) AS weight
  FROM prescriptions p JOIN patients n ON n.user_id = p.patient_id
  LEFT JOIN doctor_keys k ON k.kid = split_part(p.digital_signature_hash, '.', 2)
    AND k.doctor_id = p.doctor_id
"""
# Canonical text is slow to build: a list asks for the digest of the same rows, and unchanged ones are known.
_PAYLOAD = "cd.rx_payload(p.id)"
_DIGEST = """encode(sha256(convert_to(p::text || (SELECT string_agg(i::text, '' ORDER BY i.line)
      FROM prescription_items i WHERE i.prescription_id = p.id), 'UTF8')), 'hex')"""
_PAYLOADS = f"""
SELECT p.id, {_DIGEST} AS digest, {_PAYLOAD} AS payload FROM prescriptions p
 WHERE p.id = ANY (CAST(:ids AS uuid[]))
"""
_WAITING = """
 WHERE p.clinic_id = :clinic AND p.status = 'active' AND p.digital_signature_hash IS NOT NULL
   AND (p.expiry_date IS NULL OR p.expiry_date >= :today)
   AND EXISTS (SELECT 1 FROM prescription_items i
     WHERE i.prescription_id = p.id AND i.supplied < coalesce(i.quantity, 0))
 ORDER BY p.issued_at, p.id LIMIT :limit
"""
_ITEMS = """
SELECT prescription_id, id, line, medication_id, medication_name, strength, form, dosage, frequency, duration,
    duration_days, coalesce(quantity, 0) AS quantity, coalesce(instructions, '') AS instructions, directions,
    supplied,
    override_reason || CASE WHEN override_text <> '' THEN ': ' || override_text ELSE '' END AS override_reason
  FROM prescription_items WHERE prescription_id = ANY (CAST(:ids AS uuid[])) ORDER BY prescription_id, line
"""
_PICKS = """
SELECT x.prescription_item_id, x.inventory_item_id, x.quantity, x.unit_price, x.short,
    coalesce(b.item_name, '') AS item_name, coalesce(b.batch_number, '') AS batch_number, b.expiry_date,
    coalesce(b.location, '') AS location
  FROM cd.picks(:prescription, CAST(:lines AS jsonb)) x
  LEFT JOIN inventory_items b ON b.id = x.inventory_item_id
 ORDER BY x.prescription_item_id, b.expiry_date NULLS LAST, b.received_date, b.id
"""
# Everything of the prescribed products that lies on the shelf, and why some of it stays there (spec 5.3).
_LOTS = """
SELECT i.id AS prescription_item_id, b.id AS inventory_item_id, b.item_name,
    coalesce(b.item_code, '') AS item_code, coalesce(b.batch_number, '') AS batch_number, b.expiry_date,
    b.current_stock AS stock, b.location,
    CASE WHEN NOT b.is_active THEN 'inactive' WHEN b.state <> 'saleable' THEN b.state
      WHEN b.expiry_date < CAST(:today AS date) THEN 'expired'
      WHEN b.expiry_date <= CAST(:today AS date) + CASE WHEN coalesce((SELECT value #>> '{}'
          FROM clinic_settings WHERE clinic_id = p.clinic_id AND key = 'expiry_covers_treatment'),
        'true') = 'false' THEN 0 ELSE coalesce(i.duration_days, 0) END THEN 'ends_too_soon' ELSE '' END AS why
  FROM prescription_items i JOIN prescriptions p ON p.id = i.prescription_id
  JOIN inventory_items b ON b.clinic_id = p.clinic_id AND b.medication_id = i.medication_id
    AND b.strength = i.strength AND b.form = i.form AND b.current_stock > 0
 WHERE i.prescription_id = :prescription
 ORDER BY i.line, b.expiry_date NULLS LAST, b.received_date, b.id
"""
_TAKEN = """
SELECT d.prescription_item_id, d.inventory_item_id, d.quantity, d.unit_price, b.item_name,
    coalesce(b.batch_number, '') AS batch_number, b.expiry_date, b.location
  FROM dispenses d JOIN inventory_items b ON b.id = d.inventory_item_id
  JOIN prescription_items i ON i.id = d.prescription_item_id
 WHERE d.request_id = :request ORDER BY i.line, b.expiry_date NULLS LAST, d.id
"""
# Found through the ledger, whose day is indexed.
_HANDED_OUT = """
SELECT d.request_id, p.id AS prescription_id, p.prescription_number AS number,
    coalesce(p.patient_name, '') AS patient_name, max(d.dispensed_at) AS at, p.status::text AS status,
    coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS by,
    array_agg(DISTINCT i.medication_name || ' ' || i.strength) AS medicines, sum(d.quantity)::int AS quantity
  FROM stock_movements m
  JOIN dispenses d ON d.prescription_id = m.reference_id AND d.movement_id = m.id
  JOIN prescriptions p ON p.id = d.prescription_id
  JOIN prescription_items i ON i.id = d.prescription_item_id
  LEFT JOIN user_profiles u ON u.user_id = d.dispensed_by
 WHERE m.clinic_id = :clinic AND m.created_at >= :since AND m.movement_type = 'out'
   AND m.reference_type = 'sale'
 GROUP BY d.request_id, p.id, u.first_name, u.last_name ORDER BY max(d.dispensed_at) DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A prescription as stored and what proves it.

    ``distrusted``: the key was in wrong hands when it signed. ``proof`` is the text that was signed, or in
    a list the digest of the rows it is made from.
    """

    prescription: Prescription
    public_key: bytes | None
    distrusted: bool
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """One item cannot be supplied as asked: ``available`` base units are usable.

    ``too_soon`` more lie on the shelf but expire before the course ends (spec 5.3).
    """

    prescription_item_id: UUID
    asked: int
    available: int
    too_soon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One press of 'Dispense': who got what, and by whom it was given out."""

    request_id: UUID
    prescription_id: UUID
    number: str
    patient_name: str
    at: datetime
    by: str
    medicines: tuple[str, ...]
    quantity: int
    status: str


class Dispensing:
    """One transaction's view of the pharmacy."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def waiting(self, clinic_id: UUID, today: date) -> list[Signed]:
        """Signed, active, still valid and not fully supplied, oldest first."""
        return self._signed(_SIGNED + _WAITING, _DIGEST, clinic=clinic_id, today=today, limit=QUEUE_LIMIT)

    def get(self, prescription_id: UUID) -> Signed:
        """With its items. Raises NotFound."""
        found = self._signed(_SIGNED + " WHERE p.id = :id", _PAYLOAD, id=prescription_id)
        if not found:
            raise NotFound
        return found[0]

    def payloads(self, ids: Iterable[UUID]) -> dict[str, str]:
        """Digest of the rows -> the text to verify."""
        rows = self._work.all(_PAYLOADS, ids=[str(one) for one in ids])
        return {row["digest"]: row["payload"] for row in rows}

    def log_access(self, prescription_id: UUID) -> None:
        """One line of the access log, before the content is read (spec 3.11). Raises NotFound."""
        row = self._work.first(
            "SELECT patient_id, prescription_number FROM prescriptions WHERE id = :id", id=prescription_id
        )
        if row is None:
            raise NotFound
        self._work.run(
            "SELECT cd.log_access(:patient, 'dispense', :purpose)",
            patient=row["patient_id"],
            purpose=row["prescription_number"],
        )

    def picks(
        self, prescription_id: UUID, lines: Sequence[SupplyLine], *, today: date
    ) -> tuple[tuple[Pick, ...], tuple[Shortage, ...], tuple[Lot, ...]]:
        """What would leave which batch, what is short, and every lot with why it is passed over."""
        lots = self.lots(prescription_id, today=today)
        if not lines:
            return (), (), lots
        rows = self._work.all(_PICKS, prescription=prescription_id, lines=_lines(lines))
        short = {row["prescription_item_id"]: row["short"] for row in rows if row["short"] > 0}
        taken = tuple(_pick(row) for row in rows if row["inventory_item_id"] is not None)
        return taken, _shortages(lines, short, lots), lots

    def lots(self, prescription_id: UUID, *, today: date) -> tuple[Lot, ...]:
        """All stock of the prescribed products, first to expire first."""
        rows = self._work.all(_LOTS, prescription=prescription_id, today=today)
        return tuple(Lot(**row) for row in rows)

    def dispense(
        self, request_id: UUID, prescription_id: UUID, lines: Sequence[SupplyLine], **said: str
    ) -> None:
        """Take the stock and count the supply; the same request twice does it once.

        ``said``: note (why a contraindication was accepted), collector (controlled medicines).
        Raises WitnessMissing, DifferenceOpen, NotEnoughStock, PrescriptionClosed, InvalidField, NotFound.
        """
        self._work.run(
            "SELECT cd.dispense(:request, :prescription, CAST(:lines AS jsonb))",
            request=request_id,
            prescription=prescription_id,
            lines=_lines(lines, **said),
        )

    def taken(self, request_id: UUID) -> tuple[Pick, ...]:
        """What left the shelf under this request; nothing when it never happened."""
        return tuple(_pick(row) for row in self._work.all(_TAKEN, request=request_id))

    def handed_out(self, clinic_id: UUID, since: datetime, *, limit: int = 500) -> list[Handover]:
        """Supplies from an instant on, newest first."""
        rows = self._work.all(_HANDED_OUT, clinic=clinic_id, since=since, limit=limit)
        return [Handover(**{**row, "medicines": tuple(row["medicines"])}) for row in rows]

    def classes(self, medications: Iterable[UUID]) -> dict[UUID, tuple[str, bool]]:
        """Medicine -> its ATC class and whether it is a controlled substance."""
        rows = self._work.all(
            "SELECT id, atc, coalesce(is_controlled_substance, false) AS controlled FROM medications "
            "WHERE id = ANY (CAST(:ids AS uuid[]))",
            ids=[str(one) for one in medications],
        )
        return {row["id"]: (row["atc"] or "", row["controlled"]) for row in rows}

    def _signed(self, sql: str, proof: str, /, **values: object) -> list[Signed]:
        rows = self._work.all(sql.format(proof=proof), **values)
        items: dict[UUID, list[PrescriptionItem]] = {row["id"]: [] for row in rows}
        if rows:
            for row in self._work.all(_ITEMS, ids=[str(one) for one in items]):
                items[row["prescription_id"]].append(_item(row))
        return [_read(row, tuple(items[row["id"]])) for row in rows]


def _lines(lines: Sequence[SupplyLine], **said: str) -> str:
    return json.dumps(
        [
            {
                "item": str(line.prescription_item_id),
                "qty": line.quantity,
                **({"batch": str(line.batch_id), "reason": line.reason} if line.batch_id else {}),
                **said,
            }
            for line in lines
        ]
    )


def _shortages(
    lines: Sequence[SupplyLine], short: dict[UUID, int], lots: Sequence[Lot]
) -> tuple[Shortage, ...]:
    return tuple(
        Shortage(
            prescription_item_id=line.prescription_item_id,
            asked=line.quantity,
            available=line.quantity - short[line.prescription_item_id],
            too_soon=sum(
                lot.stock
                for lot in lots
                if lot.prescription_item_id == line.prescription_item_id and lot.why == "ends_too_soon"
            ),
        )
        for line in lines
        if line.prescription_item_id in short
    )


def _item(row: Row) -> PrescriptionItem:
    return PrescriptionItem(**{key: value for key, value in row.items() if key != "prescription_id"})


def _pick(row: Row) -> Pick:
    return Pick(**{key: value for key, value in row.items() if key != "short"})


def _read(row: Row, items: tuple[PrescriptionItem, ...]) -> Signed:
    public = row["public_key"]
    prescription = Prescription(
        id=row["id"],
        number=row["prescription_number"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        patient_dob=row["patient_dob"],
        mrn=row["mrn"],
        doctor_id=row["doctor_id"],
        doctor_name=row["doctor_name"],
        doctor_license=row["doctor_license"],
        clinic_id=row["clinic_id"],
        appointment_id=row["appointment_id"],
        diagnosis=row["diagnosis"],
        notes=row["notes"],
        status=row["status"],
        issued_at=row["issued_at"],
        expiry_date=row["expiry_date"],
        items=items,
        signature_png="",
        seal=row["seal"],
        version=row["row_version"],
        patient_allergies=tuple(row["allergies"]),
        patient_weight_kg=None if row["weight"] is None else float(row["weight"]),
        checked_against=row["checked_against"],
    )
    return Signed(
        prescription=prescription,
        public_key=None if public is None else bytes(public),
        distrusted=row["distrusted"],
        proof=row["proof"] or "",
    )
