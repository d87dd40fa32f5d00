"""A clinic with sealed charts on a document database of its own, and a document server seen with raw drivers."""

from contextlib import contextmanager
from functools import partial

import psycopg

from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.sealing import Sealing, SealingJob


def seal_charts(clinic, *, sealed=True):
    """The administrator's choice."""
    session = clinic.sign_in("admin")
    Sealing(session.open_work, session.actor).choose(sealed=sealed)
    return Sealing(session.open_work, session.actor)


@contextmanager
def owner_work(clinic):
    connections = Connections(partial(psycopg.connect, clinic.addresses.postgres))
    try:
        yield WorkFactory(connections)
    finally:
        connections.retire()


def convert(clinic, uri, database):
    """One run of the job, as the owner."""
    store = DocumentStore(uri, database)
    try:
        with owner_work(clinic) as work:
            return SealingJob(work, store).run(clinic.small.clinic)
    finally:
        store.close()
