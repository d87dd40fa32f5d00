"""What ``resources/rights.csv`` promises, worked out without the server: sets that can be compared."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clinicdesk.migrations.rights import Right

TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
COLUMN = ("SELECT", "INSERT", "UPDATE")
# made at installation by the server's owner, for all staff: not a right of a role
INSTALLED = frozenset({"cd.tick()"})
_TYPES = {
    "int": "integer",
    "bigint": "bigint",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
}


@dataclass
class Promised:
    """``tables``: (table, privilege); ``columns``: (table, column, privilege); ``functions``: signatures."""

    tables: set[tuple[str, str]] = field(default_factory=set)
    columns: set[tuple[str, str, str]] = field(default_factory=set)
    functions: set[str] = field(default_factory=lambda: set(INSTALLED))


def promised(role: str, rights: tuple[Right, ...], columns: Mapping[str, tuple[str, ...]]) -> Promised:
    """Everything a group gets; ``columns`` are those of each table, since a table's right covers them all."""
    found = Promised()
    for right in rights:
        if role in right.groups:
            for grant in right.grants:
                _add(found, grant, columns)
    return found


def _add(found: Promised, grant: str, columns: Mapping[str, tuple[str, ...]]) -> None:
    if grant.startswith("EXECUTE ON FUNCTION "):
        found.functions |= {signature(f) for f in split(grant.removeprefix("EXECUTE ON FUNCTION "))}
        return
    privileges, _, tables = grant.rpartition(" ON ")
    for table in split(tables):
        for privilege in split(privileges):
            verb, _, listed = privilege.partition("(")
            if listed:
                names = split(listed.rstrip(") "))
                found.columns |= {(table, name, verb.strip()) for name in names}
            else:
                found.tables.add((table, verb.strip()))
                if verb.strip() in COLUMN:
                    found.columns |= {(table, name, verb.strip()) for name in columns[table]}


def split(text: str) -> list[str]:
    """At commas outside brackets."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def signature(written: str) -> str:
    """As the catalogue writes it."""
    name, _, arguments = written.partition("(")
    kinds = [kind.strip() for kind in arguments.rstrip(")").split(",") if kind.strip()]
    return f"{name}({','.join(_full(kind) for kind in kinds)})"


def _full(kind: str) -> str:
    plain = kind.removesuffix("[]")
    return _TYPES.get(plain, plain) + kind[len(plain) :]


def statements_of(table: str, columns: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """(privilege, column or '', statement that touches no row): what a person would really send."""
    yield "DELETE", "", f"DELETE FROM {table} WHERE false"
    yield "TRUNCATE", "", f"TRUNCATE {table}"
    for column in columns:
        quoted = f'"{column}"'
        yield "SELECT", column, f"SELECT {quoted} FROM {table} WHERE false"
        yield "UPDATE", column, f"UPDATE {table} SET {quoted} = DEFAULT WHERE false"
        yield "INSERT", column, f"INSERT INTO {table}({quoted}) SELECT NULL WHERE false"
