"""Prescription signatures: Ed25519 keys of doctors, their wrapping, canonical text, seals. No database.

A seal is ``ed25519.<kid>.<sha256 of the payload>.<signature>``, 176 characters. What is signed is the seal
without its signature: the hash stands for the payload (spec 4.9.2). The paper carries a shorter text of its
own, signed by the same key (prescription_code).
"""

import base64
import hashlib
import hmac
import io
import json
import os
import re
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from clinicdesk.domain.errors import WrongPassword

if TYPE_CHECKING:
    # 12 MiB that only signing and checking need
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

SEAL_SHAPE = re.compile(r"ed25519\.([0-9a-f]{16})\.([0-9a-f]{64})\.([A-Za-z0-9_-]{86})")

_MAX_INTEGER = 2**53 - 1  # the largest whole number every JSON reader keeps exactly

# magic and version, argon2 time cost, memory in KiB, lanes; then salt, nonce and the encrypted key
_HEADER = struct.Struct(">4sBIB")
_MAGIC = b"CDK1"
_TIME, _MEMORY, _LANES = 3, 64 * 1024, 1
_MEMORY_LIMIT = 1024 * 1024
_SALT, _NONCE, _SEALED_KEY = 16, 12, 32 + 16
_BLOB = _HEADER.size + _SALT + _NONCE + _SEALED_KEY

_PNG_SIDE_LIMIT = 8000
_INK_PIXELS, _INK_WIDTH, _INK_HEIGHT, _INK_DARKER_THAN = 200, 60, 20, 128


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A doctor's signing key; ``kid`` is the first 16 hex digits of SHA-256 of ``public``."""

    kid: str
    public: bytes
    private: "Ed25519PrivateKey" = field(repr=False)


def key_id(public: bytes) -> str:
    """The 16 hex digits a key is known by."""
    return hashlib.sha256(public).hexdigest()[:16]


def new_key() -> KeyPair:
    """A fresh random key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return KeyPair(key_id(public), public, private)


# -- the private key at rest


def wrap(private: "Ed25519PrivateKey", password: str) -> bytes:
    """Encrypt a key for storage under the doctor's password: argon2id 64 MiB, AES-256-GCM, 0.2 s."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = _HEADER.pack(_MAGIC, _TIME, _MEMORY, _LANES)
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    key = _stretch(password, salt, (_TIME, _MEMORY, _LANES))
    return header + salt + nonce + AESGCM(key).encrypt(nonce, private.private_bytes_raw(), header + salt)


def unwrap(blob: bytes, password: str) -> "Ed25519PrivateKey":
    """Decrypt a stored key. Raises WrongPassword, or ValueError when the blob is not one of ours."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(blob) != _BLOB:
        raise ValueError("not a wrapped signing key")
    magic, passes, memory, lanes = _HEADER.unpack_from(blob)
    if magic != _MAGIC or not (passes and lanes and 8 * lanes <= memory <= _MEMORY_LIMIT):
        raise ValueError("not a wrapped signing key")
    salt_end, nonce_end = _HEADER.size + _SALT, _HEADER.size + _SALT + _NONCE
    key = _stretch(password, blob[_HEADER.size : salt_end], (passes, memory, lanes))
    try:
        raw = AESGCM(key).decrypt(blob[salt_end:nonce_end], blob[nonce_end:], blob[:salt_end])
    except InvalidTag:
        raise WrongPassword from None
    return Ed25519PrivateKey.from_private_bytes(raw)


def _stretch(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    from argon2.low_level import Type, hash_secret_raw

    passes, memory, lanes = cost
    secret = unicodedata.normalize("NFC", password).encode()  # keyboards differ in how they send é
    return hash_secret_raw(
        secret, salt, time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32, type=Type.ID
    )


# -- seals


def seal(payload: str, private: "Ed25519PrivateKey", kid: str) -> str:
    """Sign a canonical payload: 176 characters. Raises ValueError when ``kid`` is not this key's."""
    if key_id(private.public_key().public_bytes_raw()) != kid:
        raise ValueError("kid of another key")
    statement = f"ed25519.{kid}.{hashlib.sha256(payload.encode()).hexdigest()}"
    return f"{statement}.{_base64(private.sign(statement.encode()))}"


def verify(payload: str, seal: str, public: bytes) -> bool:
    """Whether ``seal`` is this key's signature of exactly this payload."""
    found = SEAL_SHAPE.fullmatch(seal)
    if found is None:
        return False
    kid, digest, text = found.groups()
    signature = base64.urlsafe_b64decode(text + "==")
    if _base64(signature) != text:  # one signature has one spelling: the last character has spare bits
        return False
    same = hmac.compare_digest(hashlib.sha256(payload.encode()).hexdigest(), digest)
    return same and _signed(kid, digest, signature, public=public)


def short_digest(seal: str) -> str:
    """The 12 hex digits printed beside the signature (spec 4.9.4); empty for a text that is no seal."""
    found = SEAL_SHAPE.fullmatch(seal)
    return found.group(2)[:12] if found else ""


def _signed(kid: str, digest: str, signature: bytes, *, public: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(public) != 32 or key_id(public) != kid:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, f"ed25519.{kid}.{digest}".encode())
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# -- canonical JSON


def canonical(obj: Json) -> str:
    """RFC 8785 text of strings, whole numbers, booleans, null, lists and objects with ASCII keys.

    Raises TypeError for anything else, ValueError for a number beyond 2**53 - 1 or half a surrogate pair.
    """
    return json.dumps(_plain(obj), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(obj: object) -> object:
    if isinstance(obj, str):
        if any("\ud800" <= character <= "\udfff" for character in obj):
            raise ValueError("half a surrogate pair")
        return str(obj)
    if obj is None or isinstance(obj, bool):
        return obj
    if isinstance(obj, int):
        if abs(obj) > _MAX_INTEGER:
            raise ValueError("integer beyond 2**53 - 1")
        return int(obj)
    if isinstance(obj, list | tuple):
        return [_plain(value) for value in obj]
    if isinstance(obj, Mapping):
        return {_ascii(key): _plain(value) for key, value in obj.items()}
    raise TypeError(f"{type(obj).__name__} has no canonical form here")


def _ascii(key: object) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise TypeError("keys are ASCII texts")
    return str(key)


# -- the drawn signature


def ink_is_plausible(png: bytes) -> bool:
    """Whether a drawn signature holds enough ink (spec 4.9.3); False for anything that is no PNG."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or len(png) < 33:
        return False
    width, height = struct.unpack(">II", png[16:24])
    if not (_INK_WIDTH <= width <= _PNG_SIDE_LIMIT and _INK_HEIGHT <= height <= _PNG_SIDE_LIMIT):
        return False
    from PIL import Image  # 20 ms, wanted only when somebody signs

    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            ink = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError):
        return False
    paper = Image.new("RGBA", ink.size, "white")
    dark = Image.alpha_composite(paper, ink).convert("L").point([255] * _INK_DARKER_THAN + [0] * 128)
    box = dark.getbbox()
    if box is None:
        return False
    wide, high = box[2] - box[0] >= _INK_WIDTH, box[3] - box[1] >= _INK_HEIGHT
    return wide and high and dark.histogram()[255] >= _INK_PIXELS
