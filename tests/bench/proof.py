"""Papers and their proof: no database."""

from datetime import UTC, datetime

from clinicdesk.domain.verification import KeyRing, PublicKey
from clinicdesk.printing.prescription import prescription_pdf
from clinicdesk.services.clinic_seal import new_seal, seal_pdf
from clinicdesk.services.verifying import verify_code, verify_file
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet
from tests.printing import papers


def measure(_: Bench, sheet: Sheet) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    seal = new_seal(papers.CLINIC, now=now)
    key = PublicKey(kid=papers.KEY.kid, public=papers.KEY.public, doctor_name="A", doctor_license="B")
    ring = KeyRing(as_of=now, keys={key.kid: key}, authorities=(seal.authority,))
    ink = papers.signature()

    def draw(_: int) -> bytes:
        return prescription_pdf(papers.RX, clinic=papers.CLINIC, signature_png=ink, qr_payload=papers.QR)

    pdf = draw(0)
    sealed = seal_pdf(pdf, seal, clinic=papers.CLINIC, at=now)
    sheet.compare("prescription as a PDF", draw, samples=20, note="goal < 150 ms")
    sheet.compare(
        "the clinic's seal on it", lambda _: seal_pdf(pdf, seal, clinic=papers.CLINIC, at=now), samples=20
    )
    sheet.compare(
        "verify a PDF", lambda _: verify_file(sealed, ring, today=now.date()), samples=50, note="goal < 20 ms"
    )
    sheet.compare(
        "verify a code",
        lambda _: verify_code(papers.QR, ring, today=now.date()),
        samples=50,
        note="goal < 20 ms",
    )
