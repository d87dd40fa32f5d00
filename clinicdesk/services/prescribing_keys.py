"""The doctor's signing key: made at the first signature, at rest only under the doctor's password."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from clinicdesk.domain.errors import SigningKeyInvalid, WrongPassword
from clinicdesk.repositories.prescriptions import Material, PrescriptionRepository
from clinicdesk.repositories.work import Work
from clinicdesk.services.signing import KeyPair, new_key, unwrap, verify, wrap

OpenWork = Callable[[], AbstractContextManager[Work]]


class SigningKeys:
    """The signed-in doctor's key. Nothing unwrapped is kept."""

    def __init__(self, open_work: OpenWork, password: Callable[[], str]) -> None:
        self._open_work, self._password = open_work, password

    def unlocked(self) -> KeyPair:
        """The key, ready to sign; 0.2 s. Raises SigningKeyInvalid when the password does not open it."""
        with self._open_work() as work:
            repository = PrescriptionRepository(work)
            stored = repository.my_key()
            if stored is None and repository.had_keys():
                raise SigningKeyInvalid  # revoked: a new one is the doctor's decision
        if stored is None:
            return self.renew()
        if stored.wrapped is None:
            raise SigningKeyInvalid
        try:
            private = unwrap(stored.wrapped, self._password())
        except (WrongPassword, ValueError):
            raise SigningKeyInvalid from None
        return KeyPair(stored.kid, stored.public_key, private)

    def renew(self) -> KeyPair:
        """A new key; the one before is superseded, what it signed stays genuine."""
        pair = new_key()
        wrapped = wrap(pair.private, self._password())
        with self._open_work() as work:
            PrescriptionRepository(work).add_key(pair.public, wrapped)
        return pair

    def rewrap(self, old_password: str) -> None:
        """After the doctor changed the password: keep the key. Raises SigningKeyInvalid."""
        with self._open_work() as work:
            stored = PrescriptionRepository(work).my_key()
        if stored is None:
            return
        if stored.wrapped is None:
            raise SigningKeyInvalid
        try:
            private = unwrap(stored.wrapped, old_password)
        except (WrongPassword, ValueError):
            raise SigningKeyInvalid from None
        wrapped = wrap(private, self._password())
        with self._open_work() as work:
            PrescriptionRepository(work).rewrap(stored.kid, wrapped)


def genuine(material: Material) -> bool:
    """Seal, key and revocation together (spec 4.9.4); without a key nothing is proven."""
    if material.public_key is None:
        return False
    if material.revoke_reason == "compromised":
        since = material.compromised_since
        if since is None or material.issued_at >= since:
            return False
    if material.revoked_at is not None and material.issued_at > material.revoked_at:
        return False
    return verify(material.payload, material.seal, material.public_key)
