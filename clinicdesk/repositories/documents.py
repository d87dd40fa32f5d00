"""The document store: one immutable ``ehr`` document for each saved version of a visit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bson import ObjectId
from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError, WriteError

from clinicdesk.domain.errors import InvalidField, NotAllowed, StoreUnavailable
from clinicdesk.repositories.attachments import AttachmentFiles
from clinicdesk.repositories.ehr import COLLECTION, Access, Document, VersionExists, digest
from clinicdesk.repositories.refusals import StoreBug, no_answer
from clinicdesk.repositories.sealing import SEALED, SECTIONS

TIMEOUT_MS = 3000
ACCESS_KEPT = 50
CHUNK = 50  # some servers answer long lists of ids in quadratic time
_UNAUTHORISED = 13
_SHAPE_REFUSED = 121
_TOO_LARGE = (10334, 17419, 17420)


class DocumentStore:
    """Connects at the first call. Methods raise StoreUnavailable('mongo') when the server does not answer.

    Drivers quote documents in their messages, so no driver error leaves this class.
    """

    def __init__(self, uri: str, database: str) -> None:
        self._client: MongoClient[Document] | None = None
        self._database = database
        self.files = AttachmentFiles(self._store)
        self.use(uri)

    def use(self, uri: str) -> None:
        """Work with this credential from now on: also after ``close``."""
        before, self._client = (
            self._client,
            MongoClient(
                uri,
                connect=False,
                tz_aware=True,
                timeoutMS=TIMEOUT_MS,
                serverSelectionTimeoutMS=TIMEOUT_MS,
                connectTimeoutMS=TIMEOUT_MS,
                appname="clinicdesk",
            ),
        )
        if before is not None:
            before.close()

    def close(self) -> None:
        """End the connections and forget the credential; calls raise StoreUnavailable until ``use``."""
        before, self._client = self._client, None
        if before is not None:
            before.close()

    def files_of(self, clinic_id: str) -> AttachmentFiles:
        """The attachments of that clinic's documents."""
        return self.files

    def write(self, document: Document) -> tuple[str, str]:
        """Store one version; its id (24 hex digits) and digest.

        Raises VersionExists when that number of the visit is taken, InvalidField when it is too large.
        """
        made = identified(document)
        try:
            with _spoken():
                self._collection().insert_one(made)
        except DuplicateKeyError:
            # the driver repeats a write whose answer was lost: our own document is no clash
            if self._is_ours(made):
                return str(made["_id"]), digest(made)
            raise VersionExists(self._holder(made)) from None
        return str(made["_id"]), digest(made)

    def write_many(self, documents: Sequence[Document]) -> list[tuple[str, str]]:
        """Store many at once, for filling a clinic; ids and digests in order."""
        made = [identified(document) for document in documents]
        with _spoken():
            for first in range(0, len(made), 1000):
                self._collection().insert_many(made[first : first + 1000], ordered=False)
        return [(str(one["_id"]), digest(one)) for one in made]

    def read(self, identity: str) -> Document | None:
        """One document, or None."""
        return self.read_many([identity]).get(identity)

    def read_many(self, identities: Sequence[str]) -> dict[str, Document]:
        """Documents by id; absent ones are left out."""
        found: dict[str, Document] = {}
        with _spoken():
            for chunk in _chunks(identities):
                found |= {str(one["_id"]): one for one in self._collection().find({"_id": {"$in": chunk}})}
        return found

    def append_access(self, identities: Sequence[str], access: Access) -> None:
        """Copy a row of the access log into documents; the newest 50 stay."""
        change = {"$push": {"accessLog": {"$each": [access.entry()], "$slice": -ACCESS_KEPT}}}
        with _spoken():
            for chunk in _chunks(identities):
                self._collection().update_many({"_id": {"$in": chunk}}, change)

    def versions(self, clinic_id: str, *, size: int = 500) -> Iterator[list[Document]]:
        """Every document of a clinic that belongs to a visit, in batches, oldest id first."""
        last: ObjectId | None = None
        while True:
            wanted: Document = {"clinicId": clinic_id, "visitId": {"$exists": True}}
            if last is not None:
                wanted["_id"] = {"$gt": last}
            with _spoken():
                batch = list(self._collection().find(wanted).sort("_id", 1).limit(size))
            if not batch:
                return
            last = batch[-1]["_id"]
            yield batch

    def remove_orphan(self, identity: str) -> bool:
        """Delete a document that no reference names; whether it was there."""
        with _spoken():
            gone: int = self._collection().delete_one({"_id": ObjectId(identity)}).deleted_count
        return gone == 1

    def replace_sections(self, document: Document) -> None:
        """Put the clinical sections into the form they have here; the log of openings stays as it is."""
        clinical = {*SECTIONS, SEALED}
        given = {name: document[name] for name in clinical if name in document}
        gone = {name: "" for name in clinical if name not in document}
        with _spoken():
            self._collection().update_one({"_id": document["_id"]}, {"$set": given, "$unset": gone})

    def ping(self) -> None:
        """Answer or StoreUnavailable."""
        with _spoken():
            self._store().command("ping")

    def _collection(self) -> Any:
        return self._store()[COLLECTION]

    def _store(self) -> "Database[Document]":
        client = self._client
        if client is None:
            raise StoreUnavailable("mongo")
        return client[self._database]

    def _is_ours(self, made: Document) -> bool:
        stored = self.read(str(made["_id"]))
        return stored is not None and digest(stored) == digest(made)

    def _holder(self, made: Document) -> str:
        wanted = {"visitId": made.get("visitId"), "version": made.get("version")}
        with _spoken():
            found = self._collection().find_one(wanted, {"_id": 1})
        return str(found["_id"]) if found else ""


def identified(document: Document) -> Document:
    """With an ``_id``, made here so that a reference can name it before it is stored."""
    return document if "_id" in document else {"_id": ObjectId(), **document}


def created_at(identity: str) -> datetime:
    """When the id was made, by the clock of the seat that made it."""
    return ObjectId(identity).generation_time


def _chunks(identities: Sequence[str]) -> Iterator[list[ObjectId]]:
    for first in range(0, len(identities), CHUNK):
        yield [ObjectId(one) for one in identities[first : first + CHUNK]]


@contextmanager
def _spoken() -> Iterator[None]:
    """Driver errors in our words; the clash of a key passes, ``write`` knows what it means."""
    try:
        yield
    except DuplicateKeyError:
        raise
    except WriteError as error:
        if error.code == _SHAPE_REFUSED:
            raise StoreBug("document 121", COLLECTION, "validator") from None
        if error.code in _TOO_LARGE:
            raise InvalidField("note", "too_large_document") from None
        raise no_answer("mongo", error) from None
    except BSONError:
        raise StoreBug("document", COLLECTION, "cannot be encoded") from None
    except PyMongoError as error:
        if type(error).__name__ == "DocumentTooLarge":
            raise InvalidField("note", "too_large_document") from None
        if getattr(error, "code", None) == _UNAUTHORISED:
            raise NotAllowed("database", "documents") from None
        raise no_answer("mongo", error) from None
