"""Proof of prescriptions: every change is refused, offline; the clinic's database knows the state (spec 4.9)."""

import io
import json
import random
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from shutil import which
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from clinicdesk.cli import run
from clinicdesk.domain.verification import KeyRing, KnownState, PublicKey, Standing, Verdict
from clinicdesk.printing.prescription import prescription_pdf
from clinicdesk.services import signing
from clinicdesk.services.clinic_seal import new_seal, seal_pdf
from clinicdesk.services.file_seal import check_pdf
from clinicdesk.services.key_file import KeyFileDamaged, ring_from_text, ring_to_text
from clinicdesk.services.prescription_code import make_code
from clinicdesk.services.verifying import Verifying, verify_code, verify_file
from tests.printing import papers
from tests.services.test_prescribing import draft_of, ink, pad

TODAY = date(2026, 12, 1)
AS_OF = datetime(2026, 11, 30, 9, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "number": "RX-2026-0000018",
    "patient_name": "Ọlábísí Ṣómíṣàdé",
    "patient_dob": "1984-02-14",
    "issued_at": "2026-11-23T23:30:00Z",
    "expiry_date": "2026-12-24",
    "items": [
        {"name": "Amoxicillin", "strength": "500 mg", "form": "capsule", "quantity": 21},
        {"name": "Paracetamol", "strength": "500 mg", "form": "tablet", "quantity": 30},
    ],
}
PAYLOAD = signing.canonical(FACTS)
SEAL = signing.seal(PAYLOAD, papers.KEY.private, papers.KEY.kid)
CODE = make_code(PAYLOAD, SEAL, papers.KEY.private)
DIGEST = SEAL.split(".")[2]
KEY = PublicKey(kid=papers.KEY.kid, public=papers.KEY.public, doctor_name="Ada Obi", doctor_license="MDCN/1")


@pytest.fixture(scope="module")
def clinic_seal():
    return new_seal(papers.CLINIC, now=AS_OF)


@pytest.fixture(scope="module")
def pdf(clinic_seal):
    plain = prescription_pdf(
        papers.RX, clinic=papers.CLINIC, signature_png=papers.signature(), qr_payload=CODE
    )
    return seal_pdf(plain, clinic_seal, clinic=papers.CLINIC, at=AS_OF)


@pytest.fixture(scope="module")
def ring(clinic_seal):
    return KeyRing(as_of=AS_OF, keys={KEY.kid: KEY}, authorities=(clinic_seal.authority,))


def test_a_code_proves_number_patient_and_medicines_with_the_public_key_alone(ring):
    found: Any = verify_code(CODE, ring, today=TODAY)
    assert (found.verdict, found.standing, found.as_of) == (Verdict.GENUINE, Standing.NOT_CHECKED, None)
    assert found.claim.number == "RX-2026-0000018"
    assert (found.claim.patient_name, found.claim.patient_dob) == ("Ọlábísí Ṣómíṣàdé", date(1984, 2, 14))
    assert found.claim.medicines == (("Amoxicillin 500 mg capsule", 21), ("Paracetamol 500 mg tablet", 30))
    assert found.claim.digest == DIGEST
    assert not found.may_supply  # whether it was supplied is not known: say so, do not guess


def test_a_thousand_changes_of_the_code_are_refused(ring):
    chance = random.Random(49)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567:abc018 -"
    for _ in range(1000):
        place = chance.randrange(len(CODE))
        other = chance.choice([one for one in letters if one != CODE[place]])
        found = verify_code(CODE[:place] + other + CODE[place + 1 :], ring, today=TODAY)
        assert found.verdict in (Verdict.ALTERED, Verdict.UNREADABLE, Verdict.UNKNOWN_KEY), place


@pytest.mark.parametrize("text", ["", "CD2:", CODE[:-1], CODE + "A", CODE + "=", CODE.lower(), "CD1:" + CODE[4:], CODE * 2])  # fmt: skip
def test_another_spelling_is_refused(ring, text):
    assert verify_code(text, ring, today=TODAY).verdict is not Verdict.GENUINE


@pytest.mark.parametrize("name", ["number", "patient_name", "patient_dob", "issued_at", "expiry_date"])
def test_a_changed_fact_needs_the_doctors_key(ring, name):
    """Somebody else's key over changed facts, under the doctor's name, proves nothing."""
    forged = {**FACTS, name: str(FACTS[name]).replace("2", "3", 1).replace("Ọ", "O")}
    assert forged != FACTS
    thief = signing.new_key()
    code = make_code(signing.canonical(forged), SEAL, thief.private)
    assert verify_code(code, ring, today=TODAY).verdict is Verdict.ALTERED
    assert not signing.verify(signing.canonical(forged), SEAL, papers.KEY.public)


def test_many_medicines_that_do_not_fit_are_left_out_and_it_says_so(ring):
    chance = random.Random(1)
    items: list[Any] = [
        {"name": chance.randbytes(30).hex(), "strength": f"{n} mg", "form": "tablet", "quantity": n + 1}
        for n in range(30)
    ]
    payload = signing.canonical({**FACTS, "items": items})
    claim: Any = verify_code(make_code(payload, SEAL, papers.KEY.private), ring, today=TODAY).claim
    assert (claim.complete, claim.medicines, claim.number) == (False, (), "RX-2026-0000018")


ISSUED = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "revoked", "since", "verdict"),
    [
        ("superseded", ISSUED + timedelta(days=1), None, Verdict.GENUINE),
        ("left", ISSUED + timedelta(days=1), None, Verdict.GENUINE),
        ("superseded", ISSUED - timedelta(days=1), None, Verdict.REVOKED),
        ("compromised", ISSUED + timedelta(days=1), ISSUED - timedelta(days=1), Verdict.REVOKED),
        ("compromised", ISSUED + timedelta(days=1), ISSUED + timedelta(hours=1), Verdict.GENUINE),
        ("compromised", ISSUED + timedelta(days=1), None, Verdict.REVOKED),
    ],
)
def test_a_revoked_key_vouches_only_for_what_was_signed_before(ring, reason, revoked, since, verdict):
    key = replace(KEY, revoke_reason=reason, revoked_at=revoked, compromised_since=since)
    assert verify_code(CODE, replace(ring, keys={key.kid: key}), today=TODAY).verdict is verdict


STATE = KnownState(number="RX-2026-0000018", status="active", expiry_date=date(2026, 12, 24))


@pytest.mark.parametrize(
    ("state", "today", "standing"),
    [
        (STATE, date(2026, 12, 24), Standing.OPEN),  # spec 4.8: the expiry day is valid
        (STATE, date(2026, 12, 25), Standing.EXPIRED),
        (None, date(2026, 12, 25), Standing.EXPIRED),  # needs no network
        (None, date(2026, 12, 24), Standing.NOT_CHECKED),
        (replace(STATE, supplied_at=AS_OF), TODAY, Standing.PARTLY),
        (replace(STATE, supplied_at=AS_OF, status="completed", fully_supplied=True), TODAY, Standing.DISPENSED),
        (replace(STATE, supplied_at=AS_OF, status="completed"), date(2027, 1, 1), Standing.DISPENSED),
        (replace(STATE, status="cancelled", cancelled_at=AS_OF), TODAY, Standing.CANCELLED),
        (replace(STATE, status="expired"), TODAY, Standing.EXPIRED),
    ],
)  # fmt: skip
def test_what_is_known_of_its_state_and_since_when(ring, state, today, standing):
    found = verify_code(CODE, replace(ring, states={DIGEST: state} if state else {}), today=today)
    assert (found.standing, found.as_of) == (standing, AS_OF if state else None)
    assert found.may_supply is (standing in (Standing.OPEN, Standing.PARTLY))


def test_a_sealed_pdf_is_accepted_by_a_third_party(pdf, ring, clinic_seal, tmp_path):
    """pyHanko's validator and, where it is installed, pdfsig."""
    from asn1crypto import x509

    assert verify_file(pdf, ring, today=TODAY).verdict is Verdict.GENUINE
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trust = ValidationContext(
        trust_roots=[x509.Certificate.load(clinic_seal.authority)], moment=AS_OF, allow_fetching=False
    )
    status: Any = validate_pdf_signature(signature, trust)
    assert (status.valid, status.intact, status.trusted, status.bottom_line) == (True,) * 4
    assert status.coverage.name == "ENTIRE_FILE"
    if which("pdfsig"):
        path = tmp_path / "rx.pdf"
        for data, words in (
            (pdf, "Signature is Valid"),
            (pdf.replace(b"/Title", b"/Titlf", 1), "Digest Mismatch"),
        ):
            path.write_bytes(data)
            said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
            assert words in said
            assert "Total document signed" in said


def test_a_thousand_flips_of_the_signed_bytes_are_refused(pdf, ring):
    begin = pdf.index(b"/Contents <") + len(b"/Contents ")
    end = pdf.index(b">", begin) + 1
    chance = random.Random(50)
    for _ in range(1000):
        place = chance.randrange(len(pdf) - (end - begin))
        place += (end - begin) if place >= begin else 0
        damaged = bytearray(pdf)
        damaged[place] ^= 1 << chance.randrange(8)
        assert check_pdf(bytes(damaged), ring.authorities).state != "intact", place
    padding = pdf.rindex(b"0", begin, end)  # not signed, so it must have one spelling
    for other in (b"1", b" ", b"a"):
        spelled = pdf[:padding] + other + pdf[padding + 1 :]
        assert check_pdf(spelled, ring.authorities).state == "altered"
    assert check_pdf(pdf + b"\n", ring.authorities).state == "altered"
    assert check_pdf(pdf[:-1], ring.authorities).state == "altered"


def test_a_file_without_its_seal_or_with_a_strangers_is_not_genuine(pdf, ring):
    stranger = replace(ring, authorities=(new_seal(papers.CLINIC, now=AS_OF).authority,))
    assert verify_file(pdf, stranger, today=TODAY).verdict is Verdict.UNKNOWN_KEY
    plain = prescription_pdf(papers.RX, clinic=papers.CLINIC, signature_png=None, qr_payload=CODE)
    found: Any = verify_file(plain, ring, today=TODAY)
    assert (found.verdict, found.altered, found.claim.number) == (Verdict.ALTERED, ("seal_missing",), FACTS["number"])  # fmt: skip
    for data in (b"", b"%PDF-1.4", b"\x89PNG", pdf[:200]):
        assert verify_file(data, ring, today=TODAY).verdict is not Verdict.GENUINE


def test_the_same_paper_at_the_same_time_has_the_same_bytes(pdf, clinic_seal):
    plain = prescription_pdf(
        papers.RX, clinic=papers.CLINIC, signature_png=papers.signature(), qr_payload=CODE
    )
    assert seal_pdf(plain, clinic_seal, clinic=papers.CLINIC, at=AS_OF) == pdf


def test_a_key_file_comes_back_whole_and_a_damaged_one_is_refused(ring):
    full = replace(ring, states={DIGEST: replace(STATE, supplied_at=AS_OF)})
    text = ring_to_text(full)
    assert ring_from_text(text) == full
    assert "Ṣómíṣàdé" not in text  # no patient in it
    for damaged in ("", "{}", "[]", text[:-9], text.replace("clinicdesk-keys-1", "other"), '{"kind": 1}'):
        with pytest.raises(KeyFileDamaged):
            ring_from_text(damaged)


def test_the_screens_service_names_what_differs_and_works_without_the_database(clinic, tmp_path):
    doctor = pad(clinic, "doctor")
    patient = clinic.small.patients[0]
    doctor.no_known_allergies(patient)
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    paper = doctor.pdf(signed)
    session = clinic.sign_in("pharmacist")
    path = tmp_path / "keys.json"
    counter = Verifying(session.open_work, session.actor, session.now, key_file=path)
    assert counter.last_contact() is None
    found: Any = counter.check(f" {signed.qr_code}\n")
    assert (found.verdict, found.standing, found.claim.number) == (Verdict.GENUINE, Standing.OPEN, signed.number)  # fmt: skip
    assert counter.check_file(paper).may_supply
    ring = counter.contact()
    assert ring_from_text(path.read_text()) == ring
    doctor.cancel(signed, "wrong patient")
    assert counter.check(signed.qr_code).standing is Standing.CANCELLED
    # the administrator checks, too, and sees no prescription by it
    office = clinic.sign_in("admin")
    desk = Verifying(office.open_work, office.actor, office.now, key_file=tmp_path / "admin.json")
    assert desk.check(signed.qr_code).standing is Standing.CANCELLED
    with clinic.owner() as owner:
        owner.execute("ALTER TABLE prescriptions DISABLE TRIGGER USER")
        owner.execute("UPDATE prescriptions SET patient_name = 'Somebody Else'")
    found = counter.check(signed.qr_code)
    assert (found.verdict, found.altered) == (Verdict.ALTERED, ("patient",))
    session.lock()  # from here on nothing can be asked
    offline = counter.check(signed.qr_code)
    assert (offline.verdict, offline.standing, offline.as_of) == (Verdict.GENUINE, Standing.OPEN, ring.as_of)


def test_the_command_line_checks_with_an_exported_key_file(clinic, tmp_path, capsys):
    doctor = pad(clinic, "doctor")
    patient = clinic.small.patients[0]
    doctor.no_known_allergies(patient)
    signed = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    paper, keys = tmp_path / "rx.pdf", tmp_path / "keys.json"
    paper.write_bytes(doctor.pdf(signed))
    assert run(["keys", "export", str(keys), "--postgres", clinic.addresses.postgres]) == 0
    assert "No patient" not in keys.read_text()
    assert signed.patient_name not in keys.read_text()
    assert run(["verify", str(paper), "--keys", str(keys)]) == 0
    assert run(["verify", signed.qr_code, "--keys", str(keys)]) == 0
    said = capsys.readouterr().out
    assert f"GENUINE: signed by {signed.doctor_name}" in said
    assert "open: nothing supplied yet (as of" in said
    paper.write_bytes(paper.read_bytes().replace(b"/Title", b"/Titlf", 1))
    assert run(["verify", str(paper), "--keys", str(keys)]) == 1
    assert "ALTERED: the file was changed" in capsys.readouterr().out
    doctor.cancel(signed, "wrong patient")
    run(["keys", "export", str(keys), "--postgres", clinic.addresses.postgres])
    assert run(["verify", signed.qr_code, "--keys", str(keys)]) == 3
    assert "cancelled on" in capsys.readouterr().out
    keys.write_text(json.dumps({"kind": "x"}))
    assert run(["verify", signed.qr_code, "--keys", str(keys)]) == 2
    assert run(["verify", str(tmp_path / "none.pdf"), "--keys", str(keys)]) == 2
