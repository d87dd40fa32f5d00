"""Drafts on a PC: encrypted, one person's only, whole or not at all, gone after use."""

import os

import pytest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.folders import default_data_dir
from clinicdesk.services import local_store
from clinicdesk.services.local_store import LocalDrafts, LocalStore

WORDS = b"Morbus secretus"
KEY, OTHER = b"k" * 32, b"o" * 32


def store(folder, *, owner="here:ada", key=KEY):
    return LocalStore(folder, owner=owner, key=lambda: key)


def on_disk(folder) -> bytes:
    return b"".join(
        path.name.encode() + (path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    )


def test_what_was_put_comes_back_and_is_gone_after_use(tmp_path):
    kept = store(tmp_path)
    kept.put("visit 1", WORDS)
    kept.put("visit 1", WORDS * 2)
    kept.put("visit 2", b"")
    again = store(tmp_path)
    assert (again.get("visit 1"), again.get("visit 2"), again.get("visit 3")) == (WORDS * 2, b"", None)
    assert sorted(again.names()) == ["visit 1", "visit 2"]
    again.remove("visit 1")
    again.remove("visit 1")
    assert kept.names() == ["visit 2"]
    assert len(list(tmp_path.rglob("*.draft"))) == 1


def test_neither_words_nor_names_nor_the_key_are_on_the_disk(tmp_path):
    store(tmp_path).put("visit 1 of Adebayo", WORDS)
    found = on_disk(tmp_path)
    for secret in (WORDS, b"Adebayo", b"visit", KEY, b"ada"):
        assert secret not in found
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*.draft"))


@pytest.mark.parametrize(("owner", "key"), [("here:ben", OTHER), ("here:ada", OTHER), ("here:ben", KEY)])
def test_another_person_reads_nothing(tmp_path, owner, key):
    """Also with the file copied under the name it would have there."""
    mine = store(tmp_path)
    mine.put("visit 1", WORDS)
    [path] = tmp_path.rglob("*.draft")
    theirs = store(tmp_path, owner=owner, key=key)
    theirs.put("visit 1", b"own")
    target = next(one for one in tmp_path.rglob("*.draft") if one != path)
    target.write_bytes(path.read_bytes())
    assert theirs.get("visit 1") is None
    assert theirs.names() == []
    assert mine.get("visit 1") == WORDS


def test_a_damaged_file_is_no_draft_and_leaves_after_a_month(tmp_path):
    kept = store(tmp_path)
    kept.put("visit 1", WORDS)
    [path] = tmp_path.rglob("*.draft")
    path.write_bytes(path.read_bytes()[:-1])
    assert (kept.get("visit 1"), kept.names(), path.exists()) == (None, [], True)
    old = path.stat().st_mtime - local_store.OLDEST_SECONDS - 1
    os.utime(path, (old, old))
    assert kept.names() == []
    assert not path.exists()


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    kept = store(tmp_path)
    kept.put("visit 1", WORDS)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept.put("visit 1", b"newer")
    drafts = LocalDrafts(kept)
    assert drafts.keep("visit 1", drafts.turn("visit 1"), {}) is False
    monkeypatch.undo()
    assert kept.get("visit 1") == WORDS
    assert list(tmp_path.rglob("*.new")) == []


def test_a_late_write_brings_nothing_back(tmp_path):
    drafts = LocalDrafts(store(tmp_path))
    first, last = drafts.turn("visit 1"), drafts.turn("visit 1")
    drafts.remove("visit 1", last)
    assert drafts.keep("visit 1", first, {"late": True})
    assert drafts.all() == []
    assert drafts.keep("visit 1", drafts.turn("visit 1"), {"newest": True})
    assert drafts.all() == [{"newest": True}]


def test_the_database_gives_each_person_a_key_and_the_lock_takes_it(clinic):
    doctor, nurse = clinic.sign_in("doctor"), clinic.sign_in("nurse")
    mine, theirs = desk_of(doctor).drafts, desk_of(nurse).drafts
    assert mine.keep("visit 1", mine.turn("visit 1"), {"plan": "secret"})
    assert (mine.all(), theirs.all()) == ([{"plan": "secret"}], [])
    assert desk_of(clinic.sign_in("doctor", seat="pc-1")).drafts.all() == [{"plan": "secret"}]
    assert b"secret" not in on_disk(default_data_dir() / "drafts")
    doctor.lock()
    assert mine._store._key is None
    assert mine.all() == []
    with pytest.raises(StoreUnavailable):
        mine._store.get("visit 1")
    with clinic.owner() as owner:
        keys = [bytes(row[0]) for row in owner.execute("SELECT key FROM local_keys").fetchall()]
    assert len(set(keys)) == 2
    assert not any(key in on_disk(default_data_dir() / "drafts") for key in keys)
