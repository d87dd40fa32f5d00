"""Asks for the reason before a chart opens that the person has no part in (spec 2.8)."""

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QPlainTextEdit, QRadioButton, QWidget

from clinicdesk.domain.access import GLASS_MINUTES, LEAST_NOTE, REASONS
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

translate = QCoreApplication.translate
WIDTH = 520


def reason_words() -> dict[str, str]:
    """Code -> its words."""
    return {
        "emergency": translate("glass", "Emergency"),
        "cover": translate("glass", "I cover for a colleague"),
        "patient_asked": translate("glass", "The patient asked me"),
        "quality_review": translate("glass", "Quality review"),
        "other": translate("glass", "Another reason (say which)"),
    }


def cause_words(cause: str) -> str:
    """Why the chart is shut for this person."""
    words = {
        "restricted": translate("glass", "This chart is restricted."),
        "own": translate("glass", "This is your own chart or one of your family."),
    }
    return words.get(cause) or translate(
        "glass", "The patient has no appointment here in the last 30 or the next 90 days, and is not yours."
    )


class BreakGlass(QWidget):
    """``open_asked(reason, note)``. One of the reasons, a note when it is another one, then the button."""

    open_asked = Signal(str, str)
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._banner = Banner("warn", "")
        self._who = label("", "title", wrap=True)
        self._reasons = QButtonGroup(self)
        self.radios: dict[str, QRadioButton] = {}
        column = vbox(label(self.tr("Why do you need this chart?"), "h2"), spacing=4)
        for number, code in enumerate(REASONS):
            radio = QRadioButton(reason_words()[code])
            radio.setAccessibleName(reason_words()[code])
            radio.setMinimumHeight(26)
            self._reasons.addButton(radio, number)
            self.radios[code] = radio
            column.addWidget(radio)
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(64)
        self._note_field = Field(self.tr("Note"), self.note, hint=self.tr("No clinical details."))
        self.open_button = button(
            self.tr("Open for {0} minutes").format(GLASS_MINUTES), "lock-open", primary=True
        )
        self._cancel = button(self.tr("Cancel"))
        sheet = QFrame()
        sheet.setObjectName("Card")
        sheet.setMaximumWidth(WIDTH)
        sheet.setLayout(
            vbox(
                self._who,
                self._banner,
                column,
                self._note_field,
                hbox(self.open_button, self._cancel, None),
                label(
                    self.tr("It is logged under your name and PC, and the privacy officer reviews it."),
                    "small",
                    wrap=True,
                ),
                margins=(20, 18, 20, 16),
                spacing=12,
            )
        )
        row = hbox(None, sheet, None)
        row.setStretch(1, 100)
        self.setLayout(vbox(None, row, None))
        self._reasons.idToggled.connect(self._chosen)
        self.open_button.clicked.connect(self.submit)
        self._cancel.clicked.connect(self.given_up)
        self.setFocusProxy(self.radios["emergency"])

    def ask(self, who: str, cause: str) -> None:
        """Empty, for another chart."""
        self._who.setText(who)
        self._banner.show_text(cause_words(cause), self.tr("It opens for you alone after you give a reason."))
        self._reasons.setExclusive(False)
        for radio in self.radios.values():
            radio.setChecked(False)
        self._reasons.setExclusive(True)
        self.note.clear()
        self._note_field.clear_error()
        self.show_busy(busy=False)
        self._look()
        self._banner.announce()

    def reason(self) -> str:
        """The chosen code, '' for none."""
        return next((code for code, radio in self.radios.items() if radio.isChecked()), "")

    def show_busy(self, *, busy: bool) -> None:
        self._cancel.setEnabled(not busy)
        self.open_button.setEnabled(not busy and bool(self.reason()))

    def show_wrong(self, text: str) -> None:
        """What is missing, at the note."""
        self.show_busy(busy=False)
        self._note_field.show_error(text)
        self.note.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def submit(self) -> None:
        if not self.reason():
            return
        note = self.note.toPlainText().strip()
        if self.reason() == "other" and len(note) < LEAST_NOTE:
            self.show_wrong(self.tr("Please say why, in at least {0} characters.").format(LEAST_NOTE))
            return
        self.show_busy(busy=True)
        self.open_asked.emit(self.reason(), note)

    @Slot(int, bool)
    def _chosen(self, _number: int, _on: bool) -> None:
        self._look()

    def _look(self) -> None:
        self.open_button.setEnabled(bool(self.reason()))
        if self.reason() != "other":
            self._note_field.clear_error()
