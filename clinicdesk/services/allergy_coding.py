"""From what was typed to a substance and class the checks can match (spec 3.8)."""

import re
from dataclasses import dataclass

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_parsing import plain
from clinicdesk.domain.errors import InvalidField

_ICD10 = re.compile(r"([A-Z][0-9][0-9A-Z])\.?([0-9A-Z]{1,2})?")


@dataclass(frozen=True, slots=True)
class CodedSubstance:
    """``coded`` False: free text, which matches no rule and says so at each prescription."""

    substance: str
    allergy_class: str
    coded: bool


def code_substance(typed: str, rules: ClinicalData | None) -> CodedSubstance:
    """An INN, a synonym or the name of a class; everything else stays the words that were typed."""
    words = " ".join(typed.split())
    if rules is None:
        return CodedSubstance(words, "", coded=False)
    name = rules.synonyms.get(plain(words), plain(words))
    for row in rules.allergies:
        short = row.name.split(",")[0].split(" (")[0]
        if {name, f"{name}s"} & {row.name, short, plain(row.name)}:
            return CodedSubstance(words, row.id, coded=True)
    if name not in rules.known:
        return CodedSubstance(words, "", coded=False)
    found = next((row.id for row in rules.allergies if name in row.members), "")
    return CodedSubstance(name, found, coded=True)


def icd10(typed: str) -> str:
    """Upper case with its dot: 'j4590' -> 'J45.90'; '' stays ''. Raises InvalidField (spec 3.7)."""
    code = typed.strip().upper()
    if not code:
        return ""
    match = _ICD10.fullmatch(code)
    if match is None:
        raise InvalidField("code", "format", {"example": "J45.9"})
    return f"{match[1]}.{match[2]}" if match[2] else match[1]
