"""Writes ``corpus.jsonl``: 1,000 prescriptions of a general clinic in Nigeria, the same every time.

``python -m tests.data.write_corpus``. Made up, with a fixed seed: no real patient. Complaints come at about the rate
of an outpatient register; patients bring the long-term illnesses, medicines and allergies of their age. Nobody was
left out because a check would speak up.
"""

import json
import random
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("corpus.jsonl")
SEED, COUNT = 20261125, 1000
YEAR = 365

# share, youngest, oldest (years), sex, choices of lines (medicine, strength, form, directions)
Line = tuple[str, str, str, str]
AL = ("Artemether-lumefantrine", "20 mg + 120 mg", "tablet", "4 tablets bd 3d")
PCM = ("Paracetamol", "500 mg", "tablet", "2 tablets tds 3d")
VISITS: list[tuple[int, int, int, str, list[list[Line]]]] = [
    (20, 15, 75, "any", [[AL, PCM], [AL], [AL, PCM, ("Ferrous sulfate", "200 mg", "tablet", "1 tablet od 30d")]]),
    (9, 12, 80, "any", [[("Amoxicillin", "500 mg", "capsule", "1 capsule tds 7d"), PCM], [PCM, ("Loratadine", "10 mg", "tablet", "1 tablet od 7d")], [("Azithromycin", "500 mg", "tablet", "1 tablet od 3d")], [("Cetirizine", "10 mg", "tablet", "1 tablet on 7d"), PCM]]),
    (5, 15, 70, "any", [[("Ciprofloxacin", "500 mg", "tablet", "1 tablet bd 7d"), PCM], [("Azithromycin", "500 mg", "tablet", "1 tablet od 7d")], [("Cefuroxime", "500 mg", "tablet", "1 tablet bd 7d"), PCM]]),
    (14, 38, 85, "any", [[("Amlodipine", "5 mg", "tablet", "1 tablet od 30d")], [("Amlodipine", "10 mg", "tablet", "1 tablet od 30d"), ("Lisinopril", "10 mg", "tablet", "1 tablet od 30d")], [("Losartan", "50 mg", "tablet", "1 tablet od 30d"), ("Hydrochlorothiazide", "25 mg", "tablet", "1 tablet od 30d")], [("Lisinopril", "5 mg", "tablet", "1 tablet od 30d")]]),
    (8, 40, 80, "any", [[("Metformin", "500 mg", "tablet", "1 tablet bd 30d")], [("Metformin", "1000 mg", "tablet", "1 tablet bd 30d"), ("Glimepiride", "2 mg", "tablet", "1 tablet od 30d")], [("Metformin", "500 mg", "tablet", "2 tablets bd 30d"), ("Atorvastatin", "20 mg", "tablet", "1 tablet on 30d")]]),
    (5, 16, 55, "female", [[("Nitrofurantoin", "100 mg", "modified-release capsule", "1 capsule bd 5d")], [("Cefixime", "400 mg", "tablet", "1 tablet od 7d")], [("Ciprofloxacin", "500 mg", "tablet", "1 tablet bd 3d")]]),
    (6, 18, 75, "any", [[("Omeprazole", "20 mg", "gastro-resistant capsule", "1 capsule od 28d")], [("Omeprazole", "20 mg", "gastro-resistant capsule", "1 capsule bd 14d"), ("Amoxicillin", "500 mg", "capsule", "2 capsules bd 14d"), ("Clarithromycin", "500 mg", "tablet", "1 tablet bd 14d")], [("Omeprazole", "20 mg", "gastro-resistant capsule", "1 capsule od 14d"), ("Metronidazole", "400 mg", "tablet", "1 tablet tds 7d")]]),
    (7, 20, 80, "any", [[("Ibuprofen", "400 mg", "tablet", "1 tablet tds 5d")], [("Diclofenac", "50 mg", "gastro-resistant tablet", "1 tablet bd 5d"), ("Omeprazole", "20 mg", "gastro-resistant capsule", "1 capsule od 5d")], [PCM], [("Ibuprofen", "400 mg", "tablet", "1 tablet tds 5d"), PCM]]),
    (3, 8, 60, "any", [[("Prednisolone", "5 mg", "tablet", "6 tablets od 5d")], [("Salbutamol", "100 micrograms/puff", "inhaler", "2 puffs qds 30d")]]),
    (3, 16, 45, "female", [[("Ferrous sulfate", "200 mg", "tablet", "1 tablet od 30d"), ("Folic acid", "5 mg", "tablet", "1 tablet od 30d")], [("Folic acid", "5 mg", "tablet", "1 tablet od 30d")]]),
    (3, 15, 60, "any", [[("Metronidazole", "400 mg", "tablet", "1 tablet tds 7d")], [("Metronidazole", "400 mg", "tablet", "1 tablet tds 7d"), ("Doxycycline", "100 mg", "capsule", "1 capsule bd 14d")]]),
    (3, 15, 60, "any", [[("Fluconazole", "150 mg", "capsule", "1 capsule stat")], [("Albendazole", "400 mg", "chewable tablet", "1 tablet stat")]]),
    (3, 18, 70, "any", [[("Tramadol", "50 mg", "capsule", "1 capsule bd 3d"), PCM], [("Amitriptyline", "25 mg", "tablet", "1 tablet on 30d")], [("Fluoxetine", "20 mg", "capsule", "1 capsule od 30d")]]),
    (2, 20, 60, "any", [[("Tenofovir-lamivudine-dolutegravir", "300 mg + 300 mg + 50 mg", "tablet", "1 tablet od 30d")]]),
    (9, 1, 11, "any", [[("Paracetamol", "120 mg/5 mL", "syrup", "weight 15 tds 3d")], [("Amoxicillin", "125 mg/5 mL", "oral suspension", "weight 30 bd 5d"), ("Paracetamol", "120 mg/5 mL", "syrup", "weight 15 tds 3d")], [("Zinc sulfate", "20 mg", "dispersible tablet", "1 tablet od 10d")]]),
]  # fmt: skip
# from this age on, share in a hundred, ICD-10 code, what is taken for it
ILLNESSES = [
    (38, 22, "I10", ("Amlodipine", "5 mg", "tablet", "1 tablet od 30d")),
    (45, 8, "E11", ("Metformin", "500 mg", "tablet", "1 tablet bd 30d")),
    (8, 4, "J45", ("Salbutamol", "100 micrograms/puff", "inhaler", "2 puffs prn max 8 per day 30d")),
    (30, 3, "K25", None),
    (60, 2, "I50", ("Furosemide", "40 mg", "tablet", "1 tablet od 30d")),
    (50, 2, "N18.3", None),
    (20, 2, "G40", ("Carbamazepine", "200 mg", "tablet", "1 tablet bd 30d")),
    (50, 1, "I48", ("Warfarin", "5 mg", "tablet", "1 tablet od 30d")),
    (5, 2, "D57", ("Folic acid", "5 mg", "tablet", "1 tablet od 30d")),
]
ALLERGIES = [
    (30, "amoxicillin"),
    (12, "co-trimoxazole"),
    (8, "chloroquine"),
    (4, "ibuprofen"),
    (3, "ciprofloxacin"),
]


def patients(chance: random.Random) -> list[dict[str, Any]]:
    """The prescriptions."""
    return [_one(chance, number) for number in range(1, COUNT + 1)]


def _one(chance: random.Random, number: int) -> dict[str, Any]:
    (_, low, high, sex, choices) = chance.choices(VISITS, [visit[0] for visit in VISITS])[0]
    years = chance.triangular(low, high, low + (high - low) / 3)
    sex = sex if sex != "any" else chance.choice(["female", "male"])
    weight = (
        round(8 + years * 2.1 + chance.uniform(-1, 1), 1) if years < 12 else round(chance.gauss(68, 11), 1)
    )
    problems = [
        (code, taken)
        for age, share, code, taken in ILLNESSES
        if years >= age and chance.random() < share / 100
    ]
    lines = chance.choice(choices)
    given = {line[0] for line in lines}
    # a doctor renewing a long-term medicine writes it instead of the old one, and reads the banner: of those who are
    # allergic to what is usual, most get something else
    current = [taken for _, taken in problems if taken and taken[0] not in given]
    allergies = []
    if chance.random() < 0.06:
        substance = chance.choices([name for _, name in ALLERGIES], [share for share, _ in ALLERGIES])[0]
        allergies.append(substance)
        if chance.random() < 0.8 and any(substance.casefold() == line[0].casefold() for line in lines):
            lines = [PCM if years >= 12 else choices[0][0]]
    fertile = sex == "female" and 16 <= years <= 45
    pregnant = (
        "yes"
        if fertile and chance.random() < 0.06
        else ("no" if not fertile or chance.random() < 0.7 else "unknown")
    )
    return {
        "id": number,
        "age_days": round(years * YEAR),
        "sex": sex,
        "weight": weight,
        "problems": [code for code, _ in problems],
        "allergies": allergies,
        "pregnancy": pregnant,
        "egfr": round(max(20, chance.gauss(96 - max(0, years - 40) * 0.9, 12)))
        if chance.random() < 0.4
        else None,
        "current": [list(line) for line in current],
        "lines": [_weighed(list(line), weight) for line in lines],
    }


def _weighed(line: list[str], weight: float) -> list[str]:
    """'weight 15 tds 3d' of 120 mg/5 mL: 15 mg/kg, to half a millilitre (spec 4.7)."""
    word, *rest = line[3].split()
    if word == "weight":
        per_ml = float(line[1].split(" mg/5")[0]) / 5
        volume = max(0.5, int(float(rest[0]) * weight / per_ml * 2) / 2)
        line[3] = f"{volume:g} mL {' '.join(rest[1:])}"
    return line


def main() -> None:
    made = patients(random.Random(SEED))
    FILE.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in made), encoding="utf-8")


if __name__ == "__main__":
    main()
