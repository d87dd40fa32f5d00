"""Safety checks before signing: spec 4.5-4.7."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.domain.patients import Allergy, AllergyStatus, Problem
from clinicdesk.domain.prescriptions import Finding, Medicine, PrescriptionLine, Sig
from clinicdesk.domain.safety import (
    OVERRIDE_REASONS,
    CurrentMedicine,
    SafetyContext,
    check,
    override_refusal,
    tiers_needing_reason,
)

DATA = load_clinical_data(Path(__file__).parents[2] / "resources" / "clinical")
TODAY = date(2026, 11, 24)
ID = UUID(int=1)


def line(name, strength="", form="tablet", atc="", **sig):
    medicine = Medicine(
        medication_id=ID,
        name=name,
        strength=strength,
        form=form,
        atc=atc,
        brand_names=(),
        controlled=False,
        stock=0,
        earliest_expiry=None,
        price=None,
    )
    regular: dict[str, Any] = {} if sig.keys() & _FREQUENCIES else {"times_per_day": 1}
    fields: dict[str, Any] = {"duration_days": 5, **regular, **sig}
    fields["dose"] = Decimal(str(fields.get("dose", 1)))
    return PrescriptionLine(medicine=medicine, sig=Sig(**fields), quantity=1)


_FREQUENCIES = {"times_per_day", "interval_hours", "stat", "weekly", "alternate_days", "prn"}


def allergy(substance="", group="", coded=True, reaction="rash"):
    return Allergy(
        id=ID, substance=substance, allergy_class=group, reaction=reaction, severity="severe", coded=coded
    )


def problem(code, status="active", onset=None):
    return Problem(id=ID, code=code, text=code, status=status, onset=onset)


def patient(**changes):
    facts: dict[str, Any] = {
        "age_days": 40 * 366,
        "sex": "male",
        "weight_kg": Decimal(70),
        "weight_on": TODAY,
        "today": TODAY,
        "allergy_status": AllergyStatus.NONE_KNOWN,
        "egfr": Decimal(95),
        "egfr_on": TODAY,
    }
    if "allergies" in changes:
        facts["allergy_status"] = AllergyStatus.LISTED
    return SafetyContext(**(facts | changes))


def found(lines, prefix, **changes):
    findings = check(lines, patient(**changes), DATA)
    return [(f.rule, f.tier) for f in findings if f.rule.split(":")[0] == prefix and f.checked]


def unchecked(lines, **changes):
    findings = check(lines, patient(**changes), DATA)
    assert all(f.title.startswith("Not checked") for f in findings if not f.checked)
    return {f.rule for f in findings if not f.checked}


@pytest.mark.parametrize(
    ("recorded", "prescribed", "rule", "tier"),
    [
        (allergy("amoxicillin"), "Amoxicillin", "S1", "contraindicated"),
        (allergy("aspirin"), "Acetylsalicylic acid", "S1", "contraindicated"),
        (allergy("amoxicillin"), "Amoxicillin + clavulanic acid", "S1", "contraindicated"),
        (allergy("co-trimoxazole"), "Sulfamethoxazole + trimethoprim", "S1", "contraindicated"),
        (allergy("trimethoprim"), "Co-trimoxazole", "S1", "contraindicated"),
        (allergy("trimethoprim"), "Cotrimoxazole", "S1", "contraindicated"),
        (allergy("amoxicillin"), "Flucloxacillin", "S2:ALG01", "contraindicated"),
        (allergy("penicillin"), "Amoxicillin", "S2:ALG01", "contraindicated"),
        (allergy("", "penicillins"), "Amoxicillin", "S2:ALG01", "contraindicated"),
        (allergy("", "ALG01"), "Augmentin", "S2:ALG01", "contraindicated"),
        (allergy("amoxicillin"), "Cefalexin", "S2:ALG02", "contraindicated"),
        (allergy("cephalexin"), "Amoxicillin", "S2:ALG02", "contraindicated"),
        (allergy("amoxicillin"), "Ceftriaxone", "S2:ALG07", "inform"),
        (allergy("phenoxymethylpenicillin"), "Cefoxitin", "S2:ALG03", "major"),
        (allergy("ibuprofen"), "Diclofenac", "S2:ALG12", "contraindicated"),
        (allergy("ibuprofen"), "Meloxicam", "S2:ALG12", "major"),
        (allergy("lisinopril"), "Enalapril", "S2:ALG21", "contraindicated"),
        (allergy("erythromycin"), "Azithromycin", "S2:ALG16", "inform"),  # unverified row only informs (0)
        (allergy("", "cephalosporins"), "Cefuroxime axetil", "S2:ALG09", "contraindicated"),
    ],
)
def test_allergies_s1_s2(recorded, prescribed, rule, tier):
    findings = check([line(prescribed)], patient(allergies=(recorded,)), DATA)
    assert [(f.rule, f.tier) for f in findings if f.rule[:2] in ("S1", "S2")] == [(rule, tier)]


def test_allergy_by_atc_group_s2():
    assert found([line("Losartan", atc="C09CA01")], "S2", allergies=(allergy("lisinopril"),)) == [
        ("S2:ALG21", "major")
    ]
    assert found([line("Tiaprofenic acid", atc="M01AE11")], "S2", allergies=(allergy("ibuprofen"),)) == [
        ("S2:ALG12", "contraindicated")
    ]


def test_unrelated_medicine_is_quiet_s1():
    assert found([line("Paracetamol", "500 mg")], "S2", allergies=(allergy("amoxicillin"),)) == []


def test_accepted_unverified_rows_count_fully_0():
    lines = [line("Azithromycin")]
    options = {"allergies": (allergy("erythromycin"),), "accepted_rules": frozenset({"ALG16"})}
    assert found(lines, "S2", **options) == [("S2:ALG16", "major")]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"allergy_status": AllergyStatus.NOT_ASKED}, "S10:allergy-not-asked"),
        ({"allergies": ()}, "S10:allergy-list-missing"),
        ({"allergies": (allergy("penicillin", coded=False),)}, "S10:allergy-free-text"),
        ({"allergies": (allergy("mango"),)}, "S10:allergy-unknown"),
        ({"allergies": (allergy("latex"),)}, "S10:excipients"),
        ({"sex": "female"}, "S10:pregnancy"),
        ({"sex": "prefer_not_to_say"}, "S10:pregnancy"),
        ({"problems": (problem(""),)}, "S10:problem-free-text"),
        ({"current": (CurrentMedicine(name="Herbal tea"),)}, "S10:unknown-medicine"),
        ({"age_days": None}, "S8:not-checked"),
    ],
)
def test_missing_input_is_never_silent_s10(changes, rule):
    assert rule in unchecked([line("Paracetamol", "500 mg", atc="N02BE01")], **changes)


def test_complete_input_leaves_nothing_unchecked():
    plain = line("Paracetamol", "500 mg", atc="N02BE01", times_per_day=4)
    assert check([plain], patient(), DATA) == ()


def test_free_text_allergy_matches_no_rule_3_8():
    assert found([line("Amoxicillin")], "S2", allergies=(allergy("penicillin", coded=False),)) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Warfarin", "Ibuprofen", [("S3:DDI016", "major")]),
        ("Ibuprofen", "Warfarin", [("S3:DDI016", "major")]),
        ("Isosorbide dinitrate", "Sildenafil", [("S3:DDI030", "contraindicated")]),
        ("Simvastatin", "Clarithromycin", [("S3:DDI011", "contraindicated")]),
        ("Simvastatin", "Amiodarone", [("S3:DDI047", "major")]),  # replaces DDI011
        ("Simvastatin", "Verapamil", [("S3:DDI048", "major")]),
        ("Azithromycin", "Chloroquine", [("S3:DDI008", "contraindicated")]),  # both in one class
        ("Warfarin", "Co-trimoxazole", [("S3:DDI018", "major")]),
        ("Warfarin", "Sulfamethoxazole/trimethoprim", [("S3:DDI018", "major")]),
        ("Methotrexate", "Septrin", [("S3:DDI027", "contraindicated")]),
        ("Coartem", "Clarithromycin", [("S3:DDI074", "major")]),
        ("Artemether + lumefantrine", "Erythromycin", [("S3:DDI074", "major")]),
        ("Meperidine", "Selegiline", [("S3:DDI006", "contraindicated")]),
        ("Warfarin", "Metronidazole", [("S3:DDI020", "inform")]),  # unverified row
        ("Sodium valproate", "Meropenem", [("S3:DDI053", "major")]),
        ("Tramadol hydrochloride", "Diazepam", [("S3:DDI063", "major")]),
        ("Azithromycin", "Azithromycin", []),  # a drug does not interact with itself
        ("Amlodipine", "Paracetamol", []),
    ],
)
def test_interactions_s3(first, second, expected):
    assert found([line(first), line(second)], "S3") == expected
    taken = (CurrentMedicine(name=second),)
    assert found([line(first)], "S3", current=taken) == expected


def test_combination_with_two_reasons_s3():
    pair = [line("Amoxicillin-clavulanic acid"), line("Methotrexate", weekly=True)]
    assert found(pair, "S3") == [("S3:DDI029", "major")]


def test_both_substances_in_one_product_s3():
    assert found([line("Isoniazid + rifampicin")], "S3") == [("S3:DDI093", "moderate")]


def test_low_dose_aspirin_counts_less_s3():
    warfarin = line("Warfarin")
    low = line("Acetylsalicylic acid", "75 mg")
    high = line("Acetylsalicylic acid", "500 mg", dose=2, times_per_day=3)
    unreadable = line("Acetylsalicylic acid")
    assert found([warfarin, low], "S3") == [("S3:DDI017", "major")]
    assert found([warfarin, high], "S3") == [("S3:DDI017", "contraindicated")]
    assert found([warfarin, unreadable], "S3") == [("S3:DDI017", "contraindicated")]


@pytest.mark.parametrize(
    ("form", "route"),
    [
        ("cream", "topical"),
        ("eye drops", "ocular"),
        ("eye ointment", "oral"),
        ("pessary", "vaginal"),
        ("gel", "oral"),
    ],
)
def test_local_products_fire_no_systemic_pair_4_5(form, route):
    assert found([line("Warfarin"), line("Miconazole", form=form, route=route)], "S3") == []


def test_oral_gel_is_systemic_4_5():
    gel = line("Miconazole", "20 mg/g", form="oral gel", unit="g")
    assert found([line("Warfarin"), gel], "S3") == [("S3:DDI095", "contraindicated")]


def test_calcium_pair_depends_on_age_s3():
    pair = [line("Ceftriaxone", route="intravenous"), line("Calcium gluconate IV", route="intravenous")]
    assert found(pair, "S3", age_days=10) == [("S3:DDI073", "contraindicated")]
    assert found(pair, "S3") == [("S3:DDI073", "moderate")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("Ibuprofen", "M01AE01"), ("Ibuprofen", "M01AE01"), [("S4", "major")]),
        (("Panadol", ""), ("Paracetamol", ""), [("S4", "major")]),
        (("Paracetamol + codeine", "N02AJ06"), ("Paracetamol", "N02BE01"), [("S4", "major")]),
        (("Ibuprofen", "M01AE01"), ("Naproxen", "M01AE02"), [("S5", "major")]),
        (("Ibuprofen", "M01AE01"), ("Diclofenac", "M01AB05"), []),
        (("Ibuprofen", "M01AE01"), ("Naproxen", ""), []),
    ],
)
def test_duplicates_s4_s5(first, second, expected):
    lines = [line(first[0], atc=first[1]), line(second[0], atc=second[1])]
    assert found(lines, "S4") + found(lines, "S5") == expected
    if not all((first[1], second[1])):
        assert "S5:no-code" in unchecked(lines)


def test_duplicate_over_the_maximum_is_contraindicated_s4():
    pair = [line("Paracetamol", "500 mg", dose=2, times_per_day=4), line("Panadol", "500 mg", dose=2)]
    assert ("S4:paracetamol:daily", "contraindicated") in found(pair, "S4")
    taken = CurrentMedicine(name="Paracetamol", strength="1 g", sig=Sig(dose=Decimal(1), times_per_day=4))
    assert ("S4:paracetamol:daily", "contraindicated") in found(
        [line("Paracetamol", "500 mg", times_per_day=4)], "S4", current=(taken,)
    )


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("Propranolol", {"problems": (problem("J45.901"),)}, [("S6:CI18", "contraindicated")]),
        ("Propranolol", {"problems": (problem("j45901"),)}, [("S6:CI18", "contraindicated")]),
        ("Propranolol", {"problems": (problem("J45", "resolved"),)}, []),
        ("Propranolol", {"problems": (problem("J45", "refuted"),)}, []),
        ("Propranolol", {"problems": (problem("J44.1"),)}, []),
        ("Lisinopril", {"problems": (problem("T78.3", "resolved"),)}, [("S6:CI24", "contraindicated")]),
        ("Naproxen", {"problems": (problem("J45"), problem("J33"))}, [("S6:CI19", "contraindicated")]),
        ("Naproxen", {"problems": (problem("J45"),)}, []),
        ("Sumatriptan", {"problems": (problem("I21.9"),)}, [("S6:CI35", "inform")]),  # unverified
        ("Haloperidol", {"problems": (problem("I45.8"),)}, [("S6:CI38", "contraindicated")]),
        ("Warfarin", {"sex": "female", "pregnancy": "yes"}, [("S6:CI04", "contraindicated")]),
        ("Warfarin", {"sex": "female", "pregnancy": "no"}, []),
        ("Warfarin", {"sex": "female", "problems": (problem("O09.0"),)}, [("S6:CI04", "contraindicated")]),
        ("Measles vaccine", {"sex": "female", "pregnancy": "yes"}, [("S6:CI40", "contraindicated")]),
        ("Codeine", {"age_days": 11 * 365}, [("S6:CI12", "contraindicated")]),
        ("Codeine", {"age_days": 4383}, []),
        ("Ceftriaxone", {"age_days": 28}, [("S6:CI15", "contraindicated")]),
        ("Ceftriaxone", {"age_days": 29}, []),
        ("Aspirin", {"age_days": 15 * 365}, [("S6:CI13", "contraindicated")]),
    ],
)
def test_conditions_s6(name, changes, expected):
    assert found([line(name)], "S6", **changes) == expected


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("Metformin", {"egfr": Decimal("29.9")}, [("S9:CI26", "contraindicated")]),
        ("Metformin", {"egfr": Decimal(30)}, []),
        ("Metformin hydrochloride", {"egfr": Decimal(20)}, [("S9:CI26", "contraindicated")]),
        ("Nitrofurantoin", {"egfr": 44.0}, [("S9:CI27", "major")]),
        ("Metformin", {"egfr": None, "problems": (problem("N18.4"),)}, [("S9:CI26", "contraindicated")]),
        ("Nitrofurantoin", {"egfr": None, "problems": (problem("N18.30"),)}, [("S9:CI27", "major")]),
    ],
)
def test_kidneys_s9(name, changes, expected):
    assert found([line(name)], "S9", **changes) == expected


def test_no_or_old_creatinine_is_said_s9():
    assert "S9:renal" in unchecked([line("Metformin")], egfr=None)
    assert "S9:renal" in unchecked([line("Metformin")], egfr=float("nan"))
    assert "S9:renal" in unchecked([line("Metformin")], egfr=Decimal(90), egfr_on=date(2025, 11, 1))
    assert "S9:renal" in unchecked([line("Metformin")], egfr=Decimal(90), egfr_on=None)


def test_topical_only_informs_s6():
    cream = line("Diclofenac", form="gel", route="topical")
    assert found([cream], "S6", problems=(problem("I50.0"),)) == [("S6:CI21", "inform")]
    drops = line("Timolol", form="eye drops", route="ocular", unit="drop")
    assert found([drops], "S6", problems=(problem("J45"),)) == [("S6:CI18", "contraindicated")]


@pytest.mark.parametrize(
    ("prescribed", "expected"),
    [
        (line("Paracetamol", "500 mg", dose=2, times_per_day=4), []),
        (line("Paracetamol", "500 mg", dose=3, times_per_day=1), [("S7:paracetamol:single", "major")]),
        (line("Paracetamol", "1 g", times_per_day=5), [("S7:paracetamol:daily", "major")]),
        (line("Paracetamol", "1 g", interval_hours=3), [("S7:paracetamol:daily", "contraindicated")]),
        (line("Paracetamol", "500 mg", dose=2, prn=True, max_per_day=4), []),
        (line("Paracetamol", "500 mg", dose=2, prn=True, max_per_day=5), [("S7:paracetamol:daily", "major")]),
        (
            line("Paracetamol", "500 mg", dose=1, dose_max=Decimal(2), times_per_day=5),
            [("S7:paracetamol:daily", "major")],
        ),
        (
            line("Paracetamol", "120 mg/5 ml", form="syrup", dose=50, unit="mL"),
            [("S7:paracetamol:single", "major")],
        ),
        (line("Paracetamol", "500 mg", dose=1200, unit="mg"), [("S7:paracetamol:single", "major")]),
        (line("Metformin", "850 mg", times_per_day=3), []),
        (line("Metformin", "1 g", times_per_day=3), [("S7:metformin immediate release:daily", "major")]),
        (
            line("Metformin", "500 mg", form="modified release tablet", dose=5),
            [
                ("S7:metformin extended release:single", "major"),
                ("S7:metformin extended release:daily", "major"),
            ],
        ),
        (
            line("Digoxin", "0.25 mg", dose=2),
            [("S7:digoxin:single", "inform"), ("S7:digoxin:daily", "inform")],
        ),
        (line("Methotrexate", "2.5 mg", dose=6, weekly=True), []),
        (line("Methotrexate", "2.5 mg", dose=1), [("S7:methotrexate:frequency", "contraindicated")]),
        (line("Co-trimoxazole", "480 mg", dose=2, times_per_day=2), []),
        (line("Levothyroxine", "100 micrograms", dose=1), []),
        (
            line("Levothyroxine", "100 micrograms", dose=3),
            [("S7:levothyroxine:single", "inform"), ("S7:levothyroxine:daily", "inform")],
        ),
    ],
)
def test_adult_doses_s7(prescribed, expected):
    assert found([prescribed], "S7") == expected


def test_combination_strengths_are_read_per_substance_s7():
    tablet = line("Paracetamol + codeine", "500 mg + 8 mg", dose=3, times_per_day=4)
    assert ("S7:paracetamol:single", "major") in found([tablet], "S7")


@pytest.mark.parametrize("strength", ["", "strong", "💊", "500/125", "0 mg", "9" * 200])
def test_unreadable_strength_is_said_s7(strength):
    assert "S7:not-checked" in unchecked([line("Paracetamol", strength)])


def child(years=4, kg=16, **changes):
    return {"age_days": int(years * 365.25) + 1, "weight_kg": Decimal(kg), "weight_on": TODAY, **changes}


@pytest.mark.parametrize(
    ("prescribed", "facts", "expected"),
    [
        (("Paracetamol", "120 mg/5 ml", 10, 4), child(), []),  # 240 mg = 15 mg/kg
        (("Paracetamol", "120 mg/5 ml", 12, 3), child(), [("S8:paracetamol", "major")]),  # 288 mg = 18 mg/kg
        (("Paracetamol", "250 mg/5 ml", 10, 2), child(), [("S8:paracetamol", "contraindicated")]),
        (("Gentamicin", "40 mg/ml", 3, 1, "intravenous"), child(), []),
        (("Gentamicin", "40 mg/ml", 5, 1, "intravenous"), child(), [("S8:gentamicin", "contraindicated")]),
        (("Amoxicillin", "250 mg/5 ml", 14, 2), child(), []),  # 43.75 mg/kg, pneumonia band
        (("Azithromycin", "200 mg/5 ml", 4, 1), child(), []),
        (("Paracetamol", "120 mg/5 ml", 40, 4), child(kg=55, years=12), []),  # 50 kg: adult limits
    ],
)
def test_child_doses_s8(prescribed, facts, expected):
    name, strength, dose, times, *route = prescribed
    syrup = line(
        name,
        strength,
        form="syrup",
        dose=dose,
        unit="mL",
        times_per_day=times,
        route=route[0] if route else "oral",
    )
    rules = [entry for entry in found([syrup], "S8", **facts) if not entry[0].endswith(":low")]
    assert list(dict.fromkeys(rules)) == expected


@pytest.mark.parametrize(
    ("kg", "tablets", "tiers"),
    [(12, 1, []), (12, 2, ["contraindicated"]), (14, 1, []), (20, 2, []), (30, 4, ["major"]), (40, 4, [])],
)
def test_weight_bands_s8(kg, tablets, tiers):
    coartem = line("Artemether-lumefantrine", "20 mg/120 mg", dose=tablets, times_per_day=2)
    found_tiers = [tier for _rule, tier in found([coartem], "S8", **child(kg=kg, years=8))]
    assert found_tiers == tiers


def test_missing_and_old_weight_s8():
    syrup = [line("Paracetamol", "120 mg/5 ml", form="syrup", dose=10, unit="mL", times_per_day=4)]
    findings = check(syrup, patient(**child(weight_kg=None)), DATA)
    missing = next(f for f in findings if f.rule == "S8:weight-missing")
    assert (missing.tier, missing.checked) == ("contraindicated", False)
    assert found(syrup, "S8", **child(weight_on=date(2026, 8, 1))) == [("S8:weight-old", "major")]
    assert found(syrup, "S8", **child(weight_on=date(2026, 9, 1))) == []
    assert found(syrup, "S8", **child(years=1, kg=11, weight_on=date(2026, 10, 1)))[0] == (
        "S8:weight-old",
        "major",
    )
    assert found(syrup, "S8", **child(weight_on=None)) == [("S8:weight-old", "major")]


def test_low_child_dose_informs_s8():
    syrup = line("Paracetamol", "120 mg/5 ml", form="syrup", dose=2, unit="mL", times_per_day=4)
    assert found([syrup], "S8", **child()) == [("S8:paracetamol:low", "inform")]


def test_child_without_a_band_is_said_s8():
    assert "S8:not-checked" in unchecked([line("Losartan", "50 mg")], **child())


def test_overrides_4_5():
    assert tiers_needing_reason() == {"contraindicated", "major"}
    assert len(OVERRIDE_REASONS) == len(set(OVERRIDE_REASONS)) == 6

    def answer(tier, reason, text=""):
        return override_refusal(Finding(rule="S1", tier=tier, line=0, title="x"), reason, text=text)

    assert answer("inform", "") == answer("moderate", "") == ""
    assert answer("major", "") == "reason_missing"
    assert answer("major", "because") == "unknown_reason"
    assert answer("major", "monitored") == ""
    assert answer("major", "other", "  ") == "text_too_short"
    assert answer("contraindicated", "monitored", "short") == "text_too_short"
    assert answer("contraindicated", "monitored", "INR checked twice a week") == ""


def test_worst_first_and_no_lines():
    lines = [line("Warfarin"), line("Ibuprofen"), line("Amoxicillin")]
    tiers = [f.tier for f in check(lines, patient(allergies=(allergy("amoxicillin"),)), DATA)]
    order = ["contraindicated", "major", "moderate", "inform"]
    assert tiers == sorted(tiers, key=order.index)
    assert check([], patient(), DATA) == ()


HOSTILE = [
    "",
    " ",
    "+",
    "/",
    "-",
    "'; DROP TABLE medications; --",
    "💊💊",
    "a" * 10_000,
    "\x00",
    "and and",
    "--- + ---",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_not_checked_but_said(name):
    assert "S10:unknown-medicine" in unchecked([line(name, name, form=name[:100])])


@given(
    st.sampled_from(sorted(DATA.known)),
    st.sampled_from(sorted(DATA.known)),
    st.sampled_from(["500 mg", "1 g", "", "5 mg/ml"]),
)
def test_order_does_not_matter_s3(first, second, strength):
    one, other = line(first, strength), line(second, strength)
    forward = found([one, other], "S3")
    assert sorted(forward) == sorted(found([other, one], "S3"))
