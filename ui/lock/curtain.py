"""Takes every window of a person from the screen, and puts each back as it was."""

from PySide6.QtWidgets import QApplication, QDialog, QToolTip, QWidget


class Curtain:
    """For one main window and the dialogs over it."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._hidden: list[tuple[QWidget, bool]] = []
        self._focus: QWidget | None = None

    def draw(self) -> None:
        """Hide them all; screens save their drafts when they are hidden."""
        QToolTip.hideText()
        for _ in range(10):
            popup = QApplication.activePopupWidget()
            if popup is None:
                break
            popup.close()
        self._focus = self._window.focusWidget()
        over = [one for one in QApplication.topLevelWidgets() if one.isVisible() and self._is_over(one)]
        self._hidden = [(one, one.isModal()) for one in over]
        for one in over:
            one.hide()
        self._window.hide()

    def lift(self) -> None:
        """Show them again, the dialogs over the window."""
        self._window.show()
        for one, modal in self._hidden:
            if modal and isinstance(one, QDialog):
                one.open()
            else:
                one.show()
        self._hidden = []
        self._window.raise_()
        self._window.activateWindow()
        focus, self._focus = self._focus, None
        if focus is not None:
            focus.setFocus()

    def _is_over(self, one: QWidget) -> bool:
        above = one.parentWidget()
        while above is not None and above is not self._window:
            above = above.parentWidget()
        return above is not None
