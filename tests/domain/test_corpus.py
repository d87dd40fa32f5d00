"""How often the checks interrupt: 1,000 prescriptions of a general clinic, and the whole top-tier list (spec 4.5)."""

import json
import random
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.domain.patients import Allergy, AllergyStatus, Problem
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine
from clinicdesk.domain.safety import CurrentMedicine, SafetyContext, check
from clinicdesk.domain.sig import parse_sig
from clinicdesk.formulary import load_formulary
from clinicdesk.resources import resource
from tests.data import write_corpus

DATA = load_clinical_data(resource("clinical"))
TODAY = date(2026, 11, 25)
SHELF = {medicine.name: medicine for medicine in load_formulary()}
CORPUS = [json.loads(line) for line in write_corpus.FILE.read_text(encoding="utf-8").splitlines()]
UNITS = {"capsule": "capsule", "syrup": "mL", "suspension": "mL", "inhaler": "puff"}


def sig_of(line: list[str]) -> Any:
    unit = next((unit for word, unit in UNITS.items() if word in line[2]), "tablet")
    route = "inhaled" if unit == "puff" else "oral"
    return parse_sig(line[3], default_unit=unit, default_route=route, data=DATA).sig


def written(line: list[str]) -> PrescriptionLine:
    medicine = Medicine(
        medication_id=UUID(int=1), name=line[0], strength=line[1], form=line[2], atc=SHELF[line[0]].atc, brand_names=(),
        controlled=False, stock=0, earliest_expiry=None, price=None,
    )  # fmt: skip
    return PrescriptionLine(medicine=medicine, sig=sig_of(line), quantity=1)


def context(one: dict[str, Any]) -> SafetyContext:
    allergies = tuple(
        Allergy(
            id=UUID(int=2), substance=name, allergy_class="", reaction="rash", severity="moderate", coded=True
        )
        for name in one["allergies"]
    )
    return SafetyContext(
        age_days=one["age_days"],
        sex=one["sex"],
        weight_kg=one["weight"],
        weight_on=TODAY,
        today=TODAY,
        allergies=allergies,
        allergy_status=AllergyStatus.LISTED if allergies else AllergyStatus.NONE_KNOWN,
        problems=tuple(Problem(id=UUID(int=3), code=code, text=code, status="active") for code in one["problems"]),
        pregnancy=one["pregnancy"],
        breastfeeding="no",
        egfr=one["egfr"],
        egfr_on=TODAY if one["egfr"] else None,
        current=tuple(
            CurrentMedicine(name=line[0], atc=SHELF[line[0]].atc, strength=line[1], form=line[2], sig=sig_of(line))
            for line in one["current"]
        ),
    )  # fmt: skip


def test_the_corpus_is_what_its_script_writes():
    assert write_corpus.patients(random.Random(write_corpus.SEED)) == CORPUS
    assert len(CORPUS) == 1000
    for one in CORPUS:
        for line in (*one["lines"], *one["current"]):
            products = {(p.strength, p.form) for p in SHELF[line[0]].products}
            assert (line[1], line[2]) in products, line


def test_at_most_one_in_twenty_is_interrupted(capsys):
    """Spec 4.5: only 'contraindicated' interrupts; more alerts are not safer."""
    interrupted: dict[str, int] = {}
    stopped = answered = 0
    for one in CORPUS:
        found = check([written(line) for line in one["lines"]], context(one), DATA)
        rules = {finding.rule for finding in found if finding.tier == "contraindicated"}
        stopped += bool(rules)
        answered += any(finding.tier == "major" for finding in found)
        for rule in rules:
            interrupted[rule] = interrupted.get(rule, 0) + 1
    with capsys.disabled():
        print(
            f"\ninterrupted {stopped / 10:.1f} %, to be answered at signing {answered / 10:.1f} %: {interrupted}"
        )
    assert 0 < stopped <= 50, interrupted


@pytest.mark.parametrize(
    "row", [r for r in DATA.interactions if r.tier == "contraindicated" and r.verified], ids=lambda r: r.id
)
def test_every_pair_of_the_top_tier_interrupts(row):
    """Spec 4.6; a row that another one replaces speaks through that one."""
    by_another = {other.overrides_id for other in DATA.interactions}
    pairs = [(a, b) for a, b in product(row.members_a, row.members_b) if a.substance != b.substance]
    assert pairs
    for a, b in pairs:
        line = written(["Paracetamol", "500 mg", "tablet", "1 tablet od 5d"])
        medicine = Medicine(medication_id=UUID(int=1), name=a.substance, strength="", form="tablet", atc="", brand_names=(), controlled=False, stock=0, earliest_expiry=None, price=None)  # fmt: skip
        alone = {
            **CORPUS[0],
            "current": [],
            "problems": [],
            "allergies": [],
            "age_days": row.max_age_days or 12000,
        }
        who = replace(context(alone), current=(CurrentMedicine(name=b.substance),))
        found = check([PrescriptionLine(medicine=medicine, sig=line.sig, quantity=1)], who, DATA)
        tiers = {f.tier for f in found if f.rule.startswith("S3:")}
        assert "contraindicated" in tiers or row.id in by_another, (row.id, a.substance, b.substance, found)
