"""The pad on a real database: search, typed lines, checks, signing, proof."""

import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from PIL import Image, ImageDraw

from clinicdesk.domain.errors import (
    AllergyNotAsked,
    AlreadySigned,
    InvalidField,
    NotAllowed,
    PasswordNeeded,
    PrescriptionClosed,
    ReasonMissing,
    SignatureMissing,
    SigningKeyInvalid,
    WrongPassword,
)
from clinicdesk.domain.prescriptions import Medicine
from clinicdesk.repositories.prescriptions import PrescriptionRepository
from clinicdesk.resources import resource
from clinicdesk.services.prescribing import NOT_CHECKED, Prescribing, PrescriptionDraft
from clinicdesk.services.prescribing_typed import has_strength
from tests.small_clinic import PASSWORD


def ink(seed=0):
    picture = Image.new("RGBA", (300, 120), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.line(
        [(20, 90), (60, 20), (100, 90 - seed), (160, 30), (220, 95), (280, 40)],
        fill=(20, 33, 61, 255),
        width=5,
    )
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def pad(clinic, who="doctor", *, folder=None, seat="pc-1"):
    session = clinic.sign_in(who, seat=seat)
    return Prescribing(
        session.open_work,
        session.actor,
        session.now,
        password=lambda: session.password,
        clinical_data_folder=folder or resource("clinical"),
    )


@pytest.fixture
def doctor(clinic):
    return pad(clinic)


@pytest.fixture
def patient(clinic):
    """Allergic to penicillin, 64 kg."""
    who = clinic.small.patients[0]
    allergic(clinic, who)
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_measures(patient_id, kind, value, measured_at) VALUES (%s, 'weight', 64, now())",
            (who,),
        )
    return who


def allergic(clinic, who, substance="amoxicillin"):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, coded, reaction, severity) VALUES (%s, %s, true, 'hives', 'severe')",
            (who, substance),
        )


def line(service, text, **changes):
    found = service.parse_line(text)[0]
    assert found.line is not None, found.problem
    return replace(found.line, **changes)


def draft_of(service, patient, *texts, **changes):
    lines = tuple(line(service, text) for text in texts)
    values = {"id": uuid4(), "patient_id": patient, "diagnosis": "Tonsillitis", "lines": lines} | changes
    return PrescriptionDraft(**values)


def answered(
    draft, number=0, reason="specialist_advice", text="skin test negative, agreed with the allergist"
):
    lines = list(draft.lines)
    lines[number] = replace(lines[number], override_reason=reason, override_text=text)
    return replace(draft, lines=tuple(lines))


# -- searching and typing


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("amox", "Amoxicillin"),
        ("amoxycilin", "Amoxicillin"),
        ("PARACET", "Paracetamol"),
        ("aml", "Amlodipine"),
        ("panadol", "Paracetamol"),
    ],
)
def test_medicines_are_found_by_name_brand_and_misspelt(clinic, doctor, typed, first):
    with clinic.owner() as owner:
        owner.execute("UPDATE medications SET brand_names = '{Panadol}' WHERE name = 'Paracetamol'")
    assert doctor.search(typed)[0].name == first


def test_the_list_has_one_line_per_strength_with_stock_expiry_and_price(doctor, clinic):
    small, large = doctor.search("amlodipine")
    assert (small.strength, small.stock, small.price) == ("5 mg", 90, Decimal("20.00"))
    assert (large.strength, large.stock, large.earliest_expiry) == ("10 mg", 0, None)
    amoxicillin = doctor.search("amoxi")[0]
    assert amoxicillin.stock == 230
    assert (amoxicillin.earliest_expiry - clinic.small.today).days in (39, 40, 41)


@pytest.mark.parametrize("typed", ["", "%", "__", "zzzzqq", "\\", "'; drop table users", "😀" * 90])
def test_nonsense_finds_nothing(doctor, typed):
    assert doctor.search(typed) == []


def test_spec_4_4_a_typed_line_is_read_back_in_words(doctor):
    found = doctor.parse_line("amox 500 tds 7d")
    assert [one.medicine.label for one in found] == ["Amoxicillin 500 mg capsule"]
    assert found[0].words == "Take 1 capsule three times a day for 7 days"
    assert found[0].quantity == 21
    assert found[0].assumptions == ("dose: 1 capsule",)


def test_a_dose_in_grams_becomes_tablets_and_says_so(doctor):
    (found,) = doctor.parse_line("paracetamol 1 g qds prn max 4/24h 5d")
    assert found.words.startswith("Take 2 tablets four times a day when needed")
    assert found.quantity == 40
    assert "1 g: 2 tablets" in found.assumptions


def test_an_ambiguous_strength_is_left_to_the_doctor(doctor):
    assert [one.medicine.strength for one in doctor.parse_line("amlodipine od 30d")] == ["5 mg", "10 mg"]
    assert [one.medicine.strength for one in doctor.parse_line("amlodipine 10mg od 30d")] == ["10 mg"]


def test_spec_4_4_an_unknown_word_is_pointed_at_in_the_whole_line(doctor):
    text = "amox 500 xyz 7d"
    (found,) = doctor.parse_line(text)
    assert found.problem.rule == "unknown_word"
    assert text[int(found.problem.detail["position"]) :].startswith("xyz")
    assert found.line is None


def test_a_strength_that_does_not_exist_is_never_taken_for_a_dose(doctor):
    (found,) = doctor.parse_line("amox 650 tds 7d")
    assert (found.problem.rule, found.line) == ("no_such_strength", None)


@pytest.mark.parametrize(
    ("typed", "real", "same"),
    [
        ("500", "500 mg", True),
        ("0.5 g", "500 mg", True),
        ("800/160", "800 mg + 160 mg", True),
        ("5", "125 mg/5 mL", False),
        ("50", "500 mg", False),
    ],
)
def test_strengths_are_compared_as_amounts(typed, real, same):
    medicine = Medicine(medication_id=uuid4(), name="X", strength=real, form="tablet", atc="", brand_names=(), controlled=False, stock=0, earliest_expiry=None, price=None)  # fmt: skip
    assert has_strength(medicine, typed) is same


def formulary(clinic, name, *products):
    with clinic.owner() as owner:
        made = owner.execute(
            "INSERT INTO medications(name, generic_name) VALUES (%s, %s) RETURNING id", (name, name)
        ).fetchone()[0]
        for strength, form, unit, route, pack in products:
            owner.execute(
                "INSERT INTO medication_products(medication_id, strength, form, unit, route, pack_size) VALUES (%s, %s, %s, %s, %s, %s)",
                (made, strength, form, unit, route, pack),
            )


@pytest.mark.parametrize(
    ("typed", "product", "words", "quantity"),
    [
        ("zinc 20 mg od 10d", ("20 mg/5 mL", "syrup", "mL", "oral", 100), "Take 5 mL once a day for 10 days", 50),
        ("zinc eye drops 1 drop qds 7d", ("0.5%", "eye drops", "mL", "ocular", 5), "Put 1 drop in the eye four times a day for 7 days", 5),
        ("zinc cream bd 7d", ("15%", "cream", "g", "topical", 30), "Apply 1 application to the skin twice a day for 7 days", 30),
        ("zinc 625 bd 7d", ("500 mg + 125 mg", "tablet", "tablet", "oral", 14), "Take 1 tablet twice a day for 7 days", 14),
        ("zinc 1 g im stat", ("1 g", "powder for injection", "vial", "IV/IM", 1), "Inject 1 vial into a muscle immediately as a single dose", 1),
    ],
)  # fmt: skip
def test_spec_4_3_forms_are_counted_in_their_own_units(clinic, doctor, typed, product, words, quantity):
    formulary(clinic, "Zinc", product)
    (found,) = doctor.parse_line(typed)
    assert (found.words, found.quantity, found.problem) == (words, quantity, None)


@pytest.mark.parametrize(
    ("typed", "product", "rule"),
    [
        ("zinc od 10d", ("20 mg/5 mL", "syrup", "mL", "oral", 100), "dose_missing"),
        ("zinc 2 puffs bd 10d", ("20 mg", "tablet", "tablet", "oral", 10), "wrong_unit"),
        ("zinc 1/2 bd 10d", ("20 mg", "capsule", "capsule", "oral", 10), "not_splittable"),
        ("zinc 1 g stat", ("1 g", "powder for injection", "vial", "IV/IM", 1), "choose"),
        ("zinc 30 mg od 7d", ("20 mg", "modified-release tablet", "tablet", "oral", 10), "not_measurable"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_asked_and_not_guessed(clinic, doctor, typed, product, rule):
    formulary(clinic, "Zinc", product)
    (found,) = doctor.parse_line(typed)
    assert (found.problem.rule, found.line) == (rule, None)


# -- checks and signing


def test_spec_4_5_a_recorded_allergy_stops_signing_until_it_is_answered(doctor, patient):
    draft = draft_of(doctor, patient, "amox 500 tds 7d", "paracetamol 2 tabs qds 3d")
    checked = doctor.check(patient, draft.lines)
    worst = checked.findings[0]
    assert (worst.rule, worst.tier, worst.line) == ("S1", "contraindicated", 0)
    assert checked.against.startswith("data set ")
    for reason, text in (("", ""), ("specialist_advice", "too short"), ("no_such_code", "x" * 40)):
        with pytest.raises(ReasonMissing):
            doctor.sign(answered(draft, reason=reason, text=text), signature_png=ink())
    with pytest.raises(PasswordNeeded):  # the reason is not enough: the password once more
        doctor.sign(answered(draft), signature_png=ink())
    with pytest.raises(WrongPassword):
        doctor.sign(answered(draft), signature_png=ink(), password="not mine")
    assert doctor.history(patient) == []
    signed = doctor.sign(answered(draft), signature_png=ink(), password=PASSWORD)
    assert signed.number.startswith("RX-")
    assert signed.genuine is True
    assert signed.checked_against == checked.against
    assert [(item.directions, item.quantity) for item in signed.items] == [
        ("Take 1 capsule three times a day for 7 days", 21),
        ("Take 2 tablets four times a day for 3 days", 24),
    ]
    assert [item.override_reason for item in signed.items] == ["specialist_advice", ""]


def test_what_was_signed_reaches_the_pharmacy_with_allergies_and_weight(clinic, doctor, patient):
    signed = doctor.sign(
        answered(draft_of(doctor, patient, "amox 500 tds 7d")), signature_png=ink(), password=PASSWORD
    )
    pharmacist = pad(clinic, "pharmacist")
    session = clinic.sign_in("pharmacist")
    with session.open_work() as work:
        (queued,) = PrescriptionRepository(work).queue(clinic.small.clinic)
    assert (queued.id, queued.patient_allergies, queued.patient_weight_kg) == (
        signed.id,
        ("amoxicillin (hives)",),
        64.0,
    )
    assert pharmacist.verify(signed.id) is True
    with pytest.raises(NotAllowed):
        pharmacist.sign(draft_of(doctor, patient, "paracetamol 1 od 3d"), signature_png=ink())


def test_a_change_behind_the_program_is_found(clinic, doctor, patient):
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    for change in (
        "UPDATE prescription_items SET quantity = 240",
        "UPDATE prescriptions SET diagnosis = 'x'",
        "UPDATE prescriptions SET doctor_signature = 'x' || doctor_signature",
    ):
        with clinic.owner() as owner:
            owner.execute("BEGIN")
            owner.execute("ALTER TABLE prescriptions DISABLE TRIGGER frozen")
            owner.execute("ALTER TABLE prescription_items DISABLE TRIGGER frozen")
            owner.execute(change)
            owner.execute("COMMIT")
        assert doctor.verify(signed.id) is False, change
        assert doctor.get(signed.id).genuine is False


def test_a_compromised_key_proves_nothing_from_then_on(clinic, doctor, patient):
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE doctor_keys SET revoked_at = now(), revoke_reason = 'compromised', compromised_since = now() - interval '1 hour'"
        )
    assert doctor.verify(signed.id) is False
    with clinic.owner() as owner:
        owner.execute("UPDATE doctor_keys SET compromised_since = now() + interval '1 hour'")
    assert doctor.verify(signed.id) is True
    with pytest.raises(SigningKeyInvalid):
        doctor.sign(draft_of(doctor, patient, "amlodipine 5 od 30d"), signature_png=ink())


def test_a_reset_password_needs_a_new_key_and_old_seals_stay_genuine(clinic, patient):
    session = clinic.sign_in("doctor")
    password = [session.password]
    doctor = Prescribing(session.open_work, session.actor, session.now, password=lambda: password[0], clinical_data_folder=resource("clinical"))  # fmt: skip
    before = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    password[0] = "another nine herons"
    draft = draft_of(doctor, patient, "amlodipine 5 od 30d", diagnosis="Hypertension")
    with pytest.raises(SigningKeyInvalid):
        doctor.sign(draft, signature_png=ink())
    doctor.renew_key()
    assert doctor.sign(draft, signature_png=ink()).genuine is True
    assert doctor.verify(before.id) is True


def test_a_changed_password_can_keep_its_key(clinic, patient):
    session = clinic.sign_in("doctor")
    password = [session.password]
    doctor = Prescribing(session.open_work, session.actor, session.now, password=lambda: password[0], clinical_data_folder=resource("clinical"))  # fmt: skip
    first = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    old, password[0] = password[0], "another nine herons"
    doctor.rewrap_key(old)
    second = doctor.sign(draft_of(doctor, patient, "amlodipine 5 od 30d"), signature_png=ink())
    assert first.seal.split(".")[1] == second.seal.split(".")[1]


def test_a_signing_that_comes_twice_makes_one_prescription(clinic, patient):
    """The answer was lost on its way, or two seats press at once: never half a prescription, never two."""
    one, two = pad(clinic), pad(clinic, seat="pc-2")
    one.sign(draft_of(one, patient, "amlodipine 5 od 30d"), signature_png=ink())  # the key exists
    draft = draft_of(one, patient, "paracetamol 2 tabs qds 3d")
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda service: service.sign(draft, signature_png=ink()), (one, two)))
    assert answers[0].number == answers[1].number
    assert len(one.history(patient)) == 2
    with pytest.raises(AlreadySigned):
        one.sign(draft, signature_png=ink(seed=3))  # drawn again: another signing
    other = replace(draft, lines=(replace(draft.lines[0], quantity=48),))
    with pytest.raises(AlreadySigned):
        one.sign(other, signature_png=ink())
    with pytest.raises(AlreadySigned):
        two.save_draft(draft)


def test_spec_4_5_the_second_doctor_is_checked_against_the_first(clinic, doctor, patient):
    doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 5d"), signature_png=ink())
    other = pad(clinic, "doctor2", seat="pc-2")
    draft = draft_of(other, patient, "paracetamol 1 tab tds 3d", diagnosis="Fever")
    found = other.check(patient, draft.lines).findings
    assert any(one.rule.startswith("S4") for one in found)
    with pytest.raises(ReasonMissing):
        other.sign(draft, signature_png=ink())


def test_allergies_are_asked_before_a_first_prescription(clinic, doctor):
    who = clinic.small.patients[1]
    draft = draft_of(doctor, who, "paracetamol 2 tabs qds 3d")
    with pytest.raises(AllergyNotAsked):
        doctor.sign(draft, signature_png=ink())
    doctor.no_known_allergies(who)
    assert doctor.sign(draft, signature_png=ink()).genuine is True


def test_incomplete_prescriptions_are_refused(doctor, patient):
    draft = draft_of(doctor, patient, "paracetamol 2 tabs qds 3d")
    with pytest.raises(InvalidField, match="diagnosis"):
        doctor.sign(replace(draft, diagnosis="  "), signature_png=ink())
    with pytest.raises(InvalidField, match="items"):
        doctor.sign(replace(draft, lines=()), signature_png=ink())
    with pytest.raises(SignatureMissing):
        doctor.sign(draft, signature_png=b"")


def test_a_withdrawn_medicine_cannot_be_signed_and_leaves_the_draft(clinic, doctor, patient):
    draft = draft_of(doctor, patient, "paracetamol 2 tabs qds 3d", "amlodipine 5 od 30d")
    doctor.save_draft(draft)
    with clinic.owner() as owner:
        owner.execute("UPDATE medications SET is_active = false WHERE name = 'Amlodipine'")
    with pytest.raises(InvalidField, match="withdrawn"):
        doctor.sign(draft, signature_png=ink())
    loaded = doctor.load_draft(patient)
    assert (len(loaded.draft.lines), loaded.withdrawn) == (1, ("Amlodipine 5 mg tablet",))


def test_a_draft_comes_back_for_its_doctor_and_goes_with_the_signature(clinic, doctor, patient):
    draft = answered(draft_of(doctor, patient, "amox 500 tds 7d; after food", notes="ẹ̀jẹ̀"))
    doctor.save_draft(draft)
    assert doctor.load_draft(patient).draft == draft
    assert doctor.load_draft(clinic.small.patients[1]) is None
    assert pad(clinic, "doctor2").load_draft(patient) is None
    doctor.sign(draft, signature_png=ink(), password=PASSWORD)
    assert doctor.load_draft(patient) is None


@pytest.mark.parametrize("damage", ["missing", "cut", "old"])
def test_without_rule_data_everything_says_not_checked(clinic, patient, tmp_path, damage):
    if damage == "cut":
        for source in resource("clinical").glob("*.csv"):
            (tmp_path / source.name).write_bytes(source.read_bytes()[:-200])
    if damage == "old":  # a year and a half without new rules is not a check
        shutil.copytree(resource("clinical"), tmp_path, dirs_exist_ok=True)
        (tmp_path / "dataset.csv").write_text("name,dated\nRules,2019-01-01\n", encoding="utf-8")
    blind = pad(clinic, folder=tmp_path)
    draft = draft_of(pad(clinic, seat="pc-2"), patient, "amox 500 tds 7d")
    checked = blind.check(patient, draft.lines)
    assert (checked.findings[0].rule, checked.findings[0].checked, checked.against) == (
        NOT_CHECKED,
        False,
        "",
    )
    assert blind.parse_line("amoxicillin")[0].medicine.name == "Amoxicillin"
    assert blind.sign(draft, signature_png=ink()).checked_against == ""


def test_cancelling_needs_a_reason_is_final_and_leaves_the_queue(clinic, doctor, patient):
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    with pytest.raises(ReasonMissing):
        doctor.cancel(signed, "  ")
    with pytest.raises(NotAllowed):
        pad(clinic, "doctor2").cancel(signed, "not mine")
    assert doctor.cancel(signed, "wrong patient").status == "cancelled"
    with pytest.raises(PrescriptionClosed):
        doctor.cancel(signed, "again")
    with clinic.sign_in("pharmacist").open_work() as work:
        assert PrescriptionRepository(work).queue(clinic.small.clinic) == []
    assert doctor.verify(signed.id) is True


def test_the_pdf_is_a_pdf_and_printing_is_logged(clinic, doctor, patient):
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    assert doctor.pdf(signed).startswith(b"%PDF-")
    first, second = doctor.printed(signed), doctor.printed(signed)
    assert first.startswith(b"%PDF-")
    assert first != second
    with clinic.owner() as owner:
        logged = owner.execute(
            "SELECT action, purpose FROM access_log WHERE patient_id = %s ORDER BY id", (patient,)
        ).fetchall()
    of = f"prescription {signed.number}"
    assert logged == [("sign", "prescription"), ("view", of), ("print", of), ("print", of)]
    draft = draft_of(doctor, patient, "amlodipine 5 od 30d")
    assert doctor.preview(draft, doctor.patient(patient), against="").startswith(b"%PDF-")
