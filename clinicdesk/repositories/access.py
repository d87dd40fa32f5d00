"""Who may open which chart, and breaking the glass (spec 2.8)."""

from datetime import datetime
from uuid import UUID

from clinicdesk.domain.access import Emergency, Glass, Relative
from clinicdesk.repositories.work import Work


class ChartDoor:
    """Raises NotAllowed for a patient of other clinics."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def glass(self, patient_id: UUID) -> Glass:
        """How the chart stands to the signed-in person."""
        row = self._work.first(
            "SELECT cd.chart_access(:patient) AS answer, cd.glass_cause(:patient) AS cause, "
            "cd.glass_until(:patient) AS until",
            patient=patient_id,
        )
        assert row is not None
        return Glass(cause=row["cause"], until=row["until"])

    def log_refusal(self, patient_id: UUID, cause: str) -> None:
        """Refusals are logged too."""
        self._work.value("SELECT cd.log_access(:patient, 'refused', :cause)", patient=patient_id, cause=cause)

    def break_glass(self, patient_id: UUID, reason: str, note: str) -> datetime:
        """Until when the chart is open. Raises InvalidField('reason') and ('note')."""
        until: datetime = self._work.value(
            "SELECT cd.break_glass(:patient, :reason, :note)", patient=patient_id, reason=reason, note=note
        )
        return until

    def emergencies(self, *, open_only: bool, limit: int) -> list[Emergency]:
        """Those to review first, newest first."""
        rows = self._work.all("SELECT * FROM cd.read_emergencies(:open, :limit)", open=open_only, limit=limit)
        return [
            Emergency(
                id=row["id"],
                at=row["broken_at"],
                until=row["expires_at"],
                user_id=row["user_id"],
                person=row["person"] or "",
                role=row["role"],
                seat=row["seat"],
                patient_id=row["patient_id"],
                patient=row["patient"] or "",
                mrn=row["mrn"],
                cause=row["cause"],
                reason=row["reason"],
                note=row["note"],
                lines=row["lines"],
                reviewer=row["reviewer"] or "",
                reviewed_at=row["reviewed_at"],
                review_note=row["review_note"],
            )
            for row in rows
        ]

    def review(self, emergency_id: UUID, note: str) -> None:
        """Raises NotAllowed for the own access, StaleRecord when somebody else was faster."""
        self._work.value("SELECT cd.review_emergency(:id, :note)", id=emergency_id, note=note)

    def set_relative(self, user_id: UUID, patient_id: UUID, relation: str | None) -> None:
        """'self', 'family', or None to take it away (administrators)."""
        self._work.value(
            "SELECT cd.set_relative(:user, :patient, :relation)",
            user=user_id,
            patient=patient_id,
            relation=relation,
        )

    def relatives_of(self, user_id: UUID) -> list[Relative]:
        """Whose charts ask this person for a reason, by name; administrators read everybody's."""
        rows = self._work.all(
            "SELECT r.user_id, r.patient_id, r.relation, x.mrn, p.first_name, p.last_name "
            "FROM staff_relatives r JOIN patients x ON x.user_id = r.patient_id "
            "JOIN user_profiles p ON p.user_id = r.patient_id "
            "WHERE r.user_id = :user ORDER BY p.last_name, p.first_name, r.patient_id",
            user=user_id,
        )
        return [
            Relative(
                user_id=row["user_id"],
                patient_id=row["patient_id"],
                patient=f"{row['first_name']} {row['last_name']}".strip(),
                mrn=row["mrn"],
                relation=row["relation"],
            )
            for row in rows
        ]

    def set_restricted(self, patient_id: UUID, *, restricted: bool) -> None:
        """A restricted chart always asks for a reason."""
        self._work.value(
            "SELECT cd.set_restricted(:patient, :restricted)", patient=patient_id, restricted=restricted
        )
