import pytest

from clinicdesk.bootstrap import Core
from clinicdesk.domain.errors import StoreUnavailable, WrongPassword
from clinicdesk.domain.people import Role
from clinicdesk.settings import Deployment, PostgresSettings
from tests.small_clinic import PASSWORD, STAFF


@pytest.mark.parametrize("who", list(STAFF))
def test_each_role_signs_in_as_itself(clinic, who):
    actor = clinic.sign_in(who).actor
    assert actor.role == Role(who.rstrip("2"))
    assert actor.name == " ".join(STAFF[who][1:])
    assert actor.clinic.id == clinic.small.clinic
    assert (actor.doctor_id is not None) == (actor.role is Role.DOCTOR)


def test_wrong_password_and_unknown_person_look_alike(clinic):
    for email, password in (
        (STAFF["doctor"][0], "wrong"),
        ("nobody@test.invalid", PASSWORD),
        ("", ""),
        ("x' OR '1'='1", PASSWORD),
    ):
        with pytest.raises(WrongPassword):
            clinic.core().sign_in(email, password)


def test_a_dead_server_is_told_from_a_wrong_password():
    core = Core(Deployment(postgres=PostgresSettings(hosts="127.0.0.1:9", sslmode="disable")))
    with pytest.raises(StoreUnavailable):
        core.sign_in("doctor@test.invalid", PASSWORD)


def test_only_doctors_and_nurses_get_the_key_of_the_health_records(clinic):
    keys = {
        who: clinic.sign_in(who).documents_uri is not None
        for who in ("doctor", "nurse", "receptionist", "pharmacist", "admin")
    }
    assert keys == {"doctor": True, "nurse": True, "receptionist": False, "pharmacist": False, "admin": False}


def test_a_sign_in_is_in_the_audit_with_its_seat(clinic):
    session = clinic.sign_in("nurse", seat="pc 7; DROP")
    with clinic.owner() as owner:
        rows = owner.execute("SELECT new, seat FROM audit_log WHERE op = 'L'").fetchall()
    assert rows == [({"event": "signed_in", "seat": "pc 7; DROP"}, "pc-7--DROP")]
    assert session.actor.name == "Hauwa Sani"


def test_the_own_password_is_changed_and_only_its_verifier_travels(clinic):
    session = clinic.sign_in("nurse")
    session.change_password("eleven loud cranes")
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(STAFF["nurse"][0], PASSWORD)
    again = clinic.core().sign_in(STAFF["nurse"][0], "eleven loud cranes")
    again.change_password(PASSWORD)
    again.close()
