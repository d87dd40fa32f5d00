"""The clinic's certificate and its seal on a PDF (PAdES B-B): any reader shows a change.

The certificate authority is made for one certificate: its private key signs once and is forgotten, so there
is nothing to guard but the sealing key. That key lies in PostgreSQL (clinic_seal_keys), without grants; a
function hands it to the programs of those who print prescriptions: a seal says 'printed by this clinic'.
That a doctor signed is proven by the doctor's own key alone.
"""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from clinicdesk.domain.people import Clinic

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata

_BITS = 3072
_VALID = timedelta(days=5 * 365)
_BEFORE = timedelta(days=1)  # clocks differ
_RENEW = timedelta(days=60)
_FIELD = "ClinicSeal"
_RESERVED = 12288  # hexadecimal digits and room for two certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSeal:
    """DER of the sealing certificate and its authority, PKCS#8 of the key."""

    certificate: bytes
    authority: bytes
    private_key: bytes = field(repr=False)
    valid_until: datetime

    def worn_out(self, now: datetime) -> bool:
        """Whether a new one should be made before this one ends."""
        return now > self.valid_until - _RENEW


def new_seal(clinic: Clinic, *, now: datetime) -> ClinicSeal:
    """A certificate for this clinic by an authority of its own; about a second."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    authority_key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    own_key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    begin, end = now - _BEFORE, now + _VALID

    def named(suffix: str) -> x509.Name:
        name = clinic.name[: 64 - len(suffix)] + suffix
        return x509.Name(
            [
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, clinic.name[:64]),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
            ]
        )

    def usage(*, sign: bool) -> x509.KeyUsage:
        off = dict.fromkeys(
            ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
            False,
        )
        return x509.KeyUsage(
            digital_signature=sign, content_commitment=sign, key_cert_sign=not sign, crl_sign=not sign, **off
        )

    def certificate(name: x509.Name, public: rsa.RSAPublicKey, *, root: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(named(" certificates"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
            .add_extension(usage(sign=not root), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )
        return builder.sign(authority_key, hashes.SHA256())

    der = serialization.Encoding.DER
    return ClinicSeal(
        certificate=certificate(named(" seal"), own_key.public_key(), root=False).public_bytes(der),
        authority=certificate(named(" certificates"), authority_key.public_key(), root=True).public_bytes(
            der
        ),
        private_key=own_key.private_bytes(
            der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        valid_until=end,
    )


def seal_pdf(pdf: bytes, seal: ClinicSeal, *, clinic: Clinic, at: datetime) -> bytes:
    """The PDF certified by the clinic, no change allowed; the same input and time give the same bytes.

    Some 30 ms; the first call loads pyHanko, which takes a second.
    """
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers.pdf_signer import PdfSigner, PdfSigningSession

    class Writer(IncrementalPdfFileWriter):
        @classmethod
        def _handle_id(cls, prev: Any) -> Any:  # pyHanko's own would be random
            first, _ = prev.trailer["/ID"]
            first = generic.ByteStringObject(getattr(first, "original_bytes", first))
            return generic.ArrayObject([first, generic.ByteStringObject(hashlib.sha256(pdf).digest()[:16])])

        def _update_meta(self) -> None:
            """The time is in the signature; the facts about the document stay as they were written."""

    class SignerAt(PdfSigner):
        def init_signing_session(self, *args: Any, **named: Any) -> PdfSigningSession:
            session = super().init_signing_session(*args, **named)
            session.system_time = at  # one clock: the clinic's, not this process's
            return session

    out = io.BytesIO()
    SignerAt(_about(clinic), _signer(seal)).sign_pdf(
        Writer(io.BytesIO(pdf)), bytes_reserved=_RESERVED, output=out
    )
    return out.getvalue()


def _about(clinic: Clinic) -> "PdfSignatureMetadata":
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata

    return PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        name=clinic.name,
        location=clinic.address,
        reason="Prescription printed by the clinic",
    )


def _signer(seal: ClinicSeal) -> "SimpleSigner":
    from asn1crypto import keys, x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(x509.Certificate.load(seal.authority))
    return SimpleSigner(
        signing_cert=x509.Certificate.load(seal.certificate),
        signing_key=keys.PrivateKeyInfo.load(seal.private_key),
        cert_registry=store,
    )
