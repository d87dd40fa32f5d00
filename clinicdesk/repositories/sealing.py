"""Sealed charts: clinical sections and files encrypted by the client, under a key PostgreSQL keeps.

A sealed document keeps who, where, when and which version in clear; ``sealed`` is nonce and AES-256-GCM of
the sections. What surrounds it is authenticated, so no ciphertext fits another document.
"""

import hashlib
import hmac
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clinicdesk.repositories.ehr import Document

SECTIONS = ("vitals", "medicalHistory", "currentVisit", "attachments")
SEALED = "sealed"
_NONCE = 12
_BOUND = ("_id", "patientId", "clinicId", "visitId", "version")

Keys = Mapping[tuple[str, str], bytes]
"""(patient, clinic), as documents write them -> key."""


class SealBroken(Exception):
    """The ciphertext is not what was sealed here, or the key is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeal:
    """Whose key seals a file."""

    patient_id: str
    clinic_id: str
    key: bytes = field(repr=False)

    def mark(self, content: bytes) -> str:
        """Finds the same bytes again without telling anybody what they are."""
        return hmac.new(self.key, content, hashlib.sha256).hexdigest()


def is_sealed(document: Mapping[str, Any]) -> bool:
    """Whether the clinical sections are encrypted."""
    return SEALED in document


def key_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Which key a document needs."""
    return str(document["patientId"]), str(document["clinicId"])


def seal(document: Document, key: bytes) -> Document:
    """The sealed form of a document that has its ``_id``."""
    import bson  # here and below: not for the seats that open no chart

    inner = bson.encode({name: document[name] for name in SECTIONS if name in document})
    outer = {name: value for name, value in document.items() if name not in SECTIONS}
    return {**outer, SEALED: encrypt(key, zlib.compress(inner), _bound(document))}


def unseal(document: Document, keys: Keys) -> Document:
    """As it was written; one that is not sealed stays as it is. Raises SealBroken, also without a key."""
    if not is_sealed(document):
        return document
    key = keys.get(key_of(document))
    if key is None:
        raise SealBroken
    import bson
    from bson.codec_options import CodecOptions
    from bson.errors import BSONError

    options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
    try:
        packed = decrypt(key, bytes(document[SEALED]), _bound(document))
        inner = bson.decode(zlib.decompress(packed), codec_options=options)
    except (BSONError, zlib.error):
        raise SealBroken from None
    return {**{name: value for name, value in document.items() if name != SEALED}, **inner}


def encrypt(key: bytes, content: bytes, bound: bytes) -> bytes:
    """Nonce and ciphertext; ``bound`` is authenticated with it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """Raises SealBroken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def file_bound(identity: object, patient_id: UUID | str, clinic_id: UUID | str) -> bytes:
    """What a sealed file is bound to."""
    return f"file|{identity}|{patient_id}|{clinic_id}".encode()


def _bound(document: Mapping[str, Any]) -> bytes:
    return "|".join(str(document.get(name)) for name in _BOUND).encode()
