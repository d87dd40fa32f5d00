"""Vital signs and scores: spec 3.1-3.6 and 4.7."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.clinical_data import HEADERS, ClinicalDataMissing, load_clinical_data
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.visits import Vitals
from clinicdesk.domain.vitals import (
    NewsInput,
    age_group,
    blood_pressure_category,
    bmi,
    bmi_class,
    bsa,
    check_vitals,
    egfr,
    news2,
    parse_measure,
    parse_pressure,
    refuse_impossible,
)

FOLDER = Path(__file__).parents[2] / "resources" / "clinical"
DATA = load_clinical_data(FOLDER)
ADULT = 40 * 365


def levels(age_days=ADULT, **values):
    found = check_vitals(Vitals(**values), age_days=age_days, ranges=DATA.vital_ranges)
    return [(f.field, f.level) for f in found]


@pytest.mark.parametrize(
    ("age_days", "values", "expected"),
    [
        (ADULT, {"weight": 700.0}, [("weight", "reject")]),
        (ADULT, {"weight": 400.0}, [("weight", "alert")]),
        (ADULT, {"weight": 400.1}, [("weight", "reject")]),
        (ADULT, {"weight": 70.0}, []),
        (ADULT, {"weight": float("nan")}, [("weight", "reject")]),
        (ADULT, {"weight": float("inf")}, [("weight", "reject")]),
        (ADULT, {"weight": -5.0}, [("weight", "reject")]),
        (ADULT, {"temperature": 37.0}, []),
        (ADULT, {"temperature": 39.1}, [("temperature", "alert")]),
        (ADULT, {"temperature": 41.0}, [("temperature", "critical")]),
        (ADULT, {"temperature": 98.6}, [("temperature", "reject")]),
        (ADULT, {"heart_rate": 130}, [("heart_rate", "alert")]),
        (ADULT, {"heart_rate": 131}, [("heart_rate", "critical")]),
        (ADULT, {"oxygen_saturation": 91}, [("oxygen_saturation", "critical")]),
        (ADULT, {"oxygen_saturation": 101}, [("oxygen_saturation", "reject")]),
        (ADULT, {"systolic": 120, "diastolic": 80}, []),
        (ADULT, {"systolic": 80, "diastolic": 80}, [("systolic", "critical"), ("diastolic", "reject")]),
        (ADULT, {"systolic": 120}, [("systolic", "alert")]),  # 3.1.4: one of the two only
        (10, {"heart_rate": 60}, [("heart_rate", "critical")]),
        (30, {"respiratory_rate": 60}, [("respiratory_rate", "alert")] * 2),  # 3.1.6
        (300, {"respiratory_rate": 50}, [("respiratory_rate", "alert")]),
        (300, {"respiratory_rate": 49}, []),
        (3 * 366, {"systolic": 75, "diastolic": 50}, [("systolic", "critical")]),  # 3.1.7: 70 + 2 x 3
        (3 * 366, {"systolic": 76, "diastolic": 50}, [("systolic", "alert")]),
        (10 * 366, {"systolic": 90, "diastolic": 60}, [("systolic", "alert")]),  # 90 from 10 years
        (10 * 366, {"systolic": 89, "diastolic": 60}, [("systolic", "critical")]),
        (3 * 366, {"weight": 15.0}, [("weight", "not_checked")]),  # z bounds need growth tables
        (3 * 366, {"weight": 250.0}, [("weight", "reject")]),
        (ADULT, {}, []),
    ],
)
def test_ranges_3_1(age_days, values, expected):
    assert levels(age_days, **values) == expected


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (0, "neonate"),
        (27, "neonate"),
        (28, "infant"),
        (364, "infant"),
        (365, "toddler"),
        (1096, "preschool"),
        (2192, "school"),
        (4383, "adolescent"),
        (5843, "adolescent"),
        (5844, "adult"),
    ],
)
def test_age_groups_3_1_1(days, group):
    assert age_group(days) == group


@pytest.mark.parametrize(
    ("values", "field", "rule", "hint", "suggestion"),
    [
        ({"weight": 700.0}, "weight", "3.1", "decimal_point", "70.0"),
        ({"temperature": 98.6}, "temperature", "3.1", "fahrenheit", "37.0"),
        ({"height": 1.72}, "height", "3.1", "metres", "172.0"),
        ({"systolic": 80, "diastolic": 120}, "diastolic", "3.1.4", "swapped", None),
        ({"heart_rate": 999}, "heart_rate", "3.1", None, None),
    ],
)
def test_refusals_name_limits_and_slip_3_2(values, field, rule, hint, suggestion):
    with pytest.raises(InvalidField) as refused:
        refuse_impossible(Vitals(**values), age_days=ADULT, ranges=DATA.vital_ranges)
    error = refused.value
    assert (error.field, error.rule) == (field, rule)
    assert error.detail.get("hint") == hint
    assert error.detail.get("suggestion") == suggestion
    assert "high" in error.detail


def test_700_kg_detail():
    with pytest.raises(InvalidField) as refused:
        refuse_impossible(Vitals(weight=700.0), age_days=ADULT, ranges=DATA.vital_ranges)
    assert (refused.value.detail["low"], refused.value.detail["high"], refused.value.detail["unit"]) == (
        "20",
        "400",
        "kg",
    )


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("temperature", "98.6F", "37.0"),
        ("temperature", "98.6 °F", "37.0"),
        ("temperature", "37,2", "37.2"),
        ("temperature", " 37.2 °C ", "37.2"),
        ("weight", "154 lb", "69.853"),
        ("weight", "72.5kg", "72.500"),
        ("weight", "3500 g", "3.500"),
        ("height", "1.72 m", "172.0"),
        ("height", "1m72", "172.0"),
        ("height", "172", "172.0"),
        ("height", "5ft7", "170.2"),
        ("height", "5'7\"", "170.2"),
        ("height", "5’ 7”", "170.2"),
        ("height", "5 ft 7 in", "170.2"),
        ("height", "6'", "182.9"),
        ("height", "67 in", "170.2"),
        ("systolic", "16 kPa", "120"),
        ("heart_rate", "72 bpm", "72"),
        ("oxygen_saturation", "98%", "98"),
        ("glucose", "100 mg/dL", "5.6"),
        ("creatinine", "88.4 umol/L", "1.00"),
    ],
)
def test_typed_units_3_2(kind, text, value):
    assert str(parse_measure(kind, text)) == value


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("weight", "", "empty"),
        ("weight", "seventy", "not_a_measure"),
        ("weight", "70 stone", "unknown_unit"),
        ("weight", "1,234", "ambiguous_comma"),
        ("weight", "9" * 40, "not_a_measure"),
        ("weight", "-70", "not_a_measure"),
        ("weight", "1e3", "not_a_measure"),
        ("weight", "'; DROP TABLE", "not_a_measure"),
        ("weight", "💊", "not_a_measure"),
        ("weight", "٧٠", "not_a_measure"),
        ("height", "5ft13", "not_a_measure"),
        ("heart_rate", "72.5", "whole_number"),
        ("temperature", "37 kg", "unknown_unit"),
    ],
)
def test_wrong_measures_3_2(kind, text, rule):
    with pytest.raises(InvalidField) as refused:
        parse_measure(kind, text)
    assert (refused.value.field, refused.value.rule) == (kind, rule)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("120/80", (120, 80)),
        ("120 over 80", (120, 80)),
        ("16/10.6 kPa", (120, 80)),
        ("16 / 10.6kPa", (120, 80)),
    ],
)
def test_pressure_3_2(text, pair):
    assert parse_pressure(text) == pair


@pytest.mark.parametrize("text", ["", "120", "120/", "/80", "120/80/60", "a/b"])
def test_wrong_pressure_3_2(text):
    with pytest.raises(InvalidField):
        parse_pressure(text)


@given(st.sampled_from(["weight", "height", "temperature", "systolic"]), st.text(max_size=20))
def test_anything_typed_is_a_number_or_refused(kind, text):
    answer = outcome(kind, text)
    assert answer.field == kind if isinstance(answer, InvalidField) else answer.is_finite()


def outcome(kind, text):
    try:
        return parse_measure(kind, text)
    except InvalidField as error:
        return error


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("15.99", "severe_thinness"),
        ("16", "moderate_thinness"),
        ("18.49999", "mild_thinness"),
        ("18.5", "normal"),
        ("24.9999", "normal"),
        ("25", "pre_obese"),
        ("39.99", "obese_2"),
        ("40", "obese_3"),
    ],
)
def test_bmi_classes_use_the_unrounded_value_3_3(value, name):
    assert bmi_class(Decimal(value)) == name


def test_bmi_3_3():
    result = bmi(70, 172, age_years=40)
    assert (result.shown(), result.label) == ("23.7", "normal")
    assert bmi(70, 172, age_years=40, pregnant=True).label == ""
    assert bmi(30, 130, age_years=9).note.startswith("no class under 20")
    assert bmi(None, 172).note == "not calculated: weight missing"
    assert bmi(70, None).note == "not calculated: height missing"
    assert bmi(70, 0).value is None
    assert bsa(70, 172).shown(2) == "1.83"


HEALTHY: dict[str, Any] = {
    "respiratory_rate": 16,
    "spo2": 97,
    "on_oxygen": False,
    "systolic": 120,
    "pulse": 70,
    "consciousness": "alert",
    "temperature": 36.8,
}


def score(**changes):
    options: dict[str, Any] = {"age_years": 50}
    options |= {key: changes.pop(key) for key in ("age_years", "pregnant", "scale_2") if key in changes}
    return news2(NewsInput(**(HEALTHY | changes)), DATA.news2, **options)


@pytest.mark.parametrize(
    ("changes", "total", "band"),
    [
        ({}, 0, "low"),
        ({"respiratory_rate": 8}, 3, "low_medium"),
        ({"respiratory_rate": 9}, 1, "low"),
        ({"respiratory_rate": 21}, 2, "low"),
        ({"respiratory_rate": 25}, 3, "low_medium"),
        ({"spo2": 91}, 3, "low_medium"),
        ({"spo2": 95}, 1, "low"),
        ({"on_oxygen": True}, 2, "low"),
        ({"systolic": 90}, 3, "low_medium"),
        ({"systolic": 220}, 3, "low_medium"),
        ({"pulse": 131}, 3, "low_medium"),
        ({"consciousness": "confusion"}, 3, "low_medium"),
        ({"temperature": 35.04}, 3, "low_medium"),  # 3.5.1: rounds to 35.0
        ({"temperature": 35.05}, 1, "low"),  # half up: 35.1
        ({"temperature": 39.1}, 2, "low"),
        ({"spo2": 93, "scale_2": True}, 0, "low"),
        ({"spo2": 93, "on_oxygen": True, "scale_2": True}, 3, "low"),
        ({"spo2": 97, "on_oxygen": True, "scale_2": True}, 5, "medium"),
        ({"spo2": 83, "scale_2": True}, 3, "low_medium"),
        ({"respiratory_rate": 25, "pulse": 115}, 5, "medium"),
        ({"respiratory_rate": 25, "pulse": 131, "temperature": 38.5}, 7, "high"),
    ],
)
def test_news2_3_5(changes, total, band):
    result = score(**changes)
    assert (result.total, result.band) == (total, band)


def test_news2_incomplete_3_5_2():
    result = score(pulse=None, respiratory_rate=25)
    assert (result.total, result.minimum, result.missing) == (None, 3, ("pulse",))
    assert result.note == "incomplete: pulse missing"
    assert score(spo2=95, on_oxygen=None, scale_2=True).total is None


@pytest.mark.parametrize("options", [{"age_years": 15}, {"pregnant": True}, {"age_years": None}])
def test_news2_not_calculated_3_5_5(options):
    result = score(**options)
    assert result.total is None
    assert result.note.startswith("not calculated")


@pytest.mark.parametrize("changes", [{"pulse": Decimal("70.5")}, {"consciousness": "sleepy"}])
def test_news2_refuses_3_5_1(changes):
    with pytest.raises(InvalidField):
        score(**changes)


def test_news2_reassessment_3_5_4():
    assert score().reassess == "12 h"
    assert score(pulse=95).reassess == "4-6 h"
    assert score(respiratory_rate=25, pulse=131, temperature=38.5).reassess == "continuous"


@pytest.mark.parametrize(
    ("readings", "age", "label"),
    [
        ([(119, 79), (119, 79)], 40, "normal"),
        ([(120, 79)], 40, "elevated"),
        ([(120, 80)], 40, "stage_1"),
        ([(139, 89)], 40, "stage_1"),
        ([(140, 70)], 40, "stage_2"),
        ([(120, 90)], 40, "stage_2"),
        ([(180, 120)], 40, "stage_2"),
        ([(181, 90)], 40, "crisis_prompt"),
        ([(150, 80), (110, 70)], 40, "stage_1"),
        ([(181, 90)], 15, "stage_2"),
        ([(100, 60)], 8, ""),
    ],
)
def test_blood_pressure_3_6(readings, age, label):
    assert blood_pressure_category(readings, age_years=age).label == label


def test_blood_pressure_notes_3_6():
    assert blood_pressure_category([(100, 60)], age_years=8).note == "percentile table not loaded"
    assert blood_pressure_category([(120, 70)], age_years=40).provisional
    assert blood_pressure_category([], age_years=40).note == "not calculated: readings missing"
    other = blood_pressure_category([(139, 89)], age_years=40, label_set="140_90")
    assert other.label == "below_treatment_threshold"


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "shown", "stage"),
    [
        ("1.0", 50, "male", "92", "G1"),
        ("1.0", 50, "female", "69", "G2"),
        ("0.5", 30, "female", "129", "G1"),
        ("2.0", 60, "male", "38", "G3b"),
        ("8.0", 70, "female", "5", "G5"),
    ],
)
def test_egfr_4_7(creatinine, age, sex, shown, stage):
    result = egfr(Decimal(creatinine), age_years=age, sex=sex)
    assert (result.shown, result.stage) == (shown, stage)


def test_egfr_matches_the_formula_4_7():
    expected = 142 * (1.5 / 0.9) ** -1.2 * 0.9938**45
    result = egfr(1.5, age_years=45, sex="male")
    assert float(result.value or 0) == pytest.approx(expected)


def test_egfr_limits_4_7():
    unknown = egfr(1.0, age_years=50, sex="unknown")
    assert (unknown.shown, unknown.other is not None) == ("69", True)
    assert egfr(None, age_years=50, sex="male").note == "not calculated: creatinine missing"
    assert egfr(1.0, age_years=17, sex="male").note.startswith("not applicable")
    assert egfr(1.0, age_years=30, sex="female", pregnant=True).value is None
    with pytest.raises(InvalidField):
        egfr(0, age_years=30, sex="female")


@pytest.fixture
def copied(tmp_path):
    for name in HEADERS:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    return tmp_path


def test_the_same_files_are_the_same_version(copied):
    assert load_clinical_data(copied).version == DATA.version
    text = (copied / "interactions.csv").read_text(encoding="utf-8")
    (copied / "interactions.csv").write_text(text.replace("DDI001", "DDI901"), encoding="utf-8")
    assert load_clinical_data(copied).version != DATA.version


@pytest.mark.parametrize("name", sorted(HEADERS))
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: b"\xff\xfe\x00",
        lambda raw: raw[: len(raw) // 2].rsplit(b",", 1)[0],
        lambda raw: raw.replace(b",", b";", 1),
        lambda raw: raw.splitlines()[0],
    ],
)
def test_damaged_tables_are_refused(copied, name, damage):
    (copied / name).write_bytes(damage((copied / name).read_bytes()))
    with pytest.raises(ClinicalDataMissing) as missing:
        load_clinical_data(copied)
    assert missing.value.args[0] == name


def test_absent_table_and_wrong_values(copied):
    limits = copied / "dose_limits.csv"
    raw = limits.read_text(encoding="utf-8")
    for wrong in (raw.replace(",1000,4000,", ",lots,4000,", 1), raw.replace(",verified", ",perhaps", 1)):
        limits.write_text(wrong, encoding="utf-8")
        with pytest.raises(ClinicalDataMissing):
            load_clinical_data(copied)
    limits.unlink()
    with pytest.raises(ClinicalDataMissing):
        load_clinical_data(copied)
