"""Signing in: the connection, who it is, and the keys to the other stores."""

import psycopg

from clinicdesk.bootstrap import Core
from clinicdesk.services.unlocking import PinVault
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet

WHO = """SELECT u.id, u.email, u.role, p.first_name, p.last_name, c.id, c.name, c.timezone, c.currency
  FROM users u JOIN user_profiles p ON p.user_id = u.id JOIN clinic_staff s ON s.user_id = u.id
  JOIN clinics c ON c.id = s.clinic_id WHERE u.email = %s"""


def measure(bench: Bench, sheet: Sheet) -> None:
    core = Core(bench.deployment, seat="bench")
    email, password = bench.account("receptionist")
    conninfo = bench.conninfo("receptionist")

    def bare(_: int) -> None:
        with psycopg.connect(conninfo) as connection:
            connection.execute(WHO, (email,)).fetchall()

    sheet.compare(
        "sign in", lambda _: core.sign_in(email, password).close(), bare, note="floor: connect and one query"
    )
    vault = PinVault()
    vault.set_pin("4071", password)
    sheet.compare(
        "unlock by PIN",
        lambda _: core.sign_in(email, vault.open("4071")).close(),
        bare,
        note="target 400; floor: connect and one query",
    )
