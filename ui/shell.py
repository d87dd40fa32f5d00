"""The main window: navigation, top bar, banners and the state of the stores. Knows no screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QDateTime, QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QStatusBar,
    QToolButton,
    QWidget,
)

from clinicdesk.domain.stores import Pulse, Standing, Standings
from ui import icons, theme
from ui.keys import Group, KeyLine, KeyList, key_lines
from ui.messages import store_words
from ui.palette import CommandPalette, Hit, Show
from ui.widgets.avatar import Avatar
from ui.widgets.banner import Banner, Notice, announce
from ui.widgets.buttons import icon_button
from ui.widgets.card import ProgressStrip
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import IconLabel, KeyHint, label

NAV_WIDTH = 196
SMALLEST = QSize(1180, 680)


@dataclass(frozen=True, slots=True)
class Room:
    """An entry of the navigation. ``build`` is called when it is first shown."""

    key: str
    title: str
    icon: str
    build: Callable[[], QWidget]


@runtime_checkable
class Activates(Protocol):
    """A page that reads its data when it comes on show."""

    def activate(self) -> None: ...


@runtime_checkable
class HintsKeys(Protocol):
    """A page with keys that are no actions, such as the calendar's arrows."""

    def key_hints(self) -> list[KeyLine]: ...


@runtime_checkable
class HasFirstFocus(Protocol):
    """A page that names its main widget.

    Not by setFocusProxy(): the Tab key then jumps over every control before the proxy.
    """

    def first_focus(self) -> QWidget: ...


class Shell(QMainWindow):
    """One signed-in person's window. Pages add their QActions to themselves (QWidget.addAction)."""

    sign_out_requested = Signal()
    theme_toggled = Signal()
    patient_asked = Signal(str)
    patient_chosen = Signal(object)
    retry_requested = Signal()
    room_shown = Signal(str)
    closed = Signal()

    def __init__(self, clinic: str, user: str, role: str, *, rooms: Sequence[Room]) -> None:
        super().__init__()
        self.setWindowTitle(f"ClinicDesk – {clinic}")
        self.setMinimumSize(SMALLEST)
        self.resize(1366, 768)
        self._rooms = {room.key: room for room in rooms}
        self._pages: dict[str, QWidget] = {}
        self._current = ""
        self._standings = Standings()
        self._fresh_at = QDateTime.currentDateTime()
        self._show_hits: Show | None = None
        self._stack = QStackedWidget()
        self.banner = Banner("danger", "", action=self.tr("Retry"))
        self.banner.acted.connect(self.retry_requested)
        self.banner.hide()
        self.notice = Notice()
        self.progress = ProgressStrip()
        self._make_actions()
        self._nav = self._make_navigation(clinic, list(rooms))
        notes = Notes(self.banner, self.notice)
        page = vbox(self._make_top_bar(user, role), self.progress, notes, self._stack, spacing=0)
        page.setStretch(3, 1)
        root = QWidget()
        row = hbox(self._nav, page, spacing=0)
        row.setStretch(1, 1)
        root.setLayout(row)
        self.setCentralWidget(root)
        self._make_status_bar()
        self.palette_sheet = CommandPalette(self, self._ask)
        self.palette_sheet.chosen.connect(self.patient_chosen)
        self.key_list = KeyList(self)
        theme.notices.theme_changed.connect(self._theme_changed)
        self._theme_changed()

    # -- what the application calls -------------------------------------------------

    def show_room(self, key: str) -> None:
        """Build the page if needed, put it on show, focus it. Raises KeyError for an unknown room."""
        room = self._rooms[key]
        try:
            page = self._pages.get(key)
            if page is None:
                page = self._pages[key] = room.build()
                self._stack.addWidget(page)
            self._current = key
        finally:
            self._check_navigation()
        self._stack.setCurrentWidget(page)
        self.notice.clear()
        if isinstance(page, Activates):
            page.activate()
        self.focus_page()
        self.room_shown.emit(key)

    def page(self, key: str) -> QWidget | None:
        """The page of a room, None while it was never shown."""
        return self._pages.get(key)

    def current_room(self) -> str:
        return self._current

    def tell(self, text: str, kind: str = "info") -> None:
        """The line over the page; kinds ok, info, error."""
        self.notice.show_notice(text, kind)

    def show_store(self, store: str, *, up: bool) -> None:
        """Say that postgres, mongo or redis is up or down."""
        self.show_pulse(Pulse(store, Standing.UP if up else Standing.DOWN))

    def show_pulse(self, pulse: Pulse) -> bool:
        """Say how a store stands; whether it is back after it was down."""
        before, now = self._standings.take(pulse)
        if pulse.store == "postgres" and now is not Standing.DOWN:
            self._fresh_at = QDateTime.currentDateTime()
        if before is not now:
            self._show_standings()
        return before is Standing.DOWN and now is not Standing.DOWN

    def _show_standings(self) -> None:
        standings = self._standings.all()
        words = store_words(standings)
        if standings.get("postgres") is Standing.DOWN:
            words += " · " + self.tr("screen as of {time}").format(time=self._fresh_at.toString("HH:mm"))
        self._store_text.setText(words)
        down = Standing.DOWN in standings.values()
        unsaved = standings.get("postgres") in (Standing.DOWN, Standing.READ_ONLY)
        role = "danger" if unsaved else "warn" if standings else "ok"
        self._store_icon.show_icon("wifi-off" if down else "wifi", role)
        announce(self, words, urgent=bool(standings))
        self._show_outage()

    def show_patients(self, text: str, hits: Sequence[Hit]) -> None:
        """Answer to ``patient_asked(text)``."""
        if self._show_hits is not None:
            self._show_hits(text, hits)

    def focus_page(self) -> None:
        """Focus the page's main widget, else its first control."""
        page = self._stack.currentWidget()
        if page is None:
            return
        if isinstance(page, HasFirstFocus):
            target: QWidget | None = page.first_focus()
        else:
            target = page if page.focusProxy() is not None else first_control(page)
        (target or page).setFocus(Qt.FocusReason.OtherFocusReason)

    # -- parts -----------------------------------------------------------------------

    def _make_actions(self) -> None:
        self._search = self._action(
            self.tr("Search patients and commands"), self.open_palette, "Ctrl+K", "search"
        )
        self._search.setShortcuts([QKeySequence("Ctrl+K"), QKeySequence("/")])
        self._help = self._action(self.tr("Show the keys"), self.open_key_list, "F1", "keyboard")
        self._theme = self._action(self.tr("Switch theme"), self._toggle_theme, "Ctrl+Shift+L", "moon")
        self._leave = self._action(self.tr("Sign out"), self._sign_out, "Ctrl+Shift+Q", "log-out")

    def _action(self, text: str, slot: Callable[[], None], keys: str, icon: str) -> QAction:
        made = QAction(icons.icon(icon, "muted", on="accent"), text, self)
        made.setShortcut(QKeySequence(keys))
        made.triggered.connect(slot)
        self.addAction(made)
        return made

    def _make_navigation(self, clinic: str, rooms: list[Room]) -> QFrame:
        logo = IconLabel("heart-pulse", name=self.tr("ClinicDesk"), role="accent", size=24)
        brand = label("ClinicDesk", "title")
        column = vbox(hbox(logo, brand, None, margins=(8, 0, 0, 14)), margins=(12, 14, 12, 12), spacing=2)
        self._group = QActionGroup(self)
        for number, room in enumerate(rooms, start=1):
            column.addWidget(self._nav_button(room, number))
        self._group.triggered.connect(self._go)
        column.addStretch(1)
        place = IconLabel("building-2", name=self.tr("Clinic"), role="faint", size=15)
        name = label(clinic, "small", wrap=True)
        row = hbox(place, name, margins=(8, 6, 4, 4), spacing=8)
        row.setStretch(1, 1)
        column.addLayout(row)
        frame = QFrame()
        frame.setObjectName("Nav")
        frame.setAccessibleName(self.tr("Navigation"))
        frame.setFixedWidth(NAV_WIDTH)
        frame.setLayout(column)
        return frame

    def _nav_button(self, room: Room, number: int) -> QToolButton:
        action = QAction(icons.icon(room.icon, "muted", on="accent"), room.title, self)
        action.setCheckable(True)
        action.setData(room.key)
        action.setIconText(f"  {room.title}")
        action.setToolTip(room.title)
        if number <= 8:
            action.setShortcut(QKeySequence(f"Alt+{number}"))
            action.setToolTip(f"{room.title}  (Alt+{number})")
        self._group.addAction(action)
        self.addAction(action)
        button = QToolButton()
        button.setDefaultAction(action)
        button.setProperty("nav", "true")
        button.setIconSize(QSize(18, 18))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(room.title)
        return button

    def _make_top_bar(self, user: str, role: str) -> QFrame:
        search = QToolButton()
        search.setProperty("search", "true")
        search.setIcon(icons.icon("search", "muted"))
        search.setText("  " + self.tr("Search patients, MRN, phone…"))
        search.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        search.setFixedSize(420, 34)
        search.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        search.setAccessibleName(self.tr("Search patients and commands"))
        search.setLayout(hbox(None, KeyHint("Ctrl+K"), margins=(0, 0, 8, 0)))
        search.clicked.connect(self.open_palette)
        help_button = icon_button("keyboard", self.tr("Keyboard help (F1)"))
        help_button.clicked.connect(self.open_key_list)
        self._theme_button = icon_button("moon", self.tr("Switch theme"))
        self._theme_button.clicked.connect(self._toggle_theme)
        leave = icon_button("log-out", self.tr("Sign out"))
        leave.clicked.connect(self._sign_out)
        who = vbox(label(user, "h2"), label(role, "small"), spacing=0)
        me = hbox(Avatar(user, 32), who, spacing=10, margins=(10, 0, 6, 0))
        frame = QFrame()
        frame.setObjectName("TopBar")
        frame.setLayout(
            hbox(search, None, help_button, self._theme_button, me, leave, margins=(18, 8, 18, 8), spacing=8)
        )
        return frame

    def _make_status_bar(self) -> None:
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        self._store_icon = IconLabel("wifi", name=self.tr("Connection"), role="ok", size=14)
        self._store_text = label(store_words({}), "small")
        state = QWidget()
        state.setLayout(hbox(self._store_icon, self._store_text, margins=(14, 3, 14, 3), spacing=7))
        bar.addWidget(state)
        self.setStatusBar(bar)

    def _show_outage(self) -> None:
        standings = self._standings.all()
        database, documents = standings.get("postgres"), standings.get("mongo")
        if database is Standing.DOWN:
            self.banner.show_text(
                self.tr("The clinic's database cannot be reached"),
                self.tr("What is on the screen stays readable. Nothing can be saved until it is back."),
                kind="danger",
            )
        elif database is Standing.READ_ONLY:
            self.banner.show_text(
                self.tr("The clinic's database takes no changes just now"),
                self.tr("Everything can be read. Nothing can be saved until it takes changes again."),
                kind="warn",
            )
        elif documents is Standing.DOWN:
            self.banner.show_text(
                self.tr("Charts are unavailable: the document server is down"),
                self.tr("Appointments, prescriptions and stock work. Notes come back with the server."),
                kind="warn",
            )
        grave = (Standing.DOWN, Standing.READ_ONLY)
        self.banner.setVisible(database in grave or documents in grave)

    def _check_navigation(self) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._current)

    def _ask(self, text: str, show: Show) -> None:
        self._show_hits = show
        self.patient_asked.emit(text)

    # -- slots -----------------------------------------------------------------------

    @Slot(QAction)
    def _go(self, action: QAction) -> None:
        self.show_room(str(action.data()))

    @Slot()
    def open_palette(self) -> None:
        here = self._rooms[self._current].title if self._current else ""
        page = self._pages.get(self._current)
        entries = [(here, action) for action in (page.actions() if page else [])]
        entries += [(self.tr("Go to"), action) for action in self._group.actions()]
        entries += [("ClinicDesk", action) for action in (self._help, self._theme, self._leave)]
        self.palette_sheet.popup_with(entries)

    @Slot()
    def open_key_list(self) -> None:
        if not self.key_list.isHidden():
            self.key_list.dismiss()
            return
        groups: list[Group] = []
        page = self._pages.get(self._current)
        if page is not None:
            hints = page.key_hints() if isinstance(page, HintsKeys) else []
            groups.append((self._rooms[self._current].title, key_lines(page.actions()) + hints))
        groups.append((self.tr("Go to"), key_lines(self._group.actions())))
        everywhere = [self._search, self._help, self._theme, self._leave]
        groups.append((self.tr("Everywhere"), key_lines(everywhere)))
        self.key_list.popup_with(groups)

    @Slot()
    def _toggle_theme(self) -> None:
        self.theme_toggled.emit()

    @Slot()
    def _sign_out(self) -> None:
        self.sign_out_requested.emit()

    @Slot()
    def _theme_changed(self) -> None:
        dark = theme.current().dark
        tip = self.tr("Switch to the light theme") if dark else self.tr("Switch to the dark theme")
        self._theme_button.setIcon(icons.icon("sun" if dark else "moon"))
        self._theme_button.setToolTip(tip)
        self._theme_button.setAccessibleName(tip)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)


class Notes(QWidget):
    """Holds what may appear over the page; takes no room while all of it is hidden."""

    def __init__(self, *parts: QWidget) -> None:
        super().__init__()
        self._parts = parts
        self.setLayout(vbox(*parts, margins=(18, 0, 18, 0), spacing=8))
        for part in parts:
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        layout = self.layout()
        if layout and event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            shown = any(not part.isHidden() for part in self._parts)
            layout.setContentsMargins(18, 12 if shown else 0, 18, 0)
        return False


def first_control(page: QWidget) -> QWidget | None:
    """The first control of a page that the Tab key would reach, in the order they were made.

    Not by nextInFocusChain(): PySide then takes one widget for the owner of the next, and
    deletes wrappers in the wrong order.
    """
    for widget in page.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.isVisibleTo(page):
            return widget
    return None
