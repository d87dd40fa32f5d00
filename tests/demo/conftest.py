"""The demo's databases share the document server and the cache with all other tests."""

import pytest

from clinicdesk.migrations.run import upgrade


@pytest.fixture(scope="package", autouse=True)
def _keys_of_the_other_tests(template):
    """Another database has no keys to keep, so its upgrade makes new ones: the template gets working ones again."""
    yield
    found = template[0]
    upgrade(postgres=found.postgres, mongo=found.mongo, redis=found.redis, progress=lambda _: None)
