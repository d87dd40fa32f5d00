"""What one person on this PC likes: theme, window, columns. Never a secret, never patient data."""

from dataclasses import dataclass, field

from PySide6.QtCore import QByteArray, QSettings


@dataclass(frozen=True, slots=True)
class Preferences:
    """``theme`` is light, dark or system; ``columns`` maps a table's name to its header state."""

    theme: str = "system"
    last_email: str = ""
    geometry: bytes = b""
    columns: dict[str, bytes] = field(default_factory=dict)


THEMES = ("light", "dark", "system")


class PreferencesFile:
    """Reads and writes Preferences through QSettings; damaged values fall back to the defaults."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("ClinicDesk", "ClinicDesk")

    def read(self) -> Preferences:
        theme = str(self._settings.value("theme", "system"))
        self._settings.beginGroup("columns")
        columns = {key: _octets(self._settings.value(key)) for key in self._settings.childKeys()}
        self._settings.endGroup()
        return Preferences(
            theme=theme if theme in THEMES else "system",
            last_email=str(self._settings.value("last_email", "")),
            geometry=_octets(self._settings.value("geometry")),
            columns={key: state for key, state in columns.items() if state},
        )

    def write(self, wanted: Preferences) -> None:
        self._settings.setValue("theme", wanted.theme)
        self._settings.setValue("last_email", wanted.last_email)
        self._settings.setValue("geometry", QByteArray(wanted.geometry))
        self._settings.remove("columns")
        self._settings.beginGroup("columns")
        for key, state in wanted.columns.items():
            self._settings.setValue(key, QByteArray(state))
        self._settings.endGroup()
        self._settings.sync()


def _octets(value: object) -> bytes:
    return bytes(value.data()) if isinstance(value, QByteArray) else b""
