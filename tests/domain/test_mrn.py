"""Record numbers: spec 2.1 (MRN) and 4.1 (prescription number)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain import mrn


@pytest.mark.parametrize(
    ("n", "text"), [(0, "CD00000000"), (1, "CD00000018"), (1234567, "CD12345674"), (9999999, "CD99999997")]
)
def test_make_2_1(n, text):
    assert mrn.make(n) == text


def test_luhn_known_value():
    assert mrn.luhn("7992739871") == "3"


@given(st.integers(0, mrn.MAX_MRN))
def test_every_number_is_valid_2_1(n):
    assert mrn.valid(mrn.make(n))


@given(st.integers(0, mrn.MAX_MRN), st.integers(2, 9), st.integers(1, 9))
def test_one_wrong_digit_is_found_2_1(n, place, shift):
    good = mrn.make(n)
    bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert not mrn.valid(bad)


@given(st.text(max_size=30))
def test_only_made_numbers_are_valid(text):
    assert mrn.valid(text) == (
        re.fullmatch("CD[0-9]{8}", text) is not None and mrn.make(int(text[2:9])) == text
    )
    assert not mrn.valid_rx(text) or re.fullmatch("RX-[0-9]{11}", text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "CD", "CD1234567", "cd12345674", "CD12345675", "CD12345674 ", "CD12345674\n", "' OR 1=1 --"),
        *("CD١٢٣٤٥٦٧٤", "💊", "CD" + "9" * 5000),
    ],
)
def test_wrong_record_numbers(text):
    assert not mrn.valid(text)


def test_tidy_makes_typed_numbers_comparable():
    assert mrn.valid(mrn.tidy(" cd 1234 5674\n"))


@pytest.mark.parametrize("n", [-1, 10_000_000])
def test_counter_out_of_range(n):
    with pytest.raises(ValueError, match="range"):
        mrn.make(n)


@given(st.integers(2000, 2199), st.integers(0, mrn.MAX_RX))
def test_prescription_numbers_4_1(year, counter):
    text = mrn.make_rx(year, counter)
    assert text.startswith(f"RX-{year}")
    assert len(text) == len("RX-") + 4 + 6 + 1
    assert mrn.valid_rx(text)


@pytest.mark.parametrize(("year", "counter"), [(26, 1), (2026, -1), (2026, 1_000_000)])
def test_prescription_number_out_of_range(year, counter):
    with pytest.raises(ValueError, match="range"):
        mrn.make_rx(year, counter)
