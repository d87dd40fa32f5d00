"""Charts of people signed in to a test clinic, on the real document server."""

from typing import Any
from uuid import uuid4

import pymongo
import pytest

from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.provision import _shape_collection
from clinicdesk.resources import resource
from clinicdesk.services.charts import Charts

RULES = load_clinical_data(resource("clinical"))
DEAD = "mongodb://127.0.0.1:9/?directConnection=true"


@pytest.fixture
def stores():
    made: list[DocumentStore] = []
    yield made
    for store in made:
        store.close()


@pytest.fixture
def charts(clinic, stores):
    """``charts("doctor")`` with the person's own key; ``uri``/``database`` for another document server."""

    def make(who="doctor", *, seat="pc-1", uri="", database="", now=None):
        session = clinic.sign_in(who, seat=seat)
        key = uri or session.documents_uri
        store = DocumentStore(key, database or session.documents_database) if key else None
        if store:
            stores.append(store)
        return Charts(session.open_work, session.actor, now or session.now, documents=store, rules=RULES)

    return make


@pytest.fixture
def private(clinic):
    """A document database of this test alone, for checks that look at everything."""
    name = f"charts_{uuid4().hex[:12]}"
    owner: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(clinic.addresses.mongo, tz_aware=True) as owner:
        _shape_collection(owner, name)
        yield owner[name]
        owner.drop_database(name)


def appointment(clinic, *, patient=0, doctor=None, arrived=True, start="09:30"):
    with clinic.owner() as owner:
        row = owner.execute(
            "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_type_id, appointment_date, start_time, end_time, "
            "status, fee, chief_complaint, checked_in_at) VALUES (%s, %s, %s, %s, %s, %s::time, %s::time + interval '30 min', 'confirmed', "
            "5000, 'Cough', CASE WHEN %s THEN now() END) RETURNING id",
            (clinic.small.patients[patient], doctor or clinic.small.doctor, clinic.small.clinic, clinic.small.types["Consultation"],
             clinic.small.today, start, start, arrived),
        ).fetchone()  # fmt: skip
    return row[0]


def raw(clinic, sql, *values):
    with clinic.owner() as owner:
        return owner.execute(sql, values).fetchall()
