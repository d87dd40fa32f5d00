"""Numbers, ages and money in words."""

from datetime import date
from decimal import Decimal

import pytest

from clinicdesk.printing import words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "zero"),
        (7, "seven"),
        (19, "nineteen"),
        (20, "twenty"),
        (21, "twenty-one"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (999, "nine hundred and ninety-nine"),
        (1000, "one thousand"),
        (1001, "one thousand and one"),
        (12_500, "twelve thousand five hundred"),
        (1_000_042, "one million and forty-two"),
        (2_000_000_100, "two billion one hundred"),
    ],
)
def test_numbers_in_words(number, text):
    assert words.number_in_words(number) == text


def test_every_number_has_its_own_words():
    assert len({words.number_in_words(number) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("number", [-1, 10**12])
def test_numbers_out_of_range_are_refused(number):
    with pytest.raises(ValueError):
        words.number_in_words(number)


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (21, "capsule", "21 (twenty-one) capsules"),
        (1, "film-coated tablet", "1 (one) tablet"),
        (100, "powder for oral suspension", "100 (one hundred) mL"),
        (1200, "Oral solution", "1,200 (one thousand two hundred) mL"),
        (5, "injection", "5 (five)"),  # vial or ampoule: not known, so not said
    ],
)
def test_quantities(number, form, text):  # spec 4.1, 5.1
    assert words.quantity_in_words(number, form) == text


@pytest.mark.parametrize(
    ("born", "text"),
    [
        (date(1984, 2, 14), "42 years"),
        (date(1984, 11, 25), "41 years"),
        (date(2024, 11, 24), "2 years"),
        (date(2024, 11, 25), "23 months"),
        (date(2026, 10, 24), "1 month"),
        (date(2026, 10, 25), "30 days"),
        (date(2026, 11, 23), "1 day"),
        (date(2026, 11, 24), "0 days"),
    ],
)
def test_ages(born, text):
    assert words.age(born, date(2026, 11, 24)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "figures", "spelled"),
    [
        ("12500", "NGN", "₦12,500.00", "Twelve thousand five hundred naira only"),
        ("0.005", "NGN", "₦0.01", "Zero naira, one kobo only"),
        ("1850.50", "NGN", "₦1,850.50", "One thousand eight hundred and fifty naira, fifty kobo only"),
        ("3.07", "GHS", "GHS 3.07", "Three GHS and 07/100 only"),
        ("-4", "NGN", "−₦4.00", ""),
    ],
)
def test_money(amount, currency, figures, spelled):
    assert words.money(Decimal(amount), currency) == figures
    assert words.money_in_words(Decimal(amount), currency) == spelled
