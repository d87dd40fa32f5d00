"""Spec 4.8: past its validity a prescription is expired; its last day still counts."""

import pytest

from clinicdesk.domain.errors import PrescriptionClosed
from clinicdesk.repositories.prescriptions import expire
from clinicdesk.services.upkeep import Upkeep
from tests.services.test_prescribing import draft_of, ink, pad


def test_spec_4_8_validity_ends_at_the_clinics_midnight_and_stays_ended(clinic):
    doctor, patient = pad(clinic, "doctor"), clinic.small.patients[1]
    doctor.no_known_allergies(patient)
    signed = [
        doctor.sign(draft_of(doctor, patient, text), signature_png=ink())
        for text in ("paracetamol 2 tabs qds 3d", "amlodipine 5 od 30d")
    ]
    late, last_day = signed[0].id, signed[1].id
    nurse = clinic.sign_in("nurse")
    with nurse.open_work() as work:
        assert expire(work) == 0
    with clinic.owner() as owner:  # as if one had been written 31, the other 30 days ago
        owner.execute("ALTER TABLE prescriptions DISABLE TRIGGER frozen")
        for one, days in ((late, 1), (last_day, 0)):
            owner.execute(
                "UPDATE prescriptions p SET expiry_date = (now() AT TIME ZONE c.timezone)::date - %s::int "
                "FROM clinics c WHERE c.id = p.clinic_id AND p.id = %s",
                (days, one),
            )
        owner.execute("ALTER TABLE prescriptions ENABLE TRIGGER frozen")
    Upkeep(nurse.open_work, None, nurse.now).run()  # any seat does it, once a minute
    assert doctor.get(late).status == "expired"
    assert doctor.get(last_day).status == "active"
    with nurse.open_work() as work:
        assert expire(work) == 0
    with pytest.raises(PrescriptionClosed):
        doctor.cancel(doctor.get(late), "too late")
    with clinic.owner() as owner, pytest.raises(Exception, match="closed prescription"):
        owner.execute("UPDATE prescriptions SET status = 'active' WHERE id = %s", (late,))
