"""Hostile text through the services behind the rooms: search boxes, typed bookings, lists, imports, settings."""

import csv
import io
from uuid import uuid4

import pytest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.patients import NewGuardian
from tests.lockout import forget_failures
from tests.security.test_injection import HOSTILE, state_of


def attempts(desk, who, clinic, text):
    """What that person's screens pass on of a typed text."""
    patient = clinic.small.patients[0]
    everybody = [lambda: desk.patients.search(text, 12)]
    rooms = {
        "receptionist": [
            lambda: desk.bookings.typed.answer(text, {}),
            lambda: desk.arrivals.scan(text),
            lambda: desk.records.add_guardian(patient, NewGuardian(name=text, relation="mother", phone=text)),
            lambda: desk.scheduling.add_waiting(patient, latest=clinic.small.tomorrow, note=text),
        ],
        "pharmacist": [
            lambda: desk.receiving.scan(text),
            lambda: desk.receiving.link(text, text),
            lambda: desk.ordering.save_supplier(text, text),
            lambda: desk.stocktaking.start(uuid4(), text),
            lambda: desk.stock_import.dry_run(*sheet_of(desk, text)),
            lambda: desk.verifying.identify(text),
        ],
        "admin": [
            lambda: desk.administration.save("room", None, {"name": text}),
            lambda: desk.administration.save("specialty", None, {"name": text, "description": text}),
        ],
        "doctor": [
            lambda: desk.charts.add_allergy(patient, text, reaction=text),
            lambda: desk.charts.add_problem(patient, text, code=text),
            lambda: desk.bookings.typed.answer(text, {}, on_show=text),
        ],
    }
    return everybody + rooms[who]


def sheet_of(desk, text):
    made = io.StringIO()
    heads = ["Item code", "Name", "Batch", "Expiry", "Quantity"]
    csv.writer(made).writerows([heads, [text] * len(heads)])
    sheet = desk.stock_import.read("list.csv", made.getvalue().encode("utf-8", "replace"))
    return sheet, desk.stock_import.guess(sheet)


@pytest.mark.parametrize("who", ["receptionist", "pharmacist", "admin", "doctor"])
def test_text_is_only_text_in_every_room(clinic, who):
    forget_failures(clinic)
    desk = desk_of(clinic.sign_in(who))
    with clinic.owner() as owner:
        before = state_of(owner)[-2:]
        users = owner.execute("SELECT count(*) FROM users").fetchone()
    went = 0
    for text in HOSTILE:
        for attempt in attempts(desk, who, clinic, text):
            try:
                attempt()
                went += 1
            except DomainError:
                continue  # a refusal in words; anything else is a failure of this test
    with clinic.owner() as owner:
        assert state_of(owner)[-2:] == before  # no role and no function moved
        assert owner.execute("SELECT count(*) FROM users").fetchone() == users
    assert went > 10
