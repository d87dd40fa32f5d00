"""The pharmacist asks, the prescriber answers (spec 4.10); meanwhile nothing is handed out."""

from uuid import UUID

from clinicdesk.domain import typed
from clinicdesk.domain.people import Actor
from clinicdesk.domain.rx_queries import RxQuery
from clinicdesk.repositories.rx_queries import RxQueries
from clinicdesk.repositories.work import WorkFactory

MOST = 500  # letters of a question or an answer


class RxQuestions:
    """Every question is kept with its answer and its times."""

    def __init__(self, open_work: WorkFactory, actor: Actor) -> None:
        self._open_work, self._actor = open_work, actor

    def of(self, prescription_id: UUID) -> tuple[RxQuery, ...]:
        """About one prescription, newest first."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return RxQueries(work).of(prescription_id)

    def for_me(self) -> tuple[RxQuery, ...]:
        """Open questions about the own prescriptions, oldest first."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            return RxQueries(work).for_me(self._actor.clinic.id)

    def open_ones(self) -> frozenset[UUID]:
        """Prescriptions of the clinic that wait for an answer."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return RxQueries(work).open_ones(self._actor.clinic.id)

    def ask(self, request_id: UUID, prescription_id: UUID, question: str) -> None:
        """The same request twice asks once.

        Raises QuestionOpen, PrescriptionClosed, InvalidField (question), NotFound.
        """
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            RxQueries(work).ask(request_id, prescription_id, typed.line(question, "question", limit=MOST))

    def answer(self, query: RxQuery, answer: str) -> None:
        """The prescriber's own, or what the pharmacist was told on the phone.

        Raises QuestionAnswered, InvalidField (answer), NotAllowed, NotFound.
        """
        self._actor.require(
            "prescriptions.write" if self._actor.may("prescriptions.write") else "stock.dispense"
        )
        with self._open_work() as work:
            RxQueries(work).answer(query.id, typed.line(answer, "answer", limit=MOST))
