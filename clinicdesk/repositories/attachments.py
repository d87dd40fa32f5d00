"""The bytes of attachments, in GridFS beside the documents; of sealed charts encrypted."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import gridfs
import pymongo
from bson import ObjectId
from gridfs.errors import CorruptGridFile, NoFile
from pymongo.database import Database
from pymongo.errors import PyMongoError

from clinicdesk.domain.errors import NotFound
from clinicdesk.repositories.ehr import Document
from clinicdesk.repositories.refusals import no_answer
from clinicdesk.repositories.sealing import FileSeal, SealBroken, decrypt, encrypt, file_bound

SCHEME = "gridfs:"
TRANSFER_SECONDS = 120


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where the bytes are, and their digest."""

    url: str
    sha256: str


class AttachmentFiles:
    """Original bytes under generated names; the identity is their SHA-256 (spec 3.10).

    A sealed file is found by ``metadata.of``, the id that documents refer to: while one is converted both
    forms are there, and either is whole. Methods raise StoreUnavailable('mongo').
    """

    def __init__(self, store: "Callable[[], Database[Document]]") -> None:
        self._store_of = store

    def put(
        self,
        content: bytes,
        *,
        extension: str,
        patient_id: UUID,
        clinic_id: UUID,
        seal: FileSeal | None = None,
    ) -> StoredFile:
        """Store; the same bytes of the same patient are stored once in a clinic."""
        sha256 = hashlib.sha256(content).hexdigest()
        known = {"metadata.mark": seal.mark(content)} if seal else {"metadata.sha256": sha256}
        whose = {"metadata.patientId": str(patient_id), "metadata.clinicId": str(clinic_id)}
        try:
            with pymongo.timeout(TRANSFER_SECONDS):
                found = self._files().find_one({**known, **whose})
                if found:
                    identity = (found.get("metadata") or {}).get("of", found["_id"])
                elif seal:
                    identity = ObjectId()
                    self._upload_sealed(identity, content, extension, seal=seal, of=identity)
                else:
                    identity = ObjectId()
                    self._upload(identity, content, extension, whose=(str(patient_id), str(clinic_id)))
        except PyMongoError as error:
            raise no_answer("mongo", error) from None
        return StoredFile(f"{SCHEME}{identity}", sha256)

    def get(self, url: str, seal: Callable[[], FileSeal] | None = None) -> bytes:
        """The bytes; ``seal`` is asked only when they are sealed.

        Raises NotFound when they are gone or damaged, or sealed under another key.
        """
        identity = ObjectId(url.removeprefix(SCHEME))
        try:
            with pymongo.timeout(TRANSFER_SECONDS):
                there = self._sealed(identity)
                stream = self._bucket().open_download_stream(there["_id"] if there else identity)
                content: bytes = stream.read()
                about = dict(stream.metadata or {})
        except (NoFile, CorruptGridFile):
            raise NotFound from None
        except PyMongoError as error:
            raise no_answer("mongo", error) from None
        if hashlib.sha256(content).hexdigest() != about.get("sha256"):
            raise NotFound
        if not there:
            return content
        return _unsealed(content, about, identity=identity, seal=seal() if seal else None)

    def convert(self, url: str, seal: FileSeal, *, sealed: bool) -> None:
        """Bring one file into the other form; may be repeated after a crash at any point. Raises NotFound."""
        identity = ObjectId(url.removeprefix(SCHEME))
        try:
            with pymongo.timeout(TRANSFER_SECONDS):
                there = self._sealed(identity)
                plain = self._files().find_one({"_id": identity, "metadata.of": {"$exists": False}})
                if sealed and plain:
                    self._close(identity, plain, seal=seal, known=there is not None)
                elif not sealed and there:
                    if not plain:
                        self._reopen(identity, there, seal=seal)
                    for one in self._files().find({"metadata.of": identity}, {"_id": 1}):
                        self._bucket().delete(one["_id"])
        except PyMongoError as error:
            raise no_answer("mongo", error) from None

    def _sealed(self, identity: ObjectId) -> dict[str, Any] | None:
        found = list(self._files().find({"metadata.of": identity}))
        own = (one for one in found if one["_id"] == identity)
        return next(own, found[0] if found else None)

    def _close(self, identity: ObjectId, plain: dict[str, Any], *, seal: FileSeal, known: bool) -> None:
        if not known:
            content = self.get(f"{SCHEME}{identity}")
            self._upload_sealed(ObjectId(), content, _extension(plain), seal=seal, of=identity)
        self._bucket().delete(identity)

    def _reopen(self, identity: ObjectId, there: dict[str, Any], *, seal: FileSeal) -> None:
        """A file that was sealed from the start has its own id: it moves aside first, so it is never gone."""
        content = self.get(f"{SCHEME}{identity}", lambda: seal)
        if there["_id"] == identity:
            raw = self._bucket().open_download_stream(identity).read()
            self._bucket().upload_from_stream(there["filename"], raw, metadata=there["metadata"])
        with suppress(NoFile):  # also pieces of an upload that was cut off
            self._bucket().delete(identity)
        self._upload(identity, content, _extension(there), whose=(seal.patient_id, seal.clinic_id))

    def _upload(self, identity: ObjectId, content: bytes, extension: str, *, whose: tuple[str, str]) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        metadata = {"sha256": sha256, "patientId": whose[0], "clinicId": whose[1]}
        self._store(identity, content, extension, metadata=metadata)

    def _upload_sealed(
        self, identity: ObjectId, content: bytes, extension: str, *, seal: FileSeal, of: ObjectId
    ) -> None:
        ciphertext = encrypt(seal.key, content, file_bound(of, seal.patient_id, seal.clinic_id))
        metadata = {
            "of": of,
            "sha256": hashlib.sha256(ciphertext).hexdigest(),
            "mark": seal.mark(content),
            "patientId": seal.patient_id,
            "clinicId": seal.clinic_id,
        }
        self._store(identity, ciphertext, extension, metadata=metadata)

    def _store(self, identity: ObjectId, content: bytes, extension: str, *, metadata: dict[str, Any]) -> None:
        self._bucket().upload_from_stream_with_id(
            identity, f"{uuid4().hex}.{extension}", content, metadata=metadata
        )

    def _bucket(self) -> gridfs.GridFSBucket:
        return gridfs.GridFSBucket(self._store_of())

    def _files(self) -> Any:
        return self._store_of()["fs.files"]


def _unsealed(content: bytes, about: dict[str, Any], *, identity: ObjectId, seal: FileSeal | None) -> bytes:
    if seal is None:
        raise NotFound
    try:
        return decrypt(seal.key, content, file_bound(identity, about["patientId"], about["clinicId"]))
    except SealBroken:
        raise NotFound from None


def _extension(stored: dict[str, Any]) -> str:
    return str(stored.get("filename") or "").rpartition(".")[2] or "bin"
