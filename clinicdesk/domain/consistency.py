"""What a comparison of health records with their index found."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """Ids of documents. ``orphans`` have no reference and are young; ``removed`` were older than an hour."""

    documents: int = 0
    references: int = 0
    orphans: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many of each, without the ids."""
        return {name: value if isinstance(value, int) else len(value) for name, value in asdict(self).items()}

    @property
    def sound(self) -> bool:
        """No version is missing or altered."""
        return not self.missing and not self.altered
