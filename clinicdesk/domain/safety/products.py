"""What a medicine's name means to the rule tables: its substances, and whether it acts in the whole body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_parsing import plain
from clinicdesk.domain.prescriptions import PrescriptionLine, Sig
from clinicdesk.domain.safety.context import CurrentMedicine

# Combination names that do not name their parts.
_COMBINATIONS: Mapping[str, tuple[str, ...]] = {"co-trimoxazole": ("sulfamethoxazole", "trimethoprim")}
_SPELLINGS: Mapping[str, str] = {"cotrimoxazole": "co-trimoxazole", "coamoxiclav": "co-amoxiclav"}
# Other spellings of parts that the tables know only inside a combination.
_PART_NAMES: Mapping[str, str] = {
    "clavulanate": "clavulanic acid",
    "potassium clavulanate": "clavulanic acid",
}
_LOCAL_ROUTES = frozenset({"topical", "ocular", "otic", "nasal", "vaginal"})
_EYE = re.compile(r"\b(?:eye|ophthalmic)\b")
_LOCAL_FORM = re.compile(
    r"\b(?:cream|ointment|lotion|shampoo|paste|paint|eye|ear|nasal|ophthalmic|otic|topical|vaginal|pessary|pessaries)\b"
)
_EXTENDED = re.compile(r"\b(?:modified|extended|prolonged|sustained|slow)\b|\b(?:xr|sr|mr|er|xl|la)\b")


@dataclass(frozen=True, slots=True)
class Product:
    """A prescribed (``line`` >= 0) or current (``line`` < 0) medicine as the checks see it.

    ``parts``: for each active substance all names it goes by. ``whole``: names of the product itself.
    """

    line: int
    label: str
    atc: str
    strength: str
    form: str
    sig: Sig | None
    whole: tuple[str, ...]
    parts: tuple[frozenset[str], ...]
    local: bool
    ocular: bool
    extended: bool
    known: bool

    @property
    def names(self) -> frozenset[str]:
        """All names of the product and its parts."""
        return frozenset(self.whole).union(*self.parts)


def from_line(line: PrescriptionLine, index: int, *, data: ClinicalData) -> Product:
    """The product of a line being written."""
    medicine = line.medicine
    return _product(
        index,
        medicine.name,
        medicine.atc,
        strength=medicine.strength,
        form=medicine.form,
        sig=line.sig,
        data=data,
    )


def from_current(medicine: CurrentMedicine, *, data: ClinicalData) -> Product:
    """The product of a medicine already taken."""
    return _product(
        -1,
        medicine.name,
        medicine.atc,
        strength=medicine.strength,
        form=medicine.form,
        sig=medicine.sig,
        data=data,
    )


def _product(
    index: int, name: str, atc: str, *, strength: str, form: str, sig: Sig | None, data: ClinicalData
) -> Product:
    whole = canonical(name, data)
    parts = _parts(name, whole, data)
    shape = f"{form} {name}".casefold()
    route = sig.route if sig else "oral"
    oral_gel = "oral gel" in shape
    gel = re.search(r"\bgel\b", shape) is not None and not oral_gel
    local = gel or route in _LOCAL_ROUTES or _LOCAL_FORM.search(shape) is not None
    return Product(
        line=index,
        label=name,
        atc=atc.strip().upper(),
        strength=strength,
        form=form,
        sig=sig,
        whole=whole,
        parts=parts,
        local=local,
        ocular=route == "ocular" or _EYE.search(shape) is not None,
        extended=_EXTENDED.search(shape) is not None,
        known=any(alias in data.known for part in parts for alias in part)
        or any(w in data.known for w in whole),
    )


def canonical(name: str, data: ClinicalData) -> tuple[str, ...]:
    """Names a product or substance goes by in the tables, most exact first."""
    typed = " ".join(name.casefold().split())
    typed = _SPELLINGS.get(typed, typed)
    found = [data.synonyms.get(typed, typed)]
    bare = plain(found[0])
    bare = re.sub(r"\s*[/+]\s*|\s+and\s+", "-", bare)
    found.append(data.synonyms.get(bare, bare))
    first, dash, last = bare.partition("-")
    if dash and bare not in data.known:
        turned = f"{last}-{first}"
        found += [data.synonyms.get(turned, turned)] if turned in data.known | data.synonyms.keys() else []
    words = bare.split()
    heads = (" ".join(words[:end]) for end in range(len(words) - 1, 0, -1))
    tails = (" ".join(words[start:]) for start in range(1, len(words)))
    for shorter in (heads, tails):
        found += [name for name in (data.synonyms.get(s, s) for s in shorter) if name in data.known][:1]
    return tuple(dict.fromkeys(_with_part_names(entry) for entry in found if entry))


def _with_part_names(name: str) -> str:
    first, dash, last = name.partition("-")
    return f"{first}-{_PART_NAMES[last]}" if dash and last in _PART_NAMES else name


def _parts(name: str, whole: tuple[str, ...], data: ClinicalData) -> tuple[frozenset[str], ...]:
    """One set of names per substance; a combination's own name stands for each of its parts."""
    for entry in whole:
        if entry in _COMBINATIONS:
            return tuple(frozenset({part, entry}) for part in _COMBINATIONS[entry])
    pieces = [piece for piece in re.split(r"\s*[+/]\s*|\s+and\s+", plain(name)) if piece]
    dashed = next((entry for entry in whole if "-" in entry and entry in data.known), "")
    if len(pieces) < 2 and dashed and all(len(piece) > 3 for piece in dashed.split("-")):
        pieces = dashed.split("-")
    if len(pieces) < 2:
        return (frozenset(whole),)
    own = frozenset(entry for entry in whole if "-" in entry and entry in data.known)
    return tuple(frozenset(canonical(piece, data)) | own for piece in pieces)
