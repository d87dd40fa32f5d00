"""The formulary and the demo content: complete, consistent, and fit for the rules that run on them."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import phonenumbers
import pytest

from clinicdesk.demo.content import (
    ATC,
    ICD10,
    ContentError,
    load_content,
    load_formulary,
    read_rows,
)
from clinicdesk.demo.content_types import DemoContent, FormularyMedicine, RxLine
from clinicdesk.demo.names import People
from clinicdesk.domain.clinical_data import ClinicalData, load_clinical_data
from clinicdesk.domain.patients import AllergyStatus, Problem
from clinicdesk.domain.people import Role
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine
from clinicdesk.domain.quantity import quantity
from clinicdesk.domain.safety import SafetyContext, check
from clinicdesk.domain.sig import parse_sig
from clinicdesk.resources import resource

MARKED = re.compile("[^\x00-\x7f]")


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return load_content()


@pytest.fixture(scope="module")
def rules() -> ClinicalData:
    return load_clinical_data(resource("clinical"))


def all_lines(content: DemoContent) -> list[tuple[str, RxLine]]:
    lines = [(s.code, line) for s in content.scenarios for line in s.lines]
    return lines + [(p.icd10, line) for p in content.chronic_problems for line in p.lines]


def test_the_formulary_is_large_and_has_each_medicine_once():
    formulary = load_formulary()
    names = [medicine.name.casefold() for medicine in formulary]
    assert len(formulary) >= 320
    assert len(set(names)) == len(names)
    assert names == sorted(names)
    assert sum(bool(medicine.atc) for medicine in formulary) / len(formulary) > 0.9
    assert all(ATC.fullmatch(medicine.atc) for medicine in formulary if medicine.atc)


def test_texts_fit_the_columns_of_the_seed(content):
    for medicine in content.formulary:
        assert len(medicine.name) <= 200
        assert len(medicine.category) <= 100
        assert medicine.contraindications
        assert medicine.side_effects
    assert all(
        len(s.name) <= 100 and len(s.icon) <= 50 and len(s.category) <= 50 for s in content.specialties
    )
    assert all(len(t.name) <= 100 and len(t.subject) <= 200 for t in content.templates)
    assert all(len(person.phone) <= 20 for person in content.staff)


def test_every_drug_with_a_dose_rule_is_in_the_formulary(content):
    known = {s for m in content.formulary for s in m.substances} | {m.generic_name for m in content.formulary}
    codes = {medicine.atc for medicine in content.formulary}
    missing = []
    for file in ("dose_limits.csv", "paediatric_doses.csv"):
        for row in read_rows(resource("clinical", file)):
            name = re.sub(r" \(.*\)$| 20/120$", "", row["drug"])
            salt = f"{name} sulfate"  # 'zinc' is given as sulfate, 'quinine sulfate' is listed as quinine
            if not {name, salt, name.removesuffix(" sulfate")} & known and row.get("atc") not in codes:
                missing.append(row["drug"])
    assert missing == []


def test_atc_codes_agree_with_the_dose_rules(content):
    by_name = {medicine.generic_name: medicine.atc for medicine in content.formulary}
    rows = [
        (re.sub(r" \(.*\)$", "", row["drug"]), row["atc"])
        for row in read_rows(resource("clinical", "dose_limits.csv"))
    ]
    shared = [(name, code) for name, code in rows if name in by_name]
    assert len(shared) > 55
    codes = Counter((medicine.generic_name, medicine.atc) for medicine in content.formulary)
    assert [pair for pair in shared if pair not in codes] == []


def test_allergy_classes_reach_common_medicines(content, rules):
    members = {name for row in rules.allergies for name in row.members}
    substances = {substance for medicine in content.formulary for substance in medicine.substances}
    assert {"amoxicillin", "ibuprofen", "ciprofloxacin", "co-trimoxazole"} <= members
    assert len(members & (substances | {m.generic_name for m in content.formulary})) >= 70


def test_controlled_medicines_are_flagged(content):
    flagged = {substance for m in content.formulary if m.controlled for substance in m.substances}
    assert {
        "tramadol",
        "codeine",
        "morphine",
        "pethidine",
        "fentanyl",
        "diazepam",
        "phenobarbital",
        "ketamine",
        "methylphenidate",
    } <= flagged
    assert "paracetamol" not in {m.generic_name for m in content.formulary if m.controlled}
    assert all(m.requires_prescription for m in content.formulary if m.controlled)


def test_of_all_pieces_only_plain_tablets_can_be_split(content):  # spec 4.3
    pieces = [(m, p) for m in content.formulary for p in m.products if p.unit not in ("mL", "g")]
    split = [(medicine, product) for medicine, product in pieces if product.splittable]
    assert len(split) > 100
    assert {product.form for _, product in split} == {"tablet"}
    assert all(m.category != "Anticancer medicines" for m, _ in split)


def test_prices_and_packs_are_plausible(content):
    products = [product for medicine in content.formulary for product in medicine.products]
    assert len(products) >= 800
    for product in products:
        assert Decimal(1) <= product.price <= Decimal(50_000)
        assert 1 <= product.pack_size <= 500


def test_there_are_enough_scenarios_and_codes_are_well_formed(content):
    assert len(content.scenarios) >= 40
    assert {s.specialty for s in content.scenarios} >= {
        "General practice",
        "Paediatrics",
        "Obstetrics and gynaecology",
        "Internal medicine",
        "Dermatology",
        "Dentistry",
    }
    codes = [s.icd10 for s in content.scenarios] + [p.icd10 for p in content.chronic_problems]
    assert all(ICD10.fullmatch(code) for code in codes)  # spec 3.7


def test_every_line_names_a_product_and_its_directions_can_be_read(content, rules):
    medicines = {medicine.name: medicine for medicine in content.formulary}
    lines = all_lines(content)
    assert len(lines) > 90
    counted = 0
    for place, line in lines:
        product = medicines[line.medicine].product(line.strength, line.form)
        controlled = medicines[line.medicine].controlled
        sig = parse_sig(
            line.sig,
            default_unit=product.unit,
            default_route=product.route,
            data=rules,
            controlled=controlled,
        ).sig
        assert sig.duration_days is not None or sig.stat, place
        assert not controlled or (sig.duration_days or 0) <= 30, place  # spec 4.1
        if sig.unit == product.unit:
            assert quantity(sig, can_split=product.splittable) == line.quantity, (place, line)  # spec 4.3
            counted += 1
        else:
            assert line.quantity % product.pack_size == 0, (place, line)
    assert counted > 70


def test_daily_doses_of_the_demo_stay_below_the_limits(content, rules):  # spec 4.5 S7
    medicines = {medicine.name: medicine for medicine in content.formulary}
    adults = [s for s in content.scenarios if s.min_age_days >= 18 * 365]
    compared = 0
    for scenario in adults:
        for line in scenario.lines:
            strength = re.fullmatch(r"([0-9.]+) mg", line.strength)
            limits = rules.limits_by_drug.get(medicines[line.medicine].generic_name, ())
            if strength is None or not limits or line.form not in ("tablet", "capsule"):
                continue
            sig = parse_sig(line.sig, default_unit="tablet", data=rules).sig
            day = Decimal(strength[1]) * sig.dose * (sig.times_per_day or sig.max_per_day or 1)
            highest = max(limit.max_daily for limit in limits if limit.max_daily is not None)
            assert day <= highest, (scenario.code, line)
            compared += 1
    assert compared > 25


def test_notes_fill_without_gaps(content):
    values = {"days": "3", "temperature": "38.4", "systolic": "150", "diastolic": "92", "weight": "71"}
    for scenario in content.scenarios:
        for complaint in scenario.complaints:
            note = scenario.note(complaint, values)
            assert "{" not in f"{note.chief_complaint}{note.history}{note.examination}{note.plan}"
            assert note.assessment
            assert note.plan
    with pytest.raises(KeyError):
        content.scenarios[0].note(content.scenarios[0].complaints[0], {})


def test_nobody_is_without_a_visit_to_come_for(content):
    for gender in ("female", "male"):
        for age in (60, 200, 400, 1200, 3000, 5500, 7000, 15000, 24000, 31000):
            fitting = [s for s in content.scenarios if s.suits(gender, age)]
            assert fitting, (gender, age)
            assert gender == "female" or all(s.sex != "female" for s in fitting)


def test_the_staff_is_complete_and_fictional(content):
    roles = Counter(person.role for person in content.staff)
    assert roles == {
        Role.DOCTOR: 6,
        Role.NURSE: 2,
        Role.RECEPTIONIST: 2,
        Role.PHARMACIST: 2,
        Role.ADMIN: 1,
    }
    doctors = [person.doctor for person in content.staff if person.doctor]
    assert len({doctor.specialties[0] for doctor in doctors}) == 6
    assert len({doctor.license_number for doctor in doctors}) == 6
    assert all(any(hours.break_start for hours in doctor.hours) for doctor in doctors)
    assert sum(bool(doctor.leave) for doctor in doctors) >= 3
    assert len({person.phone for person in content.staff}) == len(content.staff)


def test_doctors_work_inside_the_opening_hours(content):
    days = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    doctors = [person.doctor for person in content.staff if person.doctor]
    for doctor in doctors:
        for hours in doctor.hours:
            opens, closes = content.clinic.operating_hours[days[hours.day]]
            assert opens <= f"{hours.start:%H:%M}" < f"{hours.end:%H:%M}" <= closes
    rooms = [(doctor.room, hours.day) for doctor in doctors for hours in doctor.hours]
    assert len(set(rooms)) == len({(d.license_number, h.day) for d in doctors for h in d.hours})


def test_reference_tables_are_there(content):
    assert len(content.specialties) >= 20
    assert all(resource("icons", f"{specialty.icon}.svg") for specialty in content.specialties)
    assert len(content.allergies) >= 20
    assert sum(allergy.per_thousand for allergy in content.allergies) < 300
    assert len(content.suppliers) >= 4
    assert {day.year for day, _ in content.holidays} == {2026, 2027}
    assert (date(2026, 10, 1), "Independence Day") in content.holidays
    ends = [(band.min_age_days, band.max_age_days) for band in content.baselines]
    assert all(after[0] == before[1] + 1 for before, after in pairwise(ends))
    assert ends[0][0] == 0


def test_allergies_name_substances_and_classes_that_exist(content, rules):
    known = {s for m in content.formulary for s in m.substances} | {m.generic_name for m in content.formulary}
    foods = {"groundnut", "crayfish", "egg", "latex"}
    assert {a.substance for a in content.allergies} - known - foods - {""} == set()
    assert {a.allergy_class for a in content.allergies} - {row.id for row in rules.allergies} - {""} == set()


def test_text_messages_are_short_and_say_nothing_about_health(content):  # spec 6.4
    sizes = {
        "first_name": 12,
        "clinic_name": 16,
        "clinic_phone": 14,
        "confirm_link": 40,
        "date": 11,
        "time": 5,
    }
    secret = re.compile(r"doctor|prescri|medic|result|antenat|dental|vaccin|test", re.IGNORECASE)
    messages = [template for template in content.templates if template.type == "sms"]
    assert len(messages) >= 8
    for template in messages:
        filled = re.sub(r"\{(\w+)\}", lambda m: "x" * sizes.get(m[1], 20), template.content)
        assert len(filled) <= 160, template.name
        assert not secret.search(template.content), template.name
    assert not any(secret.search(t.subject) for t in content.templates if t.type == "email")


def test_a_damaged_file_is_named(tmp_path):
    folder = tmp_path / "formulary"
    folder.mkdir()
    text = resource("formulary", "formulary.csv").read_text(encoding="utf-8")
    (folder / "formulary.csv").write_text(text.replace("J01CA04", "J1CA04"), encoding="utf-8")
    with pytest.raises(ContentError) as error:
        load_formulary(folder)
    assert error.value.args[0] == "formulary.csv"
    assert "J1CA04" in error.value.args[2]


def test_the_name_lists_are_long_and_carry_their_marks():
    given, family = (read_rows(resource("demo", f"{n}_names.csv")) for n in ("given", "family"))
    women = {row["name"] for row in given if row["gender"] == "female"}
    assert len({row["name"] for row in given}) >= 160
    assert len(women) >= 120
    assert len({row["name"] for row in family}) >= 160
    assert {"Ẹniọlá", "Ọlásúnkànmí", "Ṣadé", "Chukwuẹmeka"} <= {row["name"] for row in given}
    for group in ("Yoruba", "Igbo", "Hausa-Fulani", "Edo", "Tiv", "Efik-Ibibio"):
        assert {row["gender"] for row in given if row["group"] == group} == {"female", "male"}
        assert any(row["group"] == group for row in family)


def test_people_are_the_same_for_the_same_seed_in_any_order():
    people = list(People(7).take(50))
    again = People(7)
    assert [again.person(index) for index in reversed(range(50))] == people[::-1]
    assert list(People(8).take(50)) != people
    with pytest.raises(ValueError, match="numbered"):
        again.person(-1)


def test_people_look_real_and_belong_to_nobody():
    day = date(2026, 11, 24)
    people = list(People(3, day).take(4000))
    emails = [person.email for person in people if person.email]
    phones = [person.phone for person in people if person.phone]
    assert len(set(emails)) == len(emails) > 500
    assert len(set(phones)) == len(phones) > 1500
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\.[0-9]+@mail\.invalid", email) for email in emails)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones[:200])
    assert all(phone.startswith("+234729") for phone in phones)
    assert sum(bool(MARKED.search(p.first_name + p.last_name)) for p in people) > 1500
    ages = [(day - person.date_of_birth).days / 365.25 for person in people]
    assert min(ages) >= 0
    assert 85 < max(ages) < 96
    assert 0.36 < sum(age < 15 for age in ages) / len(ages) < 0.5  # a young population
    assert 0.5 < sum(person.gender == "female" for person in people) / len(people) < 0.58
    assert all(person.phone is None for person, age in zip(people, ages, strict=True) if age < 17)
    assert len({(p.first_name, p.last_name, p.date_of_birth) for p in people}) == len(people)


def test_phone_numbers_never_meet():
    people = People(1)
    far = [people.person(index) for index in (0, 1, 899_999, 8_999_999)]
    numbers = [person.emergency_contact["phone"] for person in far]
    assert len(set(numbers)) == 4
    assert all(len(number) == 14 for number in numbers)


@pytest.mark.parametrize("spread", [-1.5, 0, 1.5])
def test_typical_prescriptions_raise_no_warning_in_typical_patients(content, rules, spread):  # spec 4.5
    today = date(2026, 11, 24)
    medicines = {medicine.name: medicine for medicine in content.formulary}
    alarms = []
    for scenario in content.scenarios:
        for age in (scenario.min_age_days + 1, scenario.max_age_days - 1):
            band = next(b for b in content.baselines if b.min_age_days <= age <= b.max_age_days)
            mean = band.weight_m if scenario.sex == "male" else band.weight_f
            expecting = scenario.appointment_type == "Antenatal visit" and scenario.code != "postnatal"
            context = SafetyContext(
                age_days=age,
                sex="male" if scenario.sex == "male" else "female",
                weight_kg=mean + spread * band.weight_sd,
                weight_on=today,
                today=today,
                allergy_status=AllergyStatus.NONE_KNOWN,
                problems=(Problem(id=uuid4(), code=scenario.icd10, text=scenario.title, status="active"),),
                pregnancy="yes" if expecting else "no",
                gestation_weeks=24 if expecting else None,
                breastfeeding="no",
                egfr=95.0,
                egfr_on=today,
            )
            lines = [prescribed(line, medicines[line.medicine], rules) for line in scenario.lines]
            alarms += [
                (scenario.code, age, finding.title)
                for finding in check(lines, context, rules)
                if finding.tier in ("major", "contraindicated")
            ]
    assert alarms == []


def prescribed(line: RxLine, medicine: FormularyMedicine, rules: ClinicalData) -> PrescriptionLine:
    product = medicine.product(line.strength, line.form)
    return PrescriptionLine(
        medicine=Medicine(
            medication_id=uuid4(),
            name=medicine.name,
            strength=line.strength,
            form=line.form,
            atc=medicine.atc,
            brand_names=medicine.brand_names,
            controlled=medicine.controlled,
            stock=line.quantity,
            earliest_expiry=None,
            price=product.price,
        ),
        sig=parse_sig(line.sig, default_unit=product.unit, default_route=product.route, data=rules).sig,
        quantity=line.quantity,
    )
