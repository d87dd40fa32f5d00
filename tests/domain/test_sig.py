"""Typed directions: spec 4.2 (words) and 4.4 (parser)."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Sig
from clinicdesk.domain.quantity import quantity
from clinicdesk.domain.sig import parse_sig, split_line, unit_for_form, words, words_parts

DATA = load_clinical_data(Path(__file__).parents[2] / "resources" / "clinical")


def read(text, **options):
    return parse_sig(text, default_unit=options.pop("default_unit", "tablet"), data=DATA, **options)


def refused(text, **options):
    with pytest.raises(InvalidField) as error:
        read(text, **options)
    return error.value.rule, error.value.detail["token"], int(error.value.detail["position"])


@pytest.mark.parametrize(
    ("text", "sentence", "count"),
    [
        ("tds 7d", "Take 1 tablet three times a day for 7 days", 21),
        ("2 tabs tds 4d", "Take 2 tablets three times a day for 4 days", 24),
        ("2 tabs bd x5/7", "Take 2 tablets twice a day for 5 days", 20),
        ("2 TABS B.D. X 5/7", "Take 2 tablets twice a day for 5 days", 20),
        ("2tabs bd 5d", "Take 2 tablets twice a day for 5 days", 20),
        ("i bd 1/7", "Take 1 tablet twice a day for 1 day", 2),
        ("ii nocte 1/52", "Take 2 tablets every night for 7 days", 14),
        ("½ od 10d", "Take half a tablet once a day for 10 days", 5),
        ("1/2 od x3/7", "Take half a tablet once a day for 3 days", 2),
        ("1 1/2 tabs bd 2d", "Take 1 and a half tablets twice a day for 2 days", 6),
        ("half a tab od 4d", "Take half a tablet once a day for 4 days", 2),
        ("5 ml tds 5 days", "Take 5 mL three times a day for 5 days", 75),
        ("1 tsp tds 5 days", "Take 5 mL three times a day for 5 days", 75),
        ("1 cap q8h 5d", "Take 1 capsule every 8 hours for 5 days", 15),
        ("1 tab 6 hourly for 2 days", "Take 1 tablet every 6 hours for 2 days", 8),
        (
            "1 tab three times a day after food 5d",
            "Take 1 tablet three times a day after food for 5 days",
            15,
        ),
        ("1 bd pc 5d", "Take 1 tablet twice a day after food for 5 days", 10),
        ("1 alternate days 10d", "Take 1 tablet every other day for 10 days", 5),
        ("1 weekly on monday 4 weeks", "Take 1 tablet once a week on Monday for 28 days", 4),
        ("2 stat", "Take 2 tablets immediately as a single dose", 2),
        ("1 om 1/12", "Take 1 tablet every morning for 30 days", 30),
        ("2 puffs inh qds 3d", "Inhale 2 puffs four times a day for 3 days", 24),
        ("1 drop right eye qds 7d", "Put 1 drop in the right eye four times a day for 7 days", 28),
        (
            "1-2 tabs qds prn max 8/24h 3d",
            "Take 1 to 2 tablets four times a day when needed, no more than 4 doses (8 tablets) in 24 hours "
            "for 3 days",
            24,
        ),
        (
            "1 prn max 3 per day 2d for pain",
            "Take 1 tablet when needed for pain, no more than 3 doses (3 tablets) in 24 hours for 2 days",
            6,
        ),
        ("1 bd 5d; With water", "Take 1 tablet twice a day for 5 days. With water", 10),
    ],
)
def test_read_back_4_2_4_4(text, sentence, count):
    parsed = read(text)
    spoken = words(parsed.sig)
    if "right eye" in sentence:
        assert sorted(spoken.split()) == sorted(sentence.split())
    else:
        assert spoken == sentence
    assert quantity(parsed.sig) == count


@pytest.mark.parametrize(
    ("text", "rule", "token", "position"),
    [
        ("", "empty", "", 0),
        ("   ", "empty", "", 0),
        (".5 tab od", "leading_point", ".5", 0),
        ("5.0 ml tds", "trailing_zero", "5.0", 0),
        ("1 tab xyz", "unknown_word", "xyz", 6),
        ("1 qd 5d", "unknown_word", "qd", 2),
        ("1 qod 5d", "write_alternate_days", "qod", 2),
        ("10 u od", "forbidden_unit", "u", 3),
        ("10 IU od", "forbidden_unit", "iu", 3),
        ("1 od x7", "unknown_word", "x7", 5),
        ("5/7 bd", "unknown_word", "5/7", 0),
        ("2 bd 5", "dose_twice", "5", 5),
        ("1 bd tds", "frequency_twice", "tds", 5),
        ("2-1 bd", "range_backwards", "2-1", 0),
        ("0 bd", "dose_range", "0", 0),
        ("9999999 bd", "dose_range", "9999999", 0),
        ("1 bd 9999 days", "duration_range", "9999 days", 5),
        ("1 weekly", "weekly_needs_day", "weekly", 2),
        ("1 tds prn", "prn_needs_max", "prn", 6),
        ("1 prn", "prn_needs_max", "prn", 2),
        ("1 bd max 4/24h", "max_without_prn", "max", 5),
        ("1 tab", "frequency_missing", "", 0),
        ("mdu", "as_directed", "as directed", 0),
        ("1 bd os 5d", "eye_abbreviation", "os", 5),
        ("1 drop od right eye", "eye_abbreviation", "od", 7),
        ("1 bd'; DROP TABLE users; --", "unknown_word", "bd'", 2),
        ("💊 bd", "unknown_word", "💊", 0),
        ("1 bd 5d <script>", "unknown_word", "<script>", 8),
        ("x" * 201, "too_long", "", 200),
    ],
)
def test_refused_at_its_place_4_4(text, rule, token, position):
    assert refused(text) == (rule, token, position)


def test_od_is_refused_for_eye_and_ear_routes_4_4():
    assert refused("1 drop od", default_route="ocular")[0] == "eye_abbreviation"
    assert refused("1 drop od", default_route="otic")[0] == "eye_abbreviation"
    assert read("1 drop once daily 3d", default_route="ocular").sig.times_per_day == 1


def test_as_directed_4_4():
    assert read("1 bd mdu 5d").sig.instructions == "As directed"
    assert refused("1 bd mdu 5d", controlled=True)[0] == "as_directed"
    assert refused("1 bd mdu")[0] == "as_directed"


def test_assumptions_are_listed_4_4():
    assert read("tds 7d").assumptions == ("dose: 1 tablet",)
    assert "1 month counted as 28 days" in read("1 tab od 1/12", month_days=28).assumptions
    assert "no duration given" in read("1 tab od").assumptions
    assert any("counted as 4 doses" in a for a in read("1-2 tabs qds prn max 8/24h 3d").assumptions)


def test_route_iv_is_not_the_number_four():
    parsed = read("iv stat", default_unit="vial").sig
    assert (parsed.dose, parsed.route) == (1, "intravenous")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("amox 500 tds 7d", ("amox", "500", "tds 7d")),
        ("paracetamol 500mg 2 tabs qds 3d", ("paracetamol", "500mg", "2 tabs qds 3d")),
        ("amoxicillin susp 250mg/5ml 5 ml tds 5 days", ("amoxicillin susp", "250mg/5ml", "5 ml tds 5 days")),
        ("co-amoxiclav 500/125 1 bd", ("co-amoxiclav", "500/125", "1 bd")),
        ("ceftriaxone 1g iv od 3 days", ("ceftriaxone", "1g", "iv od 3 days")),
        ("paracetamol 2 tabs tds", ("paracetamol", "", "2 tabs tds")),
        ("prednisolone 1/2 od", ("prednisolone", "", "1/2 od")),
        ("vitamin c 100 mg od", ("vitamin c", "100 mg", "od")),
        ("2 tabs bd x5/7", ("", "", "2 tabs bd x5/7")),
        ("i bd", ("", "", "i bd")),
        ("amoxicillin", ("amoxicillin", "", "")),
        ("", ("", "", "")),
    ],
)
def test_split_line(line, parts):
    assert split_line(line, DATA) == parts


def test_three_columns_of_the_seed():
    assert words_parts(read("2 tabs bd pc x5/7").sig) == ("2 tablets", "twice a day after food", "5 days")


@pytest.mark.parametrize(
    ("form", "unit"),
    [
        ("Tablets", "tablet"),
        ("capsule", "capsule"),
        ("oral suspension", "mL"),
        ("eye drops", "drop"),
        ("cream", "application"),
        ("", ""),
        ("thing", ""),
    ],
)
def test_unit_for_form(form, unit):
    assert unit_for_form(form, DATA) == unit


FORBIDDEN = re.compile(r"\.[0-9]*0\b|(?<![0-9])\.[0-9]|\bIU\b|\bU\b|µ|μ|\bQD\b|\bQOD\b|E[+-]")


@given(
    st.integers(1, 400).map(lambda n: Decimal(n).scaleb(-2)),
    st.sampled_from(["tablet", "mL", "IU", "ug", "puff"]),
    st.integers(1, 24),
    st.integers(1, 365),
)
def test_forbidden_output_4_2(dose, unit, times, days):
    text = words(Sig(dose=dose, unit=unit, times_per_day=times, duration_days=days))
    assert FORBIDDEN.search(text) is None, text


@given(st.text(max_size=60))
def test_anything_typed_is_read_or_refused_4_4(text):
    answer = outcome(text)
    if isinstance(answer, InvalidField):
        assert answer.field == "sig"
        assert 0 <= int(answer.detail["position"]) <= 200
    else:
        assert answer.dose > 0
    assert len(split_line(text, DATA)) == 3


def outcome(text):
    try:
        return read(text).sig
    except InvalidField as error:
        return error
