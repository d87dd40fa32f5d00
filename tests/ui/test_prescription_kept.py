"""What is typed on the pad while PostgreSQL is away is kept on this PC and comes back to its own patient."""

from uuid import uuid4

import pytest
from PySide6.QtCore import Qt

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.work import WorkFactory, connections_of
from clinicdesk.services.prescribing_kept import KeptPads
from tests.services.test_local_store import on_disk
from tests.services.test_prescribing import draft_of, ink
from tests.ui.test_prescription import room  # noqa: F401  the fixture

NOWHERE = {"host": "127.0.0.1", "port": "1", "dbname": "clinicdesk"}


def unsigned(loaded):
    assert loaded is not None
    return loaded.draft


def drafts():
    return set((default_data_dir() / "drafts").rglob("*.draft"))


def test_lines_typed_without_a_server_come_back_for_the_right_patient(room):  # noqa: F811
    before, view, service = drafts(), room.view, room.desk.prescribing
    view.open_for(room.patient, None, "Fever")
    room.settle()
    room.type_line("paracetamol 2 tabs qds 3d")
    working = service._open_work
    service._open_work = WorkFactory(connections_of(NOWHERE, user="nobody", password="", seat="pc-1"))
    room.press(Qt.Key.Key_Return)
    view.pad.notes.setText("secret words of the doctor")
    room.bot.waitUntil(lambda: len(drafts() - before) == 1, timeout=8000)
    room.settle()
    assert view.unsaved()
    assert view.notice.text()  # said, not silent
    assert [line.medicine.name for line in view.presenter.lines] == ["Paracetamol"]
    assert b"secret words" not in on_disk(default_data_dir())
    assert b"Paracetamol" not in on_disk(default_data_dir())
    service._open_work = working
    with working() as work:
        assert work.value("SELECT count(*) FROM prescription_drafts") == 0
    again = KeptPads(service, room.desk.drafts)  # as after a crash: only the disk knows
    assert again.load(room.clinic.small.patients[1]) is None
    assert len(drafts() - before) == 1
    loaded = again.load(room.patient)
    assert loaded is not None
    assert [line.medicine.name for line in loaded.draft.lines] == ["Paracetamol"]
    assert loaded.draft.notes == "secret words of the doctor"
    assert drafts() == before  # the database has it now
    assert unsigned(service.load_draft(room.patient)) == loaded.draft
    view.presenter.flush()  # the pad that lived on saves the same draft, not a second one
    room.settle()
    with working() as work:
        assert work.value("SELECT count(*) FROM prescription_drafts") == 1
    assert drafts() == before


def test_the_later_text_counts_and_a_signed_one_never_comes_back(room):  # noqa: F811
    before, service = drafts(), room.desk.prescribing
    kept, patient = KeptPads(service, room.desk.drafts), room.clinic.small.patients[1]
    service.no_known_allergies(patient)
    draft = draft_of(service, patient, "paracetamol 2 tabs qds 3d", id=uuid4())
    working = service._open_work
    service._open_work = WorkFactory(connections_of(NOWHERE, user="nobody", password="", seat="pc-1"))
    with pytest.raises(StoreUnavailable):
        kept.save(draft, kept.turn(draft.id))
    service._open_work = working
    later = draft_of(service, patient, "amlodipine 5 od 30d", id=draft.id)
    service.save_draft(later)  # from another PC, afterwards
    assert unsigned(kept.load(patient)).lines == later.lines
    assert drafts() == before
    room.desk.drafts.keep(f"prescription {draft.id}", kept.turn(draft.id), "nonsense")
    assert unsigned(kept.load(patient)).lines == later.lines  # what cannot be read is left alone
    kept.forget(draft.id, kept.turn(draft.id))
    service._open_work = WorkFactory(connections_of(NOWHERE, user="nobody", password="", seat="pc-1"))
    with pytest.raises(StoreUnavailable):
        kept.save(draft, kept.turn(draft.id))
    service._open_work = working
    service.sign(later, signature_png=ink())
    assert kept.load(patient) is None
    assert drafts() == before
