"""What a draft still lacks before it can be signed (spec 4.1, 4.5, 4.9.3)."""

from collections.abc import Sequence

from clinicdesk.domain.errors import DomainError, InvalidField, SignatureMissing
from clinicdesk.domain.prescriptions import Finding, PrescriptionLine
from clinicdesk.domain.safety import override_refusal
from clinicdesk.services.prescribing_draft import PrescriptionDraft, plain
from clinicdesk.services.signing import ink_is_plausible

MAX_LINES = 30


def unanswered(findings: Sequence[Finding], lines: Sequence[PrescriptionLine]) -> tuple[Finding, ...]:
    """Findings that still need a reason, or a longer text (spec 4.5)."""
    return tuple(
        one
        for one in findings
        if one.line < len(lines)
        and override_refusal(one, lines[one.line].override_reason, text=lines[one.line].override_text)
    )


def require_complete(draft: PrescriptionDraft, signature_png: bytes) -> None:
    """Raises InvalidField, SignatureMissing."""
    for problem in missing(draft):
        raise problem
    if not ink_is_plausible(signature_png):
        raise SignatureMissing


def missing(draft: PrescriptionDraft) -> list[DomainError]:
    """What a draft lacks before it can be signed, apart from reasons and the signature."""
    found: list[DomainError] = []
    if not draft.lines:
        found.append(InvalidField("items", "missing"))
    if len(draft.lines) > MAX_LINES:
        found.append(InvalidField("items", "too_large", {"max": str(MAX_LINES)}))
    if any(line.quantity < 1 for line in draft.lines):
        found.append(InvalidField("quantity", "positive"))
    if not plain(draft.diagnosis):
        found.append(InvalidField("diagnosis", "required"))
    return found
