"""What a screen reader would meet in a window, without a screen reader."""

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QWidget

Role = QAccessible.Role
INTERACTIVE = {
    Role.Button,
    Role.CheckBox,
    Role.RadioButton,
    Role.EditableText,
    Role.ComboBox,
    Role.SpinBox,
    Role.Slider,
    Role.List,
    Role.Table,
    Role.Tree,
    Role.ListItem,
    Role.MenuItem,
    Role.PageTab,
    Role.Cell,
}
INSIDE_ITEMS = {Role.ListItem, Role.Cell, Role.MenuItem, Role.PageTab}
SMALLEST_TARGET = 24


def walk(
    node: QAccessibleInterface, above: tuple[str, ...] = (), *, limit: int = 500
) -> Iterator[tuple[tuple[str, ...], QAccessibleInterface]]:
    """Every accessible node below and including this one, with the roles above it."""
    yield above, node
    for number in range(min(node.childCount(), limit)):
        child = node.child(number)
        if child is not None and child.isValid():
            yield from walk(child, (*above, node.role().name), limit=limit)


def problems(window: QWidget) -> list[str]:
    """Unnamed, unreachable, too small or ambiguous controls that are on show; [] is what tests want."""
    found: list[str] = []
    names: dict[tuple[tuple[str, ...], str], int] = {}
    for above, node in walk(QAccessible.queryAccessibleInterface(window)):
        thing = node.object()
        if node.state().invisible or (thing is not None and _is_line_edit_icon(thing)):
            continue
        found += _node_problems(node)
        name = node.text(QAccessible.Text.Name)
        if node.role() is Role.Button and name:
            names[above, name] = names.get((above, name), 0) + 1
    return found + [f"{count} buttons are named {name!r}" for (_, name), count in names.items() if count > 1]


def _is_line_edit_icon(thing: QObject) -> bool:
    """The icon inside a QLineEdit is decoration."""
    return isinstance(thing, QToolButton) and isinstance(thing.parent(), QLineEdit)


def _node_problems(node: QAccessibleInterface) -> list[str]:
    role, state, thing = node.role(), node.state(), node.object()
    name = node.text(QAccessible.Text.Name).strip()
    where = f"{type(thing).__name__} {thing.objectName()}" if thing else "item"
    where += f" at {node.rect().getRect()}"
    found = []
    if role in INTERACTIVE | {Role.Graphic} and not name:
        found.append(f"{role.name} without a name: {where}")
    if role in INTERACTIVE - INSIDE_ITEMS and not state.focusable and not state.disabled:
        found.append(f"{role.name} {name!r} cannot take the keyboard focus: {where}")
    if role is Role.Button and thing is not None and thing.isWidgetType():
        smaller = min(node.rect().width(), node.rect().height())
        if smaller < SMALLEST_TARGET:
            found.append(f"{name!r} is only {smaller} px: {where}")
    return found


def tab_order(window: QWidget) -> list[QWidget]:
    """Every control Tab reaches, in order, starting at the focus: by pressing it until it comes round.

    Not by nextInFocusChain(): PySide then takes one widget for the owner of the next.
    """
    window.activateWindow()
    seen: list[QWidget] = []
    focus = QApplication.focusWidget()
    while focus is not None and focus not in seen and window.isAncestorOf(focus):
        seen.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
    return seen


def contrast(one: str, other: str) -> float:
    """The WCAG ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(QColor(one)), _luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = linear(colour.redF()), linear(colour.greenF()), linear(colour.blueF())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
