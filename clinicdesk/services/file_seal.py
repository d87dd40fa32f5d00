"""Whether a PDF is as the clinic sealed it: our own strict reading of PAdES, 2 ms, no network.

Stricter than a PDF reader: one signature over the whole file, DER with one spelling, padding of zeros.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_RANGE = re.compile(rb"/ByteRange \[0 (\d{1,9}) (\d{1,9}) (\d{1,9})\] *")
_HEX = re.compile(rb"(?:[0-9A-F]{2})+")
_CODE = re.compile(rb"CD2(?:\\072|:)[A-Z2-7]{170,2000}")
_CONTENTS = b"/Contents "
# what no signature covers has one spelling only
_AS_WE_WRITE = ("v1", "v1", ["sha256"], "data", None, None, 0, "sha256", "sha256_rsa")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeal:
    """``state``: intact, altered, missing (no seal), unknown (sealed by nobody we know)."""

    state: str
    signer: str = ""
    sealed_at: datetime | None = None
    code: str = ""


def check_pdf(data: bytes, authorities: Sequence[bytes]) -> FileSeal:
    """Never raises: whatever cannot be read is altered."""
    code = _code(data)
    if not data.startswith(b"%PDF-"):
        return FileSeal(state="altered", code=code)
    if b"/ByteRange" not in data:
        return FileSeal(state="missing", code=code)
    try:
        return _checked(data, authorities, code)
    except (ValueError, TypeError, KeyError, IndexError):
        return FileSeal(state="altered", code=code)


def _code(data: bytes) -> str:
    found = {one.replace(b"\\072", b":") for one in _CODE.findall(data)}
    return found.pop().decode() if len(found) == 1 else ""


def _checked(data: bytes, authorities: Sequence[bytes], code: str) -> FileSeal:
    der, covered = _parts(data)
    digest = hashlib.sha256(covered).digest()
    if digest not in der:  # the usual change, found before anything is parsed
        raise ValueError
    from asn1crypto import cms
    from cryptography.hazmat.primitives.serialization import Encoding

    _require_shortest(der, 0, len(der))
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise ValueError
    signed = info["content"]
    (signer,) = signed["signer_infos"]
    if _unsigned_parts(signed, signer) != _AS_WE_WRITE:
        raise ValueError
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    certificate = _signing_certificate(signed, signer)
    if attributes["message_digest"][0].native != digest:
        raise ValueError
    if attributes["content_type"][0].native != "data":
        raise ValueError
    _verify(certificate, signer["signature"].native, b"\x31" + signer["signed_attrs"].dump()[1:])
    signer_name = certificate.subject.rfc4514_string()
    sealed_at = _time(data)
    if not any(_issued(certificate, authority, sealed_at) for authority in authorities):
        return FileSeal(state="unknown", signer=signer_name, sealed_at=sealed_at, code=code)
    known = {*authorities, certificate.public_bytes(Encoding.DER)}
    if any(one.chosen.dump() not in known for one in signed["certificates"]):
        raise ValueError  # nothing signs the certificates that come along
    return FileSeal(state="intact", signer=signer_name, sealed_at=sealed_at, code=code)


def _require_shortest(der: bytes, at: int, end: int) -> None:
    """Every length in its one DER spelling: definite, and as short as it can be. Raises ValueError."""
    while at < end:
        constructed, first = der[at] & 0x20, der[at + 1]
        at += 2
        if first >= 0x80:
            size = first & 0x7F
            length = int.from_bytes(der[at : at + size])
            if not size or length < 0x80 or length >> (8 * (size - 1)) == 0:
                raise ValueError
            at += size
        else:
            length = first
        if at + length > end:
            raise ValueError
        if constructed:
            _require_shortest(der, at, at + length)
        at += length


def _unsigned_parts(signed: Any, signer: Any) -> tuple[Any, ...]:
    return (
        signed["version"].native,
        signer["version"].native,
        [one["algorithm"].native for one in signed["digest_algorithms"]],
        signed["encap_content_info"]["content_type"].native,
        signed["encap_content_info"]["content"].native,
        signed["crls"].native,
        len(signer["unsigned_attrs"]),
        signer["digest_algorithm"]["algorithm"].native,
        signer["signature_algorithm"]["algorithm"].native,
    )


def _parts(data: bytes) -> tuple[bytes, bytes]:
    """The signature's DER and the bytes it covers: the whole file but the signature."""
    (match,) = _RANGE.finditer(data)
    if data.count(b"/ByteRange") != 1:
        raise ValueError
    gap, rest, length = (int(number) for number in match.groups())
    if rest + length != len(data) or not gap < rest <= match.start() or not data[:gap].endswith(_CONTENTS):
        raise ValueError
    hexed = data[gap:rest]
    if hexed[:1] != b"<" or hexed[-1:] != b">" or _HEX.fullmatch(hexed[1:-1]) is None:
        raise ValueError
    raw = bytes.fromhex(hexed[1:-1].decode())
    if raw[:2] != b"\x30\x82":
        raise ValueError
    end = 4 + int.from_bytes(raw[2:4])
    if end > len(raw) or any(raw[end:]):
        raise ValueError
    return raw[:end], data[:gap] + data[rest:]


def _signing_certificate(signed: Any, signer: Any) -> "Certificate":
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    named = signer["sid"].chosen
    for one in signed["certificates"]:
        found = one.chosen
        if found.serial_number == named["serial_number"].native and found.issuer == named["issuer"]:
            try:
                return load_der_x509_certificate(found.dump())
            except InvalidVersion:
                break
    raise ValueError


def _verify(certificate: "Certificate", signature: bytes, attributes: bytes) -> None:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        public = certificate.public_key()
    except UnsupportedAlgorithm:
        raise ValueError from None
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < 3072:
        raise ValueError
    try:
        public.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise ValueError from None


def _issued(certificate: "Certificate", authority: bytes, at: datetime) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509 import load_der_x509_certificate

    try:
        certificate.verify_directly_issued_by(load_der_x509_certificate(authority))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _time(data: bytes) -> datetime:
    """When the sealing PC's clock said it was sealed; covered by the signature."""
    (text,) = re.findall(rb"/M \(D(?:\\072|:)(\d{14}[^)]{0,12})\)", data)
    return datetime.strptime(text.decode().replace("'", "").replace("Z", "+0000"), "%Y%m%d%H%M%S%z")
