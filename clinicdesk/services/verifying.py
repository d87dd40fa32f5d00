"""Is this prescription genuine, and may it still be supplied? With the clinic's database, or without."""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import NotFound, StoreUnavailable
from clinicdesk.domain.people import Actor
from clinicdesk.domain.verification import (
    Claim,
    KeyRing,
    KnownState,
    Standing,
    Verdict,
    Verification,
    standing_of,
)
from clinicdesk.repositories.prescriptions import PrescriptionRepository
from clinicdesk.repositories.verification import VerificationRepository
from clinicdesk.repositories.work import Work
from clinicdesk.services.file_seal import check_pdf
from clinicdesk.services.key_file import KeyFileDamaged, read_ring, write_ring
from clinicdesk.services.prescribing_keys import genuine
from clinicdesk.services.prescription_code import NotACode, read_code
from clinicdesk.services.signing import SEAL_SHAPE

OpenWork = Callable[[], AbstractContextManager[Work]]
MAX_BYTES = 20_000_000


def verify_code(code: str, ring: KeyRing, *, today: date) -> Verification:
    """What a scanned text proves. ``today`` is the date at the clinic. Never raises."""
    try:
        claim, kid, signed = read_code(code, ring.keys)
    except NotACode:
        return Verification(verdict=Verdict.UNREADABLE)
    key = ring.keys.get(kid)
    if key is None:
        return Verification(verdict=Verdict.UNKNOWN_KEY)
    if claim is None or not signed:
        return Verification(verdict=Verdict.ALTERED, altered=("code",))
    if not key.vouches_for(claim.issued_at):
        return Verification(verdict=Verdict.REVOKED, claim=claim, key=key)
    state = ring.states.get(claim.digest)
    return Verification(
        verdict=Verdict.GENUINE,
        standing=standing_of(claim, state, today=today),
        claim=claim,
        key=key,
        as_of=ring.as_of if state else None,
        supplied_at=state.supplied_at if state else None,
        cancelled_at=state.cancelled_at if state else None,
    )


def verify_file(data: bytes, ring: KeyRing, *, today: date) -> Verification:
    """What a PDF proves: the clinic's seal over the file, then the doctor's code inside. Never raises."""
    seal = check_pdf(data, ring.authorities)
    if not seal.code:
        found = Verification(verdict=Verdict.UNREADABLE)
    else:
        found = verify_code(seal.code, ring, today=today)
    found = replace(found, file_seal=seal.state)
    if seal.state == "altered":
        return replace(found, verdict=Verdict.ALTERED, altered=("file",))
    if seal.state == "missing" and found.verdict is Verdict.GENUINE:
        return replace(found, verdict=Verdict.ALTERED, altered=("seal_missing",))
    if seal.state == "unknown" and found.verdict is Verdict.GENUINE:
        return replace(found, verdict=Verdict.UNKNOWN_KEY)
    return found


@dataclass(frozen=True, slots=True)
class Identified:
    """What was brought to the counter: ``proof`` of a code, and the clinic's prescription if it is one."""

    proof: Verification | None
    prescription_id: UUID | None


class Verifying:
    """The Verify screen's questions; prescriptions.verify. Keeps the last keys in ``key_file``."""

    def __init__(
        self, open_work: OpenWork, actor: Actor, now: Callable[[], datetime], *, key_file: Path
    ) -> None:
        self._open_work, self._actor, self._now, self._path = open_work, actor, now, key_file
        self._ring: KeyRing | None = None

    def contact(self) -> KeyRing:
        """Read keys and states now and keep them on this PC. Raises StoreUnavailable."""
        self._actor.require("prescriptions.verify")
        with self._open_work() as work:
            ring = read_key_ring(
                work, [self._actor.clinic.id], timezone=self._actor.clinic.timezone, now=self._now()
            )
        self._ring = ring
        with suppress(OSError):  # a full disk must not stop the checking; the keys are in memory
            write_ring(self._path, ring)
        return ring

    def export(self, path: Path) -> KeyRing:
        """Write the keys for another pharmacy. Raises StoreUnavailable, OSError."""
        ring = self.contact()
        write_ring(path, ring)
        return ring

    def last_contact(self) -> KeyRing | None:
        """What this PC knows without asking anybody."""
        if self._ring is None:
            try:
                self._ring = read_ring(self._path)
            except (OSError, KeyFileDamaged):
                return None
        return self._ring

    def check(self, text: str) -> Verification:
        """A scanned or pasted code. Raises StoreUnavailable when nothing is known on this PC either."""
        return self._check(lambda ring, today: verify_code(re.sub(r"\s", "", text), ring, today=today))

    def identify(self, text: str) -> Identified:
        """A code, or a typed number: then the record itself has to prove it. Raises NotFound (a number)."""
        self._actor.require("prescriptions.read")
        plain = re.sub(r"\s", "", text)
        if ":" not in plain:
            with self._open_work() as work:
                return Identified(None, PrescriptionRepository(work).by_number(plain.upper()).id)
        proof = self.check(plain)
        if proof.claim is None:
            return Identified(proof, None)
        try:
            with self._open_work() as work:
                return Identified(proof, PrescriptionRepository(work).by_number(proof.claim.number).id)
        except NotFound:
            return Identified(proof, None)

    def check_file(self, data: bytes) -> Verification:
        """A PDF, or a text file that holds a code."""
        if not data.startswith(b"%PDF-") and len(data) < 10_000:
            return self.check(data.decode("ascii", "replace"))
        return self._check(lambda ring, today: verify_file(data, ring, today=today))

    def _check(self, ask: Callable[[KeyRing, date], Verification]) -> Verification:
        self._actor.require("prescriptions.verify")
        today = self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()
        try:
            with self._open_work() as work:
                return self._asked_now(work, ask, today)
        except StoreUnavailable:
            ring = self.last_contact()
            if ring is None:
                raise
            return ask(ring, today)

    def _asked_now(
        self, work: Work, ask: Callable[[KeyRing, date], Verification], today: date
    ) -> Verification:
        repository = VerificationRepository(work)
        now = self._now()
        ring = KeyRing(as_of=now, keys=repository.keys(), authorities=repository.authorities())
        found = ask(ring, today)
        if found.verdict is not Verdict.GENUINE or found.claim is None:
            return found
        states = repository.states([self._actor.clinic.id], number=found.claim.number)
        state = states.get(found.claim.digest)
        if states and state is None:
            return replace(found, verdict=Verdict.ALTERED, altered=("record",))
        if state is None:
            return found
        differs = self._differs(work, found.claim)
        if differs:
            return replace(found, verdict=Verdict.ALTERED, altered=differs)
        return _with_state(found, state, today=today, now=now)

    def _differs(self, work: Work, claim: Claim) -> tuple[str, ...]:
        """Where the clinic's record now says something else than what was signed."""
        if not self._actor.may("prescriptions.read"):
            return ()
        repository = PrescriptionRepository(work)
        try:
            stored = repository.by_number(claim.number)
        except NotFound:
            return ("record",)
        seal = SEAL_SHAPE.fullmatch(stored.seal)
        medicines = tuple(
            (" ".join(filter(None, (i.medication_name, i.strength, i.form))), i.quantity)
            for i in stored.items
        )
        pairs = {
            "patient": (stored.patient_name, claim.patient_name),
            "birth_date": (stored.patient_dob, claim.patient_dob),
            "expiry_date": (stored.expiry_date, claim.expiry_date),
            "issued": (stored.issued_at, claim.issued_at),
            "medicines": (medicines if claim.complete else (), claim.medicines),
            "seal": (seal.group(2) if seal else "", claim.digest),
        }
        found = tuple(name for name, (now, then) in pairs.items() if now != then)
        return found or (() if genuine(repository.material(stored.id)) else ("record",))


def _with_state(found: Verification, state: KnownState, *, today: date, now: datetime) -> Verification:
    claim = found.claim
    return replace(
        found,
        standing=standing_of(claim, state, today=today) if claim else Standing.NOT_CHECKED,
        as_of=now,
        supplied_at=state.supplied_at,
        cancelled_at=state.cancelled_at,
    )


def read_key_ring(work: Work, clinics: Sequence[UUID], *, timezone: str, now: datetime) -> KeyRing:
    """Keys, certificates and states of these clinics."""
    repository = VerificationRepository(work)
    return KeyRing(
        as_of=now,
        timezone=timezone,
        keys=repository.keys(),
        authorities=repository.authorities(),
        states=repository.states(clinics),
    )
