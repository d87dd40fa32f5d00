"""A second person says yes to one act with the own password (spec 5.6)."""

from ui.widgets.entry_form import EntryForm
from ui.widgets.password import PasswordEdit


class WitnessForm(EntryForm):
    """``extra``: one more line (key, name), such as who collects."""

    def __init__(self, about: str, save: str, *, extra: tuple[str, str] | None = None) -> None:
        super().__init__(self.tr("Witness"), save, "user-check")
        self.about.setText(about)
        self.add_line("email", self.tr("E-mail of the witness"))
        self.add_line("password", self.tr("Password of the witness"), editor=PasswordEdit())
        if extra:
            self.add_line(*extra)
        self.lay_out("email", "password", *([extra[0]] if extra else []))
        self._extra = extra[0] if extra else ""

    def begin(self) -> None:
        """Empty, but for the e-mail of the last witness."""
        self.put(password="")
        if self._extra:
            self.put(**{self._extra: ""})
        self.start("password" if self.value("email") else "email")
