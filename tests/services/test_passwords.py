import pytest

from clinicdesk.domain.passwords import load_common, password_problems, pin_problems
from clinicdesk.resources import resource

COMMON = load_common(resource("passwords", "common.txt"))
ADA = ("Ada Obinna", "ada.obinna@clinic.example")


def rules(password, personal=ADA):
    return [problem.rule for problem in password_problems(password, personal=personal, common=COMMON)]


def test_the_list_of_common_passwords_is_a_list_of_lower_case_words():
    assert len(COMMON) >= 1000
    assert all(word == word.lower() and word.strip() == word for word in COMMON)


@pytest.mark.parametrize(
    "password", ["nine quiet herons", "zvq-twelve", "Ẹyẹ méje ní orí igi", "4719305826", "demo clinic 2026"]
)
def test_a_long_password_needs_no_kinds_of_signs(password):
    assert rules(password) == []


@pytest.mark.parametrize("password", ["", "short", "Aa1!Bb2?", "nine char"])
def test_length_comes_first(password):
    problem = password_problems(password, personal=ADA, common=COMMON)[0]
    assert (problem.rule, problem.detail) == ("password_short", {"min": "10"})


@pytest.mark.parametrize(
    "password",
    ["Password123!", "password2026", "P@ssw0rd2026", "qwertyuiop", "1234567890", "aaaaaaaaaaaa", "abababababab",
     "manchester1", "Chioma2026", "iloveyou 2026", "p a s s w o r d", "dragondragon", "0000000000", "hospital-2026"],
)  # fmt: skip
def test_what_guessers_try_first_is_refused(password):
    assert rules(password, ()) == ["password_common"]


@pytest.mark.parametrize(
    "password", ["obinna at sea", "the Óbínná plan", "my ADA.OBINNA key", "xx clinic.example"]
)
def test_the_own_name_and_e_mail_are_refused(password):
    assert rules(password) == ["password_personal"]


def test_a_very_long_one_is_refused():
    assert rules("ab cd ef " * 20) == ["too_long"]


@pytest.mark.parametrize(
    ("pin", "wrong"),
    [
        ("4071", []),
        ("80612", []),
        ("407", ["format"]),
        ("40a1", ["format"]),
        ("٤٠٧١", ["format"]),
        ("123456789", ["format"]),
        ("1234", ["password_common"]),
        ("9876", ["password_common"]),
        ("1111", ["password_common"]),
        ("1212", ["password_common"]),
    ],
)
def test_a_pin_is_digits_but_no_row_of_them(pin, wrong):
    assert [problem.rule for problem in pin_problems(pin)] == wrong
