"""Filling a database in bulk, as its owner: COPY, with the triggers of the filled tables at rest."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.repositories.accounts import login_name, verifier
from clinicdesk.repositories.ehr import COLLECTION
from clinicdesk.repositories.refusals import translated

_LOCK = 20260902


class Bulk:
    """One transaction of the database's owner."""

    def __init__(self, owner: "psycopg.Connection[Any]") -> None:
        self._owner = owner

    def copy(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> int:
        """Insert rows and count them; ``columns`` are names with spaces between. Mappings go in as JSON."""
        names = columns.split()
        target = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        count = 0
        with self._owner.cursor() as cursor, cursor.copy(target) as out:
            for row in rows:
                out.write_row([_json(value) if isinstance(value, dict) else value for value in row])
                count += 1
        return count

    def run(self, statement: str, *values: object) -> int:
        """One statement; how many rows it touched."""
        return self._owner.execute(statement, values or None).rowcount

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """One statement for each row, sent together."""
        with self._owner.cursor() as cursor:
            cursor.executemany(statement, rows)

    def all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row."""
        return self._owner.execute(statement, values or None).fetchall()

    def value(self, statement: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        row = self._owner.execute(statement, values or None).fetchone()
        return row[0] if row else None

    def create_login(
        self, *, email: str, first: str, last: str, role: str, password: str, clinic: Any
    ) -> Any:
        """A member of staff who can sign in; the user's id. A login of that name is replaced."""
        self._owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login_name(email))))
        made = verifier(self._owner, email=email, password=password)
        return self.value(
            "SELECT cd.create_login(%s, %s, %s, %s, %s, %s::uuid[], false)",
            *(email, first, last, role, made, [clinic]),
        )

    @contextmanager
    def at_rest(self, tables: Sequence[str]) -> Iterator[None]:
        """Guards, audit and change feed of these tables sleep meanwhile; keys, checks and exclusions stay."""
        for verb in ("DISABLE", "ENABLE"):
            for table in tables:
                self._owner.execute(
                    sql.SQL(f"ALTER TABLE {{}} {verb} TRIGGER USER").format(sql.Identifier(table))
                )
            if verb == "DISABLE":
                yield

    @contextmanager
    def bare(self, tables: Sequence[str]) -> Iterator[None]:
        """Plain indexes and foreign keys are away meanwhile: once for all rows is faster than row by row.

        The keys are checked when they come back.
        """
        indexes = self.all(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisunique AND NOT i.indisexclusion "
            "ORDER BY i.indexrelid",
            list(tables),
        )
        keys = self.all(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND contype = 'f' ORDER BY oid",
            list(tables),
        )
        for table, name, _ in keys:
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            self.run(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            self.run(definition)
        for table, name, definition in keys:
            self.run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def filling(postgres: str) -> Iterator[Bulk]:
    """One transaction as owner, alone among fillers: all of it or nothing. Raises StoreUnavailable."""
    with translated(), psycopg.connect(postgres, connect_timeout=5) as owner:
        owner.execute("SET LOCAL statement_timeout = 0")
        owner.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        owner.execute("SET LOCAL synchronous_commit = on")
        owner.execute("SET LOCAL maintenance_work_mem = '256MB'")
        owner.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        yield Bulk(owner)


def clear_documents(mongo: str, database: str, *, clinics: Sequence[UUID]) -> None:
    """Delete these clinics' records, left by a filling that was cut short. Raises StoreUnavailable."""
    try:
        client: MongoClient[dict[str, Any]]
        with MongoClient(mongo, serverSelectionTimeoutMS=5000, timeoutMS=60000) as client:
            client[database][COLLECTION].delete_many({"clinicId": {"$in": [str(one) for one in clinics]}})
    except PyMongoError:
        raise StoreUnavailable("mongo") from None


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
