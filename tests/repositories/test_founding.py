import psycopg
import pytest

from clinicdesk.bootstrap import Core
from clinicdesk.domain.errors import InvalidField
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.founding import found_clinic, has_clinic


def test_a_new_clinic_has_its_administrator_and_a_formulary(clinic):
    uri = clinic.addresses.postgres
    assert has_clinic(uri)
    answers = {
        "clinic": "Palm Row Clinic",
        "admin": "Ify Ojo",
        "email": "ify@founding.invalid",
        "password": "seven calm herons",
    }
    with psycopg.connect(uri, autocommit=True) as owner:
        owner.execute(f'DROP ROLE IF EXISTS "{login_name(answers["email"])}"')
    found_clinic(uri, **answers)
    session = Core(clinic.deployment).sign_in(answers["email"], answers["password"])
    assert (session.actor.role, session.actor.name, session.actor.clinic.name) == (
        "admin",
        "Ify Ojo",
        "Palm Row Clinic",
    )
    session.close()
    with psycopg.connect(uri) as owner:
        assert owner.execute("SELECT count(*) > 300 FROM medications").fetchone() == (True,)
        assert owner.execute("SELECT count(*) > 5 FROM appointment_types").fetchone() == (True,)
    with pytest.raises(InvalidField) as caught:
        found_clinic(uri, **answers)
    assert (caught.value.field, caught.value.rule) == ("email", "taken")
    with psycopg.connect(uri, autocommit=True) as owner:
        owner.execute(f'DROP ROLE "{login_name(answers["email"])}"')
