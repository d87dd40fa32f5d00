"""What an upgrade does to the keys of seats at work."""

import pytest

from clinicdesk.migrations.run import upgrade


def stores(addresses):
    return {"postgres": addresses.postgres, "mongo": addresses.mongo, "redis": addresses.redis}


@pytest.fixture
def working_keys(template):
    """The document server and the cache are shared: the template's keys work again afterwards."""
    yield
    upgrade(**stores(template[0]), progress=lambda _: None)


def keys(clinic):
    with clinic.owner() as owner:
        return owner.execute("SELECT service, grp, secret FROM service_credentials ORDER BY 1, 2").fetchall()


def test_an_upgrade_disturbs_no_seat_unless_it_renews_the_keys(clinic, working_keys):
    upgrade(**stores(clinic.addresses), progress=lambda _: None)
    before = keys(clinic)
    upgrade(**stores(clinic.addresses), progress=lambda _: None)
    assert keys(clinic) == before
    upgrade(**stores(clinic.addresses), progress=lambda _: None, renew_keys=True)
    renewed = keys(clinic)
    assert [row[:2] for row in renewed] == [row[:2] for row in before]
    assert not {row[2] for row in renewed} & {row[2] for row in before}
