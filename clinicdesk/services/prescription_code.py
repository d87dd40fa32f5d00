"""The code printed on a prescription: its facts, signed by the doctor's key, checked with no network.

``CD2:`` and base32 of: key id (8 bytes), SHA-256 of the sealed payload (32), deflated canonical JSON, Ed25519
signature of all that (64). Base32 fits the alphanumeric set of QR codes and every keyboard scanner's layout.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from clinicdesk.domain.verification import Claim, PublicKey
from clinicdesk.services.signing import SEAL_SHAPE, Json, canonical, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "CD2:"
_SHAPE = re.compile(r"CD2:([A-Z2-7]{170,2000})")
_KID, _DIGEST, _SIGNATURE = 8, 32, 64
_ROOM = 480  # bytes of facts that keep the modules of a 25 mm code above a quarter of a millimetre
_UNPACKED = 16_384


class NotACode(ValueError):
    """The text is not a prescription's code: garbled, cut off, or in another spelling of the same bytes."""


def make_code(payload: str, seal: str, private: "Ed25519PrivateKey") -> str:
    """The code of a sealed payload. Raises ValueError when ``seal`` is no seal."""
    found = SEAL_SHAPE.fullmatch(seal)
    if found is None:
        raise ValueError("not a seal")
    kid, digest, _ = found.groups()
    body = bytes.fromhex(kid) + bytes.fromhex(digest) + _packed(json.loads(payload))
    return PREFIX + _base32(body + private.sign(PREFIX.encode() + body))


def _packed(said: Mapping[str, Any]) -> bytes:
    medicines: list[Json] = [
        [" ".join(filter(None, (item["name"], item["strength"], item["form"]))), item["quantity"] or 0]
        for item in said["items"]
    ]
    facts: dict[str, Json] = {
        "b": said["patient_dob"],
        "e": said["expiry_date"],
        "i": said["issued_at"],
        "n": said["number"],
        "p": said["patient_name"] or "",
    }
    packed = zlib.compress(canonical({**facts, "m": medicines}).encode(), 9)
    return packed if len(packed) <= _ROOM else zlib.compress(canonical(facts).encode(), 9)


def read_code(code: str, keys: Mapping[str, PublicKey]) -> tuple[Claim | None, str, bool]:
    """The claim, the key's id, and whether that key signed it.

    (None, kid, False) for an unknown key or a wrong signature. Raises NotACode.
    """
    body, signature = _taken_apart(code)
    kid = body[:_KID].hex()
    key = keys.get(kid)
    if key is None or not _signed(key.public, kid, body, signature=signature):
        return None, kid, False
    return _claim(body, kid), kid, True


def _taken_apart(code: str) -> tuple[bytes, bytes]:
    found = _SHAPE.fullmatch(code)
    if found is None:
        raise NotACode
    text = found.group(1)
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise NotACode from None
    if _base32(raw) != text or len(raw) <= _KID + _DIGEST + _SIGNATURE:
        raise NotACode  # one code has one spelling: the last character has spare bits
    return raw[:-_SIGNATURE], raw[-_SIGNATURE:]


def _signed(public: bytes, kid: str, body: bytes, *, signature: bytes) -> bool:
    if len(public) != 32 or key_id(public) != kid:
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, PREFIX.encode() + body)
    except InvalidSignature:
        return False
    return True


def _claim(body: bytes, kid: str) -> Claim:
    """Only of signed bytes: then a doctor's program wrote them. Raises NotACode."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(body[_KID + _DIGEST :], _UNPACKED)
        facts = json.loads(text)
        return Claim(
            number=str(facts["n"]),
            kid=kid,
            digest=body[_KID : _KID + _DIGEST].hex(),
            issued_at=datetime.strptime(facts["i"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            expiry_date=_day(facts["e"]),
            patient_name=str(facts["p"]),
            patient_dob=_day(facts["b"]),
            medicines=tuple((str(name), int(count)) for name, count in facts.get("m", ())),
            complete="m" in facts,
        )
    except (zlib.error, ValueError, KeyError, TypeError):
        raise NotACode from None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")
