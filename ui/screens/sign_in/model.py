"""What the sign-in screen knows."""

from dataclasses import dataclass, field

from clinicdesk.domain.errors import InvalidField


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the demo clinic whose password is public."""

    name: str
    role: str
    email: str
    password: str = field(repr=False)


def problems(email: str, password: str) -> list[InvalidField]:
    """What is missing before it is worth asking."""
    found: list[InvalidField] = []
    if not email:
        found.append(InvalidField("email", "required"))
    elif "@" not in email:
        found.append(InvalidField("email", "email"))
    if not password:
        found.append(InvalidField("password", "required"))
    return found
