"""The bytes of attachments, in GridFS beside the documents."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import gridfs
import pymongo
from bson import ObjectId
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from clinicdesk.domain.errors import NotFound, StoreUnavailable
from clinicdesk.repositories.ehr import Document

SCHEME = "gridfs:"
TRANSFER_SECONDS = 120


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where the bytes are, and their digest."""

    url: str
    sha256: str


class AttachmentFiles:
    """Original bytes under generated names; the identity is their SHA-256 (spec 3.10).

    Methods raise StoreUnavailable('mongo').
    """

    def __init__(self, client: "MongoClient[Document]", database: str) -> None:
        self._client, self._database = client, database

    def put(self, content: bytes, *, extension: str, patient_id: UUID) -> StoredFile:
        """Store; the same bytes of the same patient are stored once."""
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            with pymongo.timeout(TRANSFER_SECONDS):
                found = self._files().find_one(
                    {"metadata.sha256": sha256, "metadata.patientId": str(patient_id)}, {"_id": 1}
                )
                identity = found["_id"] if found else self._upload(content, extension, patient_id=patient_id)
        except PyMongoError:
            raise StoreUnavailable("mongo") from None
        return StoredFile(f"{SCHEME}{identity}", sha256)

    def get(self, url: str) -> bytes:
        """The bytes. Raises NotFound when they are gone or damaged."""
        try:
            with pymongo.timeout(TRANSFER_SECONDS):
                stream = self._bucket().open_download_stream(ObjectId(url.removeprefix(SCHEME)))
                content: bytes = stream.read()
                wanted = (stream.metadata or {}).get("sha256")
        except (NoFile, CorruptGridFile):
            raise NotFound from None
        except PyMongoError:
            raise StoreUnavailable("mongo") from None
        if hashlib.sha256(content).hexdigest() != wanted:
            raise NotFound
        return content

    def _upload(self, content: bytes, extension: str, *, patient_id: UUID) -> ObjectId:
        metadata = {"sha256": hashlib.sha256(content).hexdigest(), "patientId": str(patient_id)}
        return self._bucket().upload_from_stream(f"{uuid4().hex}.{extension}", content, metadata=metadata)

    def _bucket(self) -> gridfs.GridFSBucket:
        return gridfs.GridFSBucket(self._client[self._database])

    def _files(self) -> Any:
        return self._client[self._database]["fs.files"]
