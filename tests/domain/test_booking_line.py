"""Reading a booking typed in one line."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.appointments import AppointmentType
from clinicdesk.domain.booking_line import read
from clinicdesk.domain.people import Doctor

TODAY = date(2026, 11, 25)  # a Wednesday


def doctor(number, name):
    return Doctor(
        id=UUID(int=number), user_id=UUID(int=number), name=name, specialty="", license_number="", duration=30
    )


DOCTORS = [doctor(1, "Ada Obi"), doctor(2, "Bọ́lá Adé"), doctor(3, "Chika Obinna")]
TYPES = [
    AppointmentType(id=UUID(int=n), name=name, duration=30, price=None)
    for n, name in ((11, "Consultation"), (12, "Follow-up"), (13, "Contraception"))
]


def one(text):
    (line,) = read(text, today=TODAY, doctors=DOCTORS, types=TYPES)
    return line


def day(days):
    return TODAY + timedelta(days=days)


def ids(*numbers):
    return tuple(UUID(int=number) for number in numbers)


def test_the_whole_line():
    line = one("ade fri 10:30 follow-up dr obi")
    assert (line.patient, line.days, line.starts) == ("ade", (day(2),), (630,))
    assert (line.types, line.doctors) == (ids(12), ids(1, 3))  # Obi and Obinna: asked, not guessed
    assert one("ade fri 10:30 fu dr ada obi").doctors == ids(1)
    assert one("Dr bola Ṣadé ọla tom 9am cons").patient == "Ṣadé ọla"


def test_the_patient_on_show_needs_no_name_after_a_day():
    def known(text):
        return read(text, today=TODAY, doctors=DOCTORS, types=TYPES, known=True)[0]

    assert (known("2w fu").patient, known("2w fu").types, known("2w fu").days) == ("", ids(12), (day(14),))
    assert known("con fri 10:30").patient == "con"  # a name in front is a name
    assert known("2w eniola fu").patient == "eniola"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("today", (0,)),
        ("tomorrow", (1,)),
        ("tom", (1,)),
        ("2w", (14,)),
        ("+6wks", (42,)),
        ("fri", (2,)),
        ("mon", (5,)),
        ("wed", (0, 7)),  # today is one: both are meant
        ("next fri", (2, 9)),
        ("+10", (10,)),
        ("27.11.", (2,)),
        ("27/11", (2,)),
        ("2026-11-27", (2,)),
        ("27 nov", (2,)),
        ("24.11", (364,)),  # the next one
    ],
)
def test_days(text, days):
    assert one(f"ade {text} 10:30").days == tuple(map(day, days))


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("10:30", (630,)),
        ("1030", (630,)),
        ("930", (570,)),
        ("10h30", (630,)),
        ("10.30", (630,)),
        ("9am", (540,)),
        ("2pm", (840,)),
        ("2:15pm", (855,)),
        ("12am", (0,)),
        ("2 pm", (840,)),
        ("14", (840,)),
        ("2", (120, 840)),  # what the clinic's hours allow decides
        ("10", (600, 1320)),
    ],
)
def test_times(text, starts):
    assert one(f"ade fri {text}").starts == starts


def test_a_dotted_number_may_be_a_day_or_a_time():
    lines = read("ade 10.12", today=TODAY, doctors=DOCTORS, types=TYPES)
    assert [(line.days, line.starts) for line in lines] == [((date(2026, 12, 10),), ()), ((), (612,))]
    assert one("ade fri 10.12").starts == (612,)
    assert one("ade 10.12 10:30").days == (date(2026, 12, 10),)


def test_what_is_no_booking():
    for text in ("ade", "", "new appointment", "08031234567", "CD00000018", "dr obi"):
        assert not one(text).is_booking, text


def test_types_parts_kinds_and_lengths():
    assert one("ade fri con").types == ids(11, 13)
    assert one("ade fri cons").types == ids(11)
    assert one("connie fri").patient == "connie"  # the first word is a name
    line = one("ade next free follow afternoon video 45m")
    assert (line.asks_next, line.part_of_day, line.kind, line.duration) == (
        True,
        "afternoon",
        "video_call",
        45,
    )
    assert one("ade fri dr xyz").unknown_doctor == "xyz"


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    assert read(text, today=TODAY, doctors=DOCTORS, types=TYPES)
