"""The demo's databases share the document server and the cache with all other tests."""

import pytest

from clinicdesk.migrations.run import upgrade


@pytest.fixture(scope="package", autouse=True)
def _keys_of_the_other_tests(template):
    """Each upgrade renews the keys of the service accounts: give the template working ones again."""
    yield
    found = template[0]
    upgrade(postgres=found.postgres, mongo=found.mongo, redis=found.redis, progress=lambda _: None)
