"""The own password and the PIN: changing the one, opening a locked seat with the other."""

import hmac
import os
import threading
from collections.abc import Callable, Container, Sequence

from clinicdesk.domain.errors import InvalidField, SigningKeyInvalid, StoreUnavailable
from clinicdesk.domain.errors import WrongPin as WrongPin
from clinicdesk.domain.passwords import password_problems, pin_problems

TRIES = 5
_PASSES, _MEMORY, _LANES = 3, 64 * 1024, 1  # 64 MiB and about 0.15 s a try
_BLOCK = 160  # every password is padded to it: the wrapped length tells nothing


class SeatLocked(StoreUnavailable):
    """The seat is locked: its connections are closed. What is on its screens waits for its person."""

    def __str__(self) -> str:
        return "This seat is locked. Nothing was saved."


class PinVault:
    """One person's password, in this process's memory only, wrapped under argon2id(PIN) with AES-256-GCM."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrapped: bytes | None = None
        self._left = 0

    def __repr__(self) -> str:
        return f"PinVault({'set' if self.is_set() else 'empty'})"

    def is_set(self) -> bool:
        """Whether a PIN opens the seat."""
        return self._wrapped is not None

    def set_pin(self, pin: str, password: str) -> None:
        """Wrap the password; 0.15 s. Raises InvalidField('pin', ...), SeatLocked without a password."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not before somebody wants a PIN

        for problem in pin_problems(pin):
            raise problem
        if not password:
            raise SeatLocked
        salt, nonce = os.urandom(16), os.urandom(12)
        text = password.encode()
        padded = len(text).to_bytes(2, "big") + text
        padded += bytes(-len(padded) % _BLOCK)
        wrapped = salt + nonce + AESGCM(_stretch(pin, salt)).encrypt(nonce, padded, salt)
        with self._lock:
            self._wrapped, self._left = wrapped, TRIES

    def open(self, pin: str) -> str:
        """The password; 0.15 s. Raises WrongPin, and forgets the password at the fifth in a row."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._lock:  # one try at a time, counted before it is made
            wrapped = self._wrapped
            if wrapped is None:
                raise WrongPin(0)
            self._left -= 1
            try:
                padded = AESGCM(_stretch(pin, wrapped[:16])).decrypt(
                    wrapped[16:28], wrapped[28:], wrapped[:16]
                )
            except InvalidTag:
                if self._left <= 0:
                    self._wrapped = None
                raise WrongPin(self._left) from None
            self._left = TRIES
            return padded[2 : 2 + int.from_bytes(padded[:2], "big")].decode()

    def wipe(self) -> None:
        """Forget it: at sign-out, and when the password changed."""
        with self._lock:
            self._wrapped, self._left = None, 0


def _stretch(pin: str, salt: bytes) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        pin.encode(),
        salt,
        time_cost=_PASSES,
        memory_cost=_MEMORY,
        parallelism=_LANES,
        hash_len=32,
        type=Type.ID,
    )


class OwnPassword:
    """Changes the password of the person signed in, and keeps the signing key readable with it.

    ``secret`` is the present password, ``change`` sets a new one; ``rewrap`` takes the one before and exists
    for people with a signing key.
    """

    def __init__(
        self,
        secret: Callable[[], str],
        change: Callable[[str], None],
        *,
        rewrap: Callable[[str], None] | None,
        personal: Sequence[str],
        common: Container[str],
    ) -> None:
        self._secret, self._change, self._rewrap = secret, change, rewrap
        self._personal, self._common = personal, common
        self._before: str | None = None

    def problems(self, old: str | None, new: str, again: str) -> list[InvalidField]:
        """What is wrong with the fields old, password, again; ``old`` is None where it is not asked."""
        found: list[InvalidField] = []
        if old is not None and not hmac.compare_digest(old.encode(), self._secret().encode()):
            found.append(InvalidField("old", "required" if not old else "password_wrong"))
        if new == self._secret():
            found.append(InvalidField("password", "password_same"))
        else:
            found += password_problems(new, personal=self._personal, common=self._common)
        if new != again:
            found.append(InvalidField("again", "mismatch"))
        return found

    def change(self, new: str) -> bool:
        """Set it; False: done, but the signing key was not readable with the password before.

        Raises StoreUnavailable; the same call again then goes on where it stopped.
        """
        if self._before is None or self._secret() != new:
            before = self._secret()
            self._change(new)
            self._before = before
        if self._rewrap is not None:
            try:
                self._rewrap(self._before)
            except SigningKeyInvalid:
                return False
        self._before = None
        return True
