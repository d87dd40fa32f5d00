"""Bar codes on packs (spec 5.9), against our own table and against biip where it can tell."""

from datetime import date

import pytest
from biip import parse as biip_parse

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.gs1 import PackCode, check_digit, is_gtin, parse

TODAY = date(2026, 11, 25)
GTIN = "06154000012342"
GS = "\x1d"

READ = [
    (f"01{GTIN}17281231", PackCode(gtin=GTIN, expiry=date(2028, 12, 31))),
    (f"01{GTIN}1728123110ABC123", PackCode(gtin=GTIN, expiry=date(2028, 12, 31), batch="ABC123")),
    (f"]d201{GTIN}10ABC123{GS}1728123121S9", PackCode(gtin=GTIN, expiry=date(2028, 12, 31), batch="ABC123", serial="S9")),
    (f"]C101{GTIN}10ABC123{GS}21S9", PackCode(gtin=GTIN, batch="ABC123", serial="S9")),
    (f"]Q3{GS}01{GTIN}{GS}17281200{GS}10L-1/a", PackCode(gtin=GTIN, expiry=date(2028, 12, 31), batch="L-1/a")),
    (f"10ABC{GS}01{GTIN}17280229", PackCode(gtin=GTIN, expiry=date(2028, 2, 29), batch="ABC")),
    (f"(01){GTIN}(17)280200(10)AB C", None),  # a space is in no set
    (f"(01){GTIN}(17)280200(10)AB-C(21)7", PackCode(gtin=GTIN, expiry=date(2028, 2, 29), batch="AB-C", serial="7")),
    (f"01{GTIN}11250101172812003050", PackCode(gtin=GTIN, made=date(2025, 1, 1), expiry=date(2028, 12, 31), count=50)),
    (f"01{GTIN}37100{GS}10X", PackCode(gtin=GTIN, batch="X", count=100)),
    (f"01{GTIN}710NDC-12{GS}10X", PackCode(gtin=GTIN, batch="X")),
    (f"01{GTIN}01{GTIN}10X", PackCode(gtin=GTIN, batch="X")),  # twice the same
    ("6154000012342", PackCode(gtin="06154000012342")),
    ("036000291452", PackCode(gtin="00036000291452")),
    ("96385074", PackCode(gtin="00000096385074")),
    (f" {GTIN}\r\n", PackCode(gtin=GTIN)),
]  # fmt: skip
REFUSED = [
    ("06154000012343", "code_check_digit"), ("6154000012343", "code_check_digit"), (f"01{GTIN[:-1]}317281231", "code_check_digit"),
    ("1728123110ABC", "gs1"), ("10ABC", "gs1"), ("21XYZ", "gs1"), ("", "gs1"), ("hello", "gs1"), ("12345", "gs1"),
    (f"01{GTIN}17281301", "gs1_date"), (f"01{GTIN}17280001", "gs1_date"), (f"01{GTIN}17270230", "gs1_date"),
    (f"01{GTIN}17280431", "gs1_date"), (f"01{GTIN}1728", "gs1"), (f"01{GTIN}17ABCDEF", "gs1"), (f"01{GTIN}10", "gs1"),
    (f"01{GTIN}10{'A' * 21}", "gs1"), (f"01{GTIN}10A{GS}10B", "gs1"), (f"01{GTIN}21A{GS}235B", "gs1"),
    (f"01{GTIN}89X", "gs1"), (f"01{GTIN}10Ä", "gs1"), (f"01{GTIN}30AB", "gs1"), ("01123", "gs1"), ("(99x)1", "gs1"),
    ("٠١٢٣٤٥٦٧", "gs1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ)
def test_spec_5_9_codes_with_and_without_separators(text, expected):
    if expected is None:
        with pytest.raises(InvalidField):
            parse(text, today=TODAY)
        return
    assert parse(text, today=TODAY) == expected


@pytest.mark.parametrize(("text", "rule"), REFUSED)
def test_spec_5_9_what_cannot_be_trusted_is_refused_with_its_reason(text, rule):
    with pytest.raises(InvalidField) as caught:
        parse(text, today=TODAY)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("year", "digits", "expected"),
    [(2026, "76", 2076), (2026, "77", 1977), (2026, "99", 1999), (2026, "00", 2000), (2060, "10", 2110), (2060, "11", 2011), (2099, "49", 2149)],
)  # fmt: skip
def test_spec_5_9_two_digit_years_find_their_century(year, digits, expected):
    found = parse(f"01{GTIN}17{digits}0100", today=date(year, 6, 1))
    assert found.expiry == date(expected, 1, 31)


def test_the_position_of_an_unknown_identifier_is_told():
    with pytest.raises(InvalidField) as caught:
        parse(f"01{GTIN}89X", today=TODAY)
    assert caught.value.detail == {"at": "17"}


@pytest.mark.parametrize("digits", ["0615400001234", "9638507", "03600029145", "1061414100001"])
def test_check_digits_agree_with_an_independent_reader(digits):
    made = digits + check_digit(digits)
    assert is_gtin(made)
    assert biip_parse(made).gtin is not None
    wrong = digits + str((int(check_digit(digits)) + 1) % 10)
    assert not is_gtin(wrong)


def test_an_independent_reader_sees_the_same_in_a_long_code():
    text = f"]d201{GTIN}10ABC123{GS}1728123121S9"
    message = biip_parse(text).gs1_message
    assert message is not None
    theirs = {element.ai.ai: element.value for element in message.element_strings}
    ours = parse(text, today=TODAY)
    assert (theirs["01"], theirs["10"], theirs["17"], theirs["21"]) == (
        ours.gtin,
        ours.batch,
        "281231",
        ours.serial,
    )
