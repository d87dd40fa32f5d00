"""What proves prescriptions: public keys, certificates of clinics, states without patients."""

from collections.abc import Iterable
from uuid import UUID

from clinicdesk.domain.verification import KnownState, PublicKey
from clinicdesk.repositories.work import Row, Work

_KEYS = """
SELECT k.kid, k.public_key, k.revoked_at, coalesce(k.revoke_reason, '') AS revoke_reason,
    k.compromised_since, u.first_name || ' ' || u.last_name AS doctor_name, d.license_number
  FROM doctor_keys k JOIN doctor_profiles d ON d.id = k.doctor_id
  JOIN user_profiles u ON u.user_id = d.user_id
 ORDER BY k.kid
"""


class VerificationRepository:
    """One transaction's view; row security keeps it to the own clinics, the server's owner sees all."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def keys(self) -> dict[str, PublicKey]:
        """Every doctor's keys, the revoked ones too, by id."""
        return {row["kid"]: _key(row) for row in self._work.all(_KEYS)}

    def authorities(self) -> tuple[bytes, ...]:
        """Certificates of those who certified the clinics, DER, newest first."""
        rows = self._work.all("SELECT authority FROM clinic_seals ORDER BY created_at DESC")
        return tuple(bytes(row["authority"]) for row in rows)

    def states(self, clinics: Iterable[UUID], *, number: str | None = None) -> dict[str, KnownState]:
        """By digest: of one number, or of all that may still be brought to a pharmacy."""
        found = {}
        for clinic in clinics:
            for row in self._work.all(
                "SELECT * FROM cd.rx_states(:clinic, CAST(:number AS text))", clinic=clinic, number=number
            ):
                found[row["digest"]] = _state(row)
        return found

    def seal(self, clinic: UUID) -> Row | None:
        """The newest sealing certificate, authority, private key and end."""
        return self._work.first("SELECT * FROM cd.clinic_seal(:clinic)", clinic=clinic)

    def add_seal(self, clinic: UUID, values: dict[str, object]) -> bool:
        """False when another seat was faster."""
        return bool(
            self._work.value(
                "SELECT cd.add_seal(:clinic, :certificate, :authority, :private_key, :valid_until)",
                clinic=clinic,
                **values,
            )
        )


def _key(row: Row) -> PublicKey:
    return PublicKey(
        kid=row["kid"],
        public=bytes(row["public_key"]),
        doctor_name=row["doctor_name"],
        doctor_license=row["license_number"] or "",
        revoked_at=row["revoked_at"],
        revoke_reason=row["revoke_reason"],
        compromised_since=row["compromised_since"],
    )


def _state(row: Row) -> KnownState:
    return KnownState(
        number=row["number"],
        status=row["status"],
        expiry_date=row["expiry_date"],
        supplied_at=row["supplied_at"],
        fully_supplied=row["fully"],
        cancelled_at=row["cancelled_at"],
    )
