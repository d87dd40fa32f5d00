"""The exported public keys: what checking with no network needs. No patient is in it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clinicdesk.domain.verification import KeyRing, KnownState, PublicKey

_KIND = "clinicdesk-keys-1"


class KeyFileDamaged(ValueError):
    """Not a key file, or a damaged one."""


def ring_to_text(ring: KeyRing) -> str:
    """JSON, the same for the same keys."""
    return json.dumps(
        {
            "kind": _KIND,
            "as_of": ring.as_of.isoformat(),
            "timezone": ring.timezone,
            "authorities": [_encoded(one) for one in ring.authorities],
            "keys": [_plain(one) for one in ring.keys.values()],
            "states": {digest: _plain(state) for digest, state in ring.states.items()},
        },
        ensure_ascii=False,
        indent=1,
    )


def ring_from_text(text: str) -> KeyRing:
    """Raises KeyFileDamaged."""
    try:
        stored = json.loads(text)
        if stored["kind"] != _KIND:
            raise KeyFileDamaged
        keys = [_key(one) for one in stored["keys"]]
        return KeyRing(
            as_of=datetime.fromisoformat(stored["as_of"]),
            timezone=stored["timezone"],
            authorities=tuple(base64.b64decode(one, validate=True) for one in stored["authorities"]),
            keys={key.kid: key for key in keys},
            states={digest: _state(one) for digest, one in stored["states"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyFileDamaged from None


def write_ring(path: Path, ring: KeyRing) -> None:
    """Whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(ring_to_text(ring), encoding="utf-8")
    fresh.replace(path)


def read_ring(path: Path) -> KeyRing:
    """Raises OSError, KeyFileDamaged."""
    try:
        return ring_from_text(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise KeyFileDamaged from None


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _plain(one: PublicKey | KnownState) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for each in fields(one):
        value = getattr(one, each.name)
        if isinstance(value, datetime | date):
            value = value.isoformat()
        said[each.name] = _encoded(value) if isinstance(value, bytes) else value
    return said


def _key(stored: Mapping[str, Any]) -> PublicKey:
    moments = {name: _moment(stored[name]) for name in ("revoked_at", "compromised_since")}
    return PublicKey(**{**stored, **moments, "public": base64.b64decode(stored["public"], validate=True)})


def _state(stored: Mapping[str, Any]) -> KnownState:
    moments = {name: _moment(stored[name]) for name in ("supplied_at", "cancelled_at")}
    day = stored["expiry_date"]
    return KnownState(**{**stored, **moments, "expiry_date": date.fromisoformat(day) if day else None})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
