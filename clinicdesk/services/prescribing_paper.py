"""The paper of signed prescriptions: drawn, sealed by the clinic, counted when it is printed."""

import base64
from collections.abc import Callable
from datetime import datetime

from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.printing.prescription import prescription_pdf
from clinicdesk.repositories.prescriptions import PrescriptionRepository
from clinicdesk.repositories.verification import VerificationRepository
from clinicdesk.services.clinic_seal import ClinicSeal, new_seal, seal_pdf
from clinicdesk.services.prescribing_keys import OpenWork


class Papers:
    """Seals with the clinic's certificate where the person may (prescriptions.seal), else leaves it off."""

    def __init__(self, open_work: OpenWork, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._kept: ClinicSeal | None = None

    def shown(self, prescription: Prescription, *, paper: str) -> bytes:
        """To look at; logged as viewed. The first of a clinic takes a second: its certificate is made."""
        with self._open_work() as work:
            PrescriptionRepository(work).log(
                prescription.patient_id, "view", purpose=f"prescription {prescription.number}"
            )
        return self.sealed(prescription, paper=paper)

    def printed(self, prescription: Prescription, *, paper: str) -> bytes:
        """To hand out: the original once, then 'copy 1', 'copy 2'; logged as printed."""
        with self._open_work() as work:
            earlier = PrescriptionRepository(work).count_print(prescription.id)
        mark = f"COPY {earlier}" if earlier else ""
        return self.sealed(prescription, copy_mark=mark, paper=paper)

    def sealed(self, prescription: Prescription, *, copy_mark: str = "", paper: str) -> bytes:
        """The PDF with the clinic's seal. Logs nothing."""
        pdf = prescription_pdf(
            prescription,
            clinic=self._actor.clinic,
            signature_png=base64.b64decode(prescription.signature_png) or None,
            qr_payload=prescription.qr_code,
            copy_mark=copy_mark,
            paper=paper,
        )
        if not (prescription.seal and self._actor.may("prescriptions.seal")):
            return pdf
        return seal_pdf(pdf, self._clinic_seal(), clinic=self._actor.clinic, at=self._now())

    def _clinic_seal(self) -> ClinicSeal:
        now, clinic = self._now(), self._actor.clinic
        if self._kept is not None and not self._kept.worn_out(now):
            return self._kept
        found = self._stored()
        if found is None or found.worn_out(now):
            made = new_seal(clinic, now=now)
            with self._open_work() as work:
                VerificationRepository(work).add_seal(
                    clinic.id,
                    {
                        "certificate": made.certificate,
                        "authority": made.authority,
                        "private_key": made.private_key,
                        "valid_until": made.valid_until,
                    },
                )
            found = self._stored() or made  # another seat may have been faster: one seal for all
        self._kept = found
        return found

    def _stored(self) -> ClinicSeal | None:
        with self._open_work() as work:
            row = VerificationRepository(work).seal(self._actor.clinic.id)
        if row is None:
            return None
        return ClinicSeal(
            certificate=bytes(row["certificate"]),
            authority=bytes(row["authority"]),
            private_key=bytes(row["private_key"]),
            valid_until=row["valid_until"],
        )
