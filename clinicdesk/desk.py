"""The services of one signed-in person."""

import socket
from dataclasses import dataclass
from functools import cache

from clinicdesk.bootstrap import Session
from clinicdesk.domain.clinical_data import ClinicalData, ClinicalDataMissing, load_clinical_data
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.picking import PickBoard
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.resources import resource
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.auditing import Auditing
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.charts import Charts
from clinicdesk.services.controlled import Controlled
from clinicdesk.services.counter import Counter
from clinicdesk.services.inventory import Inventory
from clinicdesk.services.metrics import Metrics
from clinicdesk.services.ordering import Ordering
from clinicdesk.services.patients import Patients
from clinicdesk.services.payments import Payments
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.prescribing import Prescribing
from clinicdesk.services.receiving import Receiving
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.stock_care import StockCare
from clinicdesk.services.stock_import import StockImport
from clinicdesk.services.stocktaking import Stocktaking
from clinicdesk.services.upkeep import Upkeep
from clinicdesk.services.witnessing import Witnessing
from clinicdesk.settings import default_data_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the screens ask. Each service refuses what the person's role may not do."""

    actor: Actor
    patients: Patients
    scheduling: Scheduling
    payments: Payments
    charts: Charts
    prescribing: Prescribing
    pharmacy: Pharmacy
    inventory: Inventory
    metrics: Metrics
    upkeep: Upkeep
    accounts: Accounts
    auditing: Auditing
    access: ChartAccess
    counter: Counter
    witnessing: Witnessing
    receiving: Receiving
    ordering: Ordering
    stock_care: StockCare
    stocktaking: Stocktaking
    controlled: Controlled
    stock_import: StockImport


def desk_of(session: Session) -> Desk:
    """Bind every service to the session's person, connections and clock."""
    work, actor, now = session.open_work, session.actor, session.now
    documents = (
        DocumentStore(session.documents_uri, session.documents_database) if session.documents_uri else None
    )
    if documents is not None:
        session.closing.append(documents.close)
    board = (
        SessionBoard(session.cache_uri, prefix=session.cache_prefix, actor=actor, seat=socket.gethostname())
        if session.cache_uri
        else None
    )
    upkeep = Upkeep(work, board, now, folder=default_data_dir())
    return Desk(
        actor=actor,
        patients=Patients(work, actor, now),
        scheduling=Scheduling(work, actor, now),
        payments=Payments(work, actor, now),
        charts=Charts(work, actor, now, documents=documents, rules=_rules()),
        prescribing=Prescribing(
            work, actor, now, password=session.secret, clinical_data_folder=resource("clinical")
        ),
        pharmacy=Pharmacy(work, actor, now, rules=_rules, board=_pick_board(session)),
        counter=Counter(work, actor, now),
        witnessing=Witnessing(actor, session.second),
        receiving=Receiving(work, actor, now),
        ordering=Ordering(work, actor, now),
        stock_care=StockCare(work, actor, now),
        stocktaking=Stocktaking(work, actor, now),
        controlled=Controlled(work, actor, now),
        stock_import=StockImport(work, actor, now),
        inventory=Inventory(work, actor, now),
        metrics=Metrics(work, actor, now),
        upkeep=upkeep,
        accounts=Accounts(work, actor, now, sign_out=upkeep.end_sessions),
        auditing=Auditing(work, actor, now),
        access=ChartAccess(work, actor, now),
    )


def _pick_board(session: Session) -> PickBoard | None:
    if not session.cache_uri or not session.actor.may("stock.dispense"):
        return None
    board = PickBoard(session.cache_uri, prefix=session.cache_prefix, name=session.actor.name)
    session.closing.append(board.close)
    return board


@cache
def _rules() -> ClinicalData | None:
    """The clinical tables, or None: then checks say 'not checked' (spec 0, posture a)."""
    try:
        return load_clinical_data(resource("clinical"))
    except (ClinicalDataMissing, FileNotFoundError):
        return None
