"""What can be proven of a prescription on paper or in a file, with or without the network (spec 4.9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Whether the doctor's key signed exactly this. Anything but GENUINE proves nothing."""

    GENUINE = "genuine"
    ALTERED = "altered"
    REVOKED = "revoked"
    UNKNOWN_KEY = "unknown_key"
    UNREADABLE = "unreadable"


class Standing(StrEnum):
    """Whether a genuine prescription may still be supplied."""

    OPEN = "open"
    PARTLY = "partly"
    DISPENSED = "dispensed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the signed code on a prescription says; ``medicines`` are labels with quantities.

    ``complete`` is false when the medicines did not fit the code.
    """

    number: str
    kid: str
    digest: str
    issued_at: datetime
    expiry_date: date | None
    patient_name: str
    patient_dob: date | None
    medicines: tuple[tuple[str, int], ...]
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A doctor's public key and its fate."""

    kid: str
    public: bytes
    doctor_name: str
    doctor_license: str
    revoked_at: datetime | None = None
    revoke_reason: str = ""
    compromised_since: datetime | None = None

    def vouches_for(self, issued_at: datetime) -> bool:
        """'superseded' and 'left' keep what was signed before; 'compromised' what was signed before it."""
        if self.revoke_reason == "compromised" and (
            self.compromised_since is None or issued_at >= self.compromised_since
        ):
            return False
        return self.revoked_at is None or issued_at <= self.revoked_at


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownState:
    """A prescription's state without its patient; ``supplied_at`` is the last supply."""

    number: str
    status: str
    expiry_date: date | None
    supplied_at: datetime | None = None
    fully_supplied: bool = False
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """What proves prescriptions with no network: keys, the clinics' certificates, states by digest.

    ``as_of`` is the last contact with the clinic's database.
    """

    as_of: datetime
    timezone: str = "UTC"
    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    authorities: tuple[bytes, ...] = ()
    states: Mapping[str, KnownState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer. ``altered`` names what differs; ``as_of`` None means the state was not checked.

    ``file_seal`` is '' for a code, else intact, altered, missing or unknown (the clinic's seal of the file).
    """

    verdict: Verdict
    standing: Standing = Standing.NOT_CHECKED
    claim: Claim | None = None
    key: PublicKey | None = None
    altered: tuple[str, ...] = ()
    as_of: datetime | None = None
    supplied_at: datetime | None = None
    cancelled_at: datetime | None = None
    file_seal: str = ""

    @property
    def may_supply(self) -> bool:
        """Genuine, in date, and something of it is known to be left."""
        return self.verdict is Verdict.GENUINE and self.standing in (Standing.OPEN, Standing.PARTLY)


def standing_of(claim: Claim, state: KnownState | None, *, today: date) -> Standing:
    """The expiry day itself is valid (spec 4.8); a date that has passed needs no network."""
    if state is not None and state.status == "cancelled":
        return Standing.CANCELLED
    if state is not None and (state.status == "completed" or state.fully_supplied):
        return Standing.DISPENSED
    over = claim.expiry_date is not None and today > claim.expiry_date
    if over or (state is not None and state.status == "expired"):
        return Standing.EXPIRED
    if state is None:
        return Standing.NOT_CHECKED
    return Standing.PARTLY if state.supplied_at is not None else Standing.OPEN
