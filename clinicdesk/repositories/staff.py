"""Accounts of the staff: everything goes through the definer functions."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

from clinicdesk.domain.access import Account
from clinicdesk.domain.people import Role
from clinicdesk.repositories.work import Work

ROUNDS = 4096  # one count for all: another one would tell known names from unknown by the answer's time
# no letters or digits that are taken for another one
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password() -> str:
    """Four groups of four, some 79 bits: read out once, then replaced by its owner."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def scram_verifier(password: str) -> str:
    """SCRAM-SHA-256 of an ASCII password, made on this PC. Raises UnicodeEncodeError for other letters."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ROUNDS}:{parts[0]}${parts[1]}:{parts[2]}"


class Staff:
    """Raises NotAllowed outside the own clinics, NotFound, InvalidField('email', 'taken')."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def accounts(self) -> list[Account]:
        """Active ones first, by name."""
        return [
            Account(
                id=row["user_id"],
                email=row["email"],
                first_name=row["first_name"],
                last_name=row["last_name"],
                role=Role(row["role"]),
                active=row["status"] == "active",
                last_login=row["last_login_at"],
                must_change_password=row["must_change_password"],
                locked_until=row["locked_until"],
                failures=row["failures"],
                connections=row["connections"],
                clinics=tuple(row["clinics"] or ()),
                duties=frozenset(row["duties"]),
                may_overbook=bool(row["may_overbook"]),
            )
            for row in self._work.all("SELECT * FROM cd.staff_accounts()")
        ]

    def create(
        self, email: str, name: tuple[str, str], *, role: Role, clinics: Sequence[UUID], verifier: str
    ) -> UUID:
        """The new account's id; its owner must choose an own password at the first sign-in."""
        made: UUID = self._work.value(
            "SELECT cd.create_login(:email, :first, :last, :role, :verifier, CAST(:clinics AS uuid[]), true)",
            email=email,
            first=name[0],
            last=name[1],
            role=str(role),
            verifier=verifier,
            clinics=[str(one) for one in clinics],
        )
        return made

    def reset_password(self, user_id: UUID, verifier: str) -> None:
        """Ends the person's sessions too."""
        self._work.value("SELECT cd.reset_password(:user, :verifier)", user=user_id, verifier=verifier)

    def set_active(self, user_id: UUID, *, active: bool) -> None:
        """A disabled account looks like a mistyped password."""
        self._work.value("SELECT cd.set_active(:user, :active)", user=user_id, active=active)

    def set_role(self, user_id: UUID, role: Role) -> None:
        """Holds at once, in open sessions too."""
        self._work.value("SELECT cd.set_role(:user, :role)", user=user_id, role=str(role))

    def change_email(self, user_id: UUID, email: str) -> None:
        """The password stays."""
        self._work.value("SELECT cd.change_email(:user, :email)", user=user_id, email=email)

    def unlock(self, user_id: UUID) -> None:
        """After repeated failures."""
        self._work.value("SELECT cd.unlock(:user)", user=user_id)

    def end_sessions(self, user_id: UUID) -> int:
        """How many connections were cut."""
        return int(self._work.value("SELECT cd.force_logout(:user)", user=user_id) or 0)

    def set_duty(self, clinic_id: UUID, user_id: UUID, duty: str, *, held: bool) -> None:
        """A capability besides the role."""
        self._work.value(
            "SELECT cd.set_duty(:clinic, :user, :duty, :held)",
            clinic=clinic_id,
            user=user_id,
            duty=duty,
            held=held,
        )

    def clinics(self) -> list[tuple[UUID, str]]:
        """The own clinics: id and name."""
        return [
            (row["id"], row["name"]) for row in self._work.all("SELECT id, name FROM clinics ORDER BY name")
        ]

    def colleagues(self) -> list[tuple[UUID, str]]:
        """Everybody who works in the own clinics, by name."""
        rows = self._work.all(
            "SELECT DISTINCT p.user_id, p.last_name, p.first_name FROM clinic_staff s "
            "JOIN user_profiles p ON p.user_id = s.user_id ORDER BY p.last_name, p.first_name"
        )
        return [(row["user_id"], f"{row['first_name']} {row['last_name']}".strip()) for row in rows]
