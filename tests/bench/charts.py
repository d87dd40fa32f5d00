"""Opening a chart: PostgreSQL's index and the documents."""

from typing import Any
from uuid import UUID

from bson import ObjectId
from pymongo import MongoClient

from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import COLLECTION
from clinicdesk.services.charts import Charts
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet

LOG = "INSERT INTO access_log(user_id, patient_id, action, purpose, emergency) VALUES (%s, %s, 'view', 'care', false)"
CARE = "SELECT cd.log_access(%s, 'view', 'care')"
VISITS = """SELECT v.id, v.visit_date, v.visit_type, v.status, v.version, v.document_id, v.sha256, p.first_name, p.last_name
  FROM visits v JOIN doctor_profiles d ON d.id = v.doctor_id JOIN user_profiles p ON p.user_id = d.user_id
 WHERE v.patient_id = %s ORDER BY v.visit_date DESC"""
MEDICINES = """SELECT i.medication_name, i.strength, i.form, i.directions FROM prescriptions r
  JOIN prescription_items i ON i.prescription_id = r.id WHERE r.patient_id = %s AND r.status = 'active'"""
NEXT = "SELECT min(appointment_date) FROM appointments WHERE patient_id = %s AND appointment_date > current_date AND status IN ('pending','confirmed')"
BUSIEST = "SELECT patient_id, count(*)::int FROM visits GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 60"


def measure(bench: Bench, sheet: Sheet) -> None:
    session = bench.session("doctor")
    if session.documents_uri is None:
        print("charts: no document server here")
        return
    found = bench.ask(BUSIEST)
    if not found:
        print("charts: no visits in this clinic")
        return
    patients, visits = [key for key, _ in found], found[len(found) // 2][1]
    store = DocumentStore(session.documents_uri, session.documents_database)
    charts = Charts(session.open_work, session.actor, session.now, documents=store, rules=None)
    with MongoClient[dict[str, Any]](session.documents_uri) as client:
        documents = client[session.documents_database][COLLECTION]

        def bare(number: int) -> None:
            read(bench, patients[number % len(patients)], documents, by=session.actor.user_id)

        sheet.compare(
            "open a chart",
            lambda number: charts.open(patients[number % len(patients)]),
            bare,
            note=f"{visits} visits; {'mongod' if 'mongod' in str(bench.folder) else 'with the document server'}",
        )

        def only_documents(number: int) -> None:
            fetch(bench, patients[number % len(patients)], documents)

        sheet.compare("  of which: reading the documents, bare driver", only_documents)
    _keys(bench, sheet, charts, patients)
    store.close()


def _keys(bench: Bench, sheet: Sheet, charts: Charts, patients: list[UUID]) -> None:
    """What sealed charts cost at the first opening; later ones find the key in memory."""
    with bench.staff("doctor") as staff:
        staff.autocommit = True

        def ours(number: int) -> None:
            patient = patients[number % len(patients)]
            charts.keys.forget()
            charts.keys.of(patient, needed=(str(patient), str(bench.clinic)))

        def bare(number: int) -> None:
            line = staff.execute(CARE, (patients[number % len(patients)],)).fetchone()
            assert line is not None
            staff.execute("SELECT * FROM cd.chart_key(%s)", (line[0],)).fetchall()

        sheet.compare("the key of a sealed chart, its line in the log first", ours, bare)


def read(bench: Bench, patient: UUID, documents: Any, *, by: UUID) -> None:
    """The same reads and the log, without our code."""
    bench.do((LOG, (by, patient)))
    with bench.owner.transaction():
        rows = bench.owner.execute(VISITS, (patient,)).fetchall()
        bench.owner.execute(MEDICINES, (patient,)).fetchall()
        bench.owner.execute(NEXT, (patient,)).fetchall()
    wanted = [ObjectId(row[5]) for row in rows]
    list(documents.find({"_id": {"$in": wanted}}))
    documents.update_many(
        {"_id": {"$in": wanted[:25]}},
        {"$push": {"accessLog": {"$each": [{"userId": str(by), "action": "view"}], "$slice": -50}}},
    )


def fetch(bench: Bench, patient: UUID, documents: Any) -> None:
    rows = bench.ask("SELECT document_id FROM visits WHERE patient_id = %s", patient)
    list(documents.find({"_id": {"$in": [ObjectId(row[0]) for row in rows]}}))
