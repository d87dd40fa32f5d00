"""The services of one signed-in person."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from clinicdesk.bootstrap import Session
from clinicdesk.domain.clinical_data import ClinicalData, ClinicalDataMissing, load_clinical_data
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.accounts import local_key
from clinicdesk.repositories.picking import PickBoard
from clinicdesk.repositories.presence import PresenceBoard
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.resources import resource
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.administration import Administration
from clinicdesk.services.arrivals import Arrivals
from clinicdesk.services.auditing import Auditing
from clinicdesk.services.booking_desk import BookingDesk, booking_desk_of
from clinicdesk.services.calendar import Calendar
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.charts import Charts
from clinicdesk.services.controlled import Controlled
from clinicdesk.services.counter import Counter
from clinicdesk.services.inventory import Inventory
from clinicdesk.services.local_store import LocalDrafts, LocalStore
from clinicdesk.services.metrics import Metrics
from clinicdesk.services.ordering import Ordering
from clinicdesk.services.patients import Patients
from clinicdesk.services.payments import Payments
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.prescribing import Prescribing
from clinicdesk.services.presence import Presence
from clinicdesk.services.receiving import Receiving
from clinicdesk.services.records import Merging, Records
from clinicdesk.services.rx_queries import RxQuestions
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.sealing import Sealing
from clinicdesk.services.stock_care import StockCare
from clinicdesk.services.stock_import import StockImport
from clinicdesk.services.stocktaking import Stocktaking
from clinicdesk.services.store_watch import StoreWatch
from clinicdesk.services.till import Till
from clinicdesk.services.upkeep import Upkeep
from clinicdesk.services.verifying import Verifying
from clinicdesk.services.witnessing import Witnessing
from clinicdesk.settings import default_data_dir

if TYPE_CHECKING:
    from clinicdesk.repositories.documents import DocumentStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the screens ask. Each service refuses what the person's role may not do."""

    actor: Actor
    patients: Patients
    scheduling: Scheduling
    calendar: Calendar
    bookings: BookingDesk
    payments: Payments
    till: Till
    arrivals: Arrivals
    records: Records
    merging: Merging
    charts: Charts
    prescribing: Prescribing
    pharmacy: Pharmacy
    questions: RxQuestions
    inventory: Inventory
    metrics: Metrics
    upkeep: Upkeep
    stores: StoreWatch
    presence: Presence
    accounts: Accounts
    administration: Administration
    auditing: Auditing
    access: ChartAccess
    sealing: Sealing
    drafts: LocalDrafts
    verifying: Verifying
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
    documents = _documents(session)
    board = (
        SessionBoard(session.cache_uri, prefix=session.cache_prefix, actor=actor, seat=socket.gethostname())
        if session.cache_uri
        else None
    )
    if board is not None:
        _let_go_while_locked(board, session)
    people = Patients(work, actor, now)
    upkeep = Upkeep(work, board, now, folder=default_data_dir())
    scheduling = Scheduling(work, actor, now)
    charts = Charts(work, actor, now, documents=documents, rules=_rules() if documents else None)
    session.closing.append(charts.leave)
    session.locking.append(charts.keys.forget)
    session.closing.append(charts.keys.forget)
    return Desk(
        actor=actor,
        patients=people,
        scheduling=scheduling,
        calendar=Calendar(work, actor, now),
        bookings=booking_desk_of(work, actor, now, patients=people),
        payments=Payments(work, actor, now),
        till=Till(work, actor, now),
        arrivals=Arrivals(work, actor, now, scheduling=scheduling),
        records=Records(work, actor, now),
        merging=Merging(work, actor),
        charts=charts,
        sealing=Sealing(work, actor),
        drafts=_local_drafts(session),
        prescribing=Prescribing(
            work, actor, now, password=session.secret, clinical_data_folder=resource("clinical")
        ),
        pharmacy=Pharmacy(work, actor, now, rules=_rules, board=_pick_board(session)),
        questions=RxQuestions(work, actor),
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
        stores=_store_watch(session, charts, board),
        presence=Presence(_presence_board(session), actor, now),
        accounts=Accounts(work, actor, now, sign_out=upkeep.end_sessions),
        administration=Administration(work, actor, now),
        auditing=Auditing(work, actor, now),
        access=ChartAccess(work, actor, now),
        verifying=Verifying(work, actor, now, key_file=default_data_dir() / "keys.json"),
    )


def _presence_board(session: Session) -> PresenceBoard | None:
    if not session.cache_uri:
        return None
    board = PresenceBoard(
        session.cache_uri, prefix=session.cache_prefix, name=session.actor.name, seat=socket.gethostname()
    )
    session.closing.append(board.close)
    _let_go_while_locked(board, session)
    return board


def _store_watch(session: Session, charts: Charts, board: SessionBoard | None) -> StoreWatch:
    probes: dict[str, Callable[[], object]] = {}
    if session.documents_uri is not None:
        probes["mongo"] = charts.ping
    if board is not None:
        probes["redis"] = board.ping
    made = StoreWatch(probes)
    session.locking.insert(0, made.stop)
    session.closing.append(made.stop)
    return made


def _pick_board(session: Session) -> PickBoard | None:
    if not session.cache_uri or not session.actor.may("stock.dispense"):
        return None
    board = PickBoard(session.cache_uri, prefix=session.cache_prefix, name=session.actor.name)
    session.closing.append(board.close)
    return board


def _local_drafts(session: Session) -> LocalDrafts:
    local = LocalStore(
        default_data_dir(),
        owner=f"{session.installation}:{session.actor.user_id}",
        key=partial(_local_key, session.open_work),
    )
    session.locking.append(local.forget)
    session.closing.append(local.forget)
    return LocalDrafts(local)


def _local_key(open_work: WorkFactory) -> bytes:
    with open_work() as work:
        return local_key(work)


def _documents(session: Session) -> "DocumentStore | None":
    """For the roles that have a key to it; the others do without its driver, 11 MiB."""
    uri, database = session.documents_uri, session.documents_database
    if uri is None:
        return None
    from clinicdesk.repositories.clinic_documents import ClinicDocuments
    from clinicdesk.repositories.documents import DocumentStore

    others = {str(clinic): DocumentStore(*place) for clinic, place in session.elsewhere.items()}
    made = ClinicDocuments(uri, database, others=others) if others else DocumentStore(uri, database)
    session.closing.append(made.close)
    session.locking.append(made.close)
    session.resuming.append(partial(_reopen, made, session))
    return made


def _reopen(documents: "DocumentStore", session: Session) -> None:
    from clinicdesk.repositories.clinic_documents import ClinicDocuments

    if session.documents_uri is not None:
        documents.use(session.documents_uri)
    if isinstance(documents, ClinicDocuments):
        for clinic, (uri, _) in session.elsewhere.items():
            documents.others[str(clinic)].use(uri)


def _let_go_while_locked(board: SessionBoard | PresenceBoard, session: Session) -> None:
    session.locking.append(board.close)
    session.resuming.append(partial(_rejoin, board, session))


def _rejoin(board: SessionBoard | PresenceBoard, session: Session) -> None:
    if session.cache_uri is not None:
        board.use(session.cache_uri)


@lru_cache(maxsize=1)
def _rules() -> ClinicalData | None:
    """The clinical tables, or None: then checks say 'not checked' (spec 0, posture a)."""
    try:
        return load_clinical_data(resource("clinical"))
    except (ClinicalDataMissing, FileNotFoundError):
        return None
