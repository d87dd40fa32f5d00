"""Spec 4.5: an answered warning is remembered for 180 days, a contraindication never."""

import pytest

from clinicdesk.domain.errors import ReasonMissing
from tests.services.test_prescribing import answered, doctor, draft_of, ink, pad, patient  # noqa: F401
from tests.small_clinic import PASSWORD


def warned(service, who, lines):
    return [(one.rule[:2], one.remembered) for one in service.check(who, lines).findings if one.tier == "major"]  # fmt: skip


def test_a_major_warning_is_asked_once_in_180_days_and_again_after_a_change(clinic, doctor):  # noqa: F811
    who = clinic.small.patients[1]
    doctor.no_known_allergies(who)
    doctor.sign(draft_of(doctor, who, "amlodipine 5mg 0.5 tab od 30d"), signature_png=ink())
    twice = draft_of(doctor, who, "amlodipine 5mg 0.5 tab od 7d")  # S4: the same substance twice
    assert warned(doctor, who, twice.lines) == [("S4", False)]
    with pytest.raises(ReasonMissing):
        doctor.sign(twice, signature_png=ink())
    first = doctor.sign(answered(twice), signature_png=ink())
    again = draft_of(doctor, who, "amlodipine 5mg 0.5 tab od 7d")
    assert {one.remembered for one in doctor.check(who, again.lines).findings if one.tier == "major"} == {True}  # fmt: skip
    assert warned(pad(clinic, "doctor2"), who, again.lines)[0][1] is True  # the patient's, not the doctor's
    doctor.sign(again, signature_png=ink())  # not asked again
    with clinic.owner() as owner:
        owner.execute("UPDATE rx_overrides SET at = at - interval '181 days'")
    assert warned(doctor, who, again.lines)[0][1] is False
    with clinic.owner() as owner:
        owner.execute("UPDATE rx_overrides SET at = now(), data_version = 'older rules'")
    assert warned(doctor, who, again.lines)[0][1] is False
    assert first.items[0].override_reason == "specialist_advice"


def test_a_contraindication_is_asked_every_time(doctor, patient):  # noqa: F811
    doctor.sign(answered(draft_of(doctor, patient, "amox 500 tds 7d")), signature_png=ink(), password=PASSWORD)  # fmt: skip
    with pytest.raises(ReasonMissing):
        doctor.sign(draft_of(doctor, patient, "amox 500 tds 7d"), signature_png=ink(), password=PASSWORD)
