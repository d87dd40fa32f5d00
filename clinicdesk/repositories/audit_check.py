"""Checks the chain of the audit from its first seal on, by the server's owner.

A seal is sha256(previous seal, end of its range, hashes of its rows); the hashes are kept beside it and prove
themselves by it, so the first row that differs can be named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psycopg

from clinicdesk.repositories.witness import Seal

HASH = 32
_SEALS = """SELECT s.no, s.from_xid::text, s.to_xid::text, s.rows, s.prev, s.hash, s.at FROM audit_seals s
  ORDER BY s.no"""
_ROWS = """SELECT count(*), sha256(%(prev)s || convert_to(%(upto)s, 'UTF8')
    || coalesce(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id), ''))
  FROM audit_log a WHERE a.xid >= %(first)s::text::xid8 AND a.xid < %(upto)s::text::xid8"""
_EACH = """SELECT a.id, cd.audit_row_hash(a), a.tab, a.row_id, a.at::text FROM audit_log a
  WHERE a.xid >= %(first)s::text::xid8 AND a.xid < %(upto)s::text::xid8 ORDER BY a.xid, a.id"""

_RANGE = """SELECT min(id), max(id), min(at)::timestamp(0)::text, max(at)::timestamp(0)::text FROM audit_log
  WHERE xid >= %(first)s::text::xid8 AND xid < %(upto)s::text::xid8"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the seal, the audit row's id (None where it cannot be told), and in words."""

    seal: int
    row: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The result; ``waiting`` rows were not sealed yet."""

    seals: int
    rows: int
    waiting: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    no: int
    first: str
    upto: str
    rows: int
    prev: bytes
    hash: bytes


Connection = psycopg.Connection[tuple[Any, ...]]


def check_audit(owner: Connection, remembered: tuple[Seal, ...] = ()) -> Checked:
    """Every seal against its rows, the chain, and the seals remembered elsewhere. Owner's connection."""
    owner.execute("SET statement_timeout = 0")
    with owner.transaction():
        owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        owner.execute("SET LOCAL search_path = pg_catalog, public")
        return check_snapshot(owner, remembered)


def check_snapshot(owner: Connection, remembered: tuple[Seal, ...] = ()) -> Checked:
    """As ``check_audit``, inside a transaction of the caller."""
    seals = [
        _Row(no, first, upto, rows, bytes(prev), bytes(sealed))
        for no, first, upto, rows, prev, sealed, _ in owner.execute(_SEALS)
    ]
    faults = [*_beside(owner, seals, remembered), *_chain(seals)]
    counted = 0
    for seal in seals:
        if seal.no > 0:
            found, wrong = _rows(owner, seal)
            counted += found
            faults += wrong
    last = seals[-1].upto if seals else "0"
    waiting = owner.execute("SELECT count(*) FROM audit_log WHERE xid >= %s::text::xid8", (last,)).fetchone()
    return Checked(len(seals), counted, waiting[0] if waiting else 0, tuple(faults))


def _beside(owner: Connection, seals: list[_Row], remembered: tuple[Seal, ...]) -> Iterator[Fault]:
    known = {seal.no: seal.hash for seal in seals}
    for seal in remembered:
        if seal.no not in known:
            yield Fault(
                seal.no, None, f"seal {seal.no} is gone; it was remembered on {seal.at:%Y-%m-%d %H:%M}"
            )
        elif known[seal.no] != seal.hash:
            yield Fault(
                seal.no,
                None,
                f"seal {seal.no} is another one than the remembered of {seal.at:%Y-%m-%d %H:%M}",
            )
    if not seals:
        return
    early = owner.execute(
        "SELECT min(id) FROM audit_log WHERE xid < %s::text::xid8", (seals[0].upto,)
    ).fetchone()
    if early and early[0] is not None:
        yield Fault(0, early[0], f"row {early[0]} lies before the chain")


def _chain(seals: list[_Row]) -> Iterator[Fault]:
    if not seals or seals[0].no != 0:
        yield Fault(0, None, "the beginning of the chain is gone")
    for before, seal in pairwise(seals):
        if seal.no != before.no + 1:
            yield Fault(before.no + 1, None, f"seal {before.no + 1} is gone")
        elif seal.prev != before.hash or seal.first != before.upto:
            yield Fault(seal.no, None, f"seal {seal.no} does not follow seal {before.no}")


def _rows(owner: Connection, seal: _Row) -> tuple[int, list[Fault]]:
    values = {"prev": seal.prev, "upto": seal.upto, "first": seal.first}
    row = owner.execute(_ROWS, values).fetchone()
    assert row is not None
    if row[0] == seal.rows and bytes(row[1]) == seal.hash:
        return row[0], []
    return row[0], [_first_fault(owner, seal, row[0])]


def _first_fault(owner: Connection, seal: _Row, found: int) -> Fault:
    """Walk the rows beside the kept hashes; the seal vouches for those."""
    kept = owner.execute("SELECT ids, hashes FROM audit_leaves WHERE no = %s", (seal.no,)).fetchone()
    if kept is None:
        return Fault(seal.no, None, _within(owner, seal, found))
    ids, hashes = list(kept[0]), bytes(kept[1])
    if not _vouched(owner, seal, hashes):
        return Fault(seal.no, None, f"seal {seal.no} itself was changed")
    leaves = [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
    actual = owner.execute(_EACH, {"first": seal.first, "upto": seal.upto}).fetchall()
    for at, (number, made, table, key, moment) in enumerate(actual):
        if at < len(leaves) and bytes(made) == leaves[at]:
            continue
        where = f"row {number} ({table} {key or '-'}, {moment[:19]}) of seal {seal.no}"
        return Fault(*_difference(seal, ids, actual=[one[0] for one in actual], at=at, where=where))
    if len(actual) < len(leaves):
        gone = ids[len(actual)]
        return Fault(seal.no, gone, f"row {gone} of seal {seal.no} is gone")
    return Fault(seal.no, None, f"seal {seal.no}: its number of rows was changed")


def _within(owner: Connection, seal: _Row, found: int) -> str:
    """A seal of an older release kept no hashes of its rows: between which rows the wrong one lies."""
    row = owner.execute(_RANGE, {"first": seal.first, "upto": seal.upto}).fetchone()
    if row is None or row[0] is None:
        return f"seal {seal.no}: all of its {seal.rows} rows are gone"
    what = f"{seal.rows - found} of its rows are gone" if found < seal.rows else "a row was put in"
    if found == seal.rows:
        what = "a row was changed"
    return (
        f"seal {seal.no} of an older release: {what}, among rows {row[0]} to {row[1]} ({row[2]} to {row[3]})"
    )


def _difference(
    seal: _Row, ids: list[int], *, actual: list[int], at: int, where: str
) -> tuple[int, int | None, str]:
    number = actual[at]
    if at < len(ids) and ids[at] == number:
        return seal.no, number, f"{where} was changed"
    if number not in ids:
        return seal.no, number, f"{where} was put in"
    if at < len(ids) and ids[at] not in actual:
        return seal.no, ids[at], f"row {ids[at]} of seal {seal.no} is gone"
    return seal.no, number, f"{where} stands in another place"


def _vouched(owner: Connection, seal: _Row, hashes: bytes) -> bool:
    row = owner.execute(
        "SELECT sha256(%s::bytea || convert_to(%s, 'UTF8') || %s::bytea)", (seal.prev, seal.upto, hashes)
    ).fetchone()
    return row is not None and bytes(row[0]) == seal.hash
