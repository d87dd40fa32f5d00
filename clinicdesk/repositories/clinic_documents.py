"""Documents of a person who works in several clinics, each with a database and keys of its own."""

from collections.abc import Iterator, Mapping, Sequence

from clinicdesk.repositories.attachments import AttachmentFiles
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import Access, Document


class ClinicDocuments(DocumentStore):
    """The own clinic's database, and ``others`` by clinic. What a clinic writes goes to its own database."""

    def __init__(self, uri: str, database: str, *, others: Mapping[str, DocumentStore]) -> None:
        super().__init__(uri, database)
        self.others = others

    def close(self) -> None:
        """All of them."""
        super().close()
        for store in self.others.values():
            store.close()

    def files_of(self, clinic_id: str) -> AttachmentFiles:
        """The attachments of that clinic's documents."""
        return self.others[clinic_id].files if clinic_id in self.others else self.files

    def write(self, document: Document) -> tuple[str, str]:
        """As DocumentStore."""
        other = self.others.get(str(document.get("clinicId")))
        return other.write(document) if other else super().write(document)

    def read_many(self, identities: Sequence[str]) -> dict[str, Document]:
        """From wherever they are."""
        found = super().read_many(identities)
        for store in self.others.values():
            if absent := [one for one in identities if one not in found]:
                found |= store.read_many(absent)
        return found

    def append_access(self, identities: Sequence[str], access: Access) -> None:
        """In whichever database the document is."""
        super().append_access(identities, access)
        for store in self.others.values():
            store.append_access(identities, access)

    def versions(self, clinic_id: str, *, size: int = 500) -> Iterator[list[Document]]:
        """As DocumentStore."""
        other = self.others.get(clinic_id)
        yield from other.versions(clinic_id, size=size) if other else super().versions(clinic_id, size=size)

    def remove_orphan(self, identity: str) -> bool:
        """From whichever database holds it."""
        if super().remove_orphan(identity):
            return True
        return any(store.remove_orphan(identity) for store in self.others.values())
