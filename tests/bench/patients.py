"""Patient search as people type it."""

from clinicdesk.services.patients import Patients
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet

FOUND = """ SELECT p.user_id, p.mrn, u.first_name, u.last_name, u.date_of_birth, u.gender,
    (SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone' LIMIT 1)
  FROM hits h JOIN patients p ON p.user_id = h.user_id JOIN user_profiles u ON u.user_id = p.user_id
 ORDER BY u.last_name, u.first_name LIMIT 60"""
PART = "WITH hits AS MATERIALIZED (SELECT user_id FROM user_profiles WHERE search LIKE %s LIMIT 400)" + FOUND
NEAR = (
    "WITH near AS MATERIALIZED (SELECT user_id, similarity(search, %s) s FROM user_profiles WHERE search %% %s), "
    "hits AS MATERIALIZED (SELECT user_id FROM near ORDER BY s DESC LIMIT 60)" + FOUND
)
PHONE = (
    "WITH hits AS MATERIALIZED (SELECT user_id FROM contact_points WHERE kind = 'phone' AND value LIKE %s LIMIT 200)"
    + FOUND
)
MRN = "WITH hits AS MATERIALIZED (SELECT user_id FROM patients WHERE mrn LIKE %s LIMIT 30)" + FOUND


def measure(bench: Bench, sheet: Sheet) -> None:
    session = bench.session("receptionist")
    patients = Patients(session.open_work, session.actor, session.now)
    names = [
        (first, last, phone)
        for first, last, phone in bench.ask(
            "SELECT u.first_name, u.last_name, c.value FROM patients p JOIN user_profiles u ON u.user_id = p.user_id "
            "JOIN contact_points c ON c.user_id = p.user_id AND c.kind = 'phone' "
            "WHERE length(u.last_name) > 5 ORDER BY md5(p.mrn) LIMIT 200"
        )
    ]

    def fold(text: str) -> str:
        folded: str = bench.one("SELECT cd.fold(%s)", text)
        return folded

    parts = [fold(last[:4]) for _, last, _ in names]
    wrong = [fold(f"{first} {_misspelt(last)}") for first, last, _ in names]
    phones = [phone[-8:] for _, _, phone in names]

    def bare(statement: str, *values: object) -> None:
        with bench.owner.transaction():
            bench.owner.execute(statement, values).fetchall()

    def nth(found: list[str], number: int) -> str:
        return found[number % len(found)]

    sheet.compare(
        "search: four letters of the last name",
        lambda number: patients.search(nth(parts, number)),
        lambda number: bare(PART, f"%{nth(parts, number)}%"),
    )
    sheet.compare(
        "search: misspelt name",
        lambda number: patients.search(nth(wrong, number)),
        lambda number: bare(NEAR, nth(wrong, number), nth(wrong, number)),
    )
    sheet.compare(
        "search: phone",
        lambda number: patients.search(nth(phones, number)),
        lambda number: bare(PHONE, f"%{nth(phones, number).lstrip('0')}%"),
    )
    numbers = [mrn for (mrn,) in bench.ask("SELECT mrn FROM patients ORDER BY md5(mrn) LIMIT 200")]
    sheet.compare(
        "search: the first key",
        lambda number: patients.search(nth(parts, number)[:1]),
        lambda number: bare(PART, f"{nth(parts, number)[:1]}%"),
        note="asked at once; at most 100 ms",
    )
    sheet.compare(
        "search: MRN",
        lambda number: patients.search(nth(numbers, number)),
        lambda number: bare(MRN, f"{nth(numbers, number)}%"),
    )


def _misspelt(name: str) -> str:
    """Two letters in the middle exchanged."""
    middle = len(name) // 2
    return name[: middle - 1] + name[middle] + name[middle - 1] + name[middle + 1 :]
