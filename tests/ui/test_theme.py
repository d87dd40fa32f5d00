"""Tokens, contrast, fonts and icons."""

import re

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QFontMetrics, QIcon, QRawFont
from PySide6.QtWidgets import QApplication, QComboBox, QFrame, QLineEdit

from clinicdesk.resources import resource
from tests.ui.accessibility import contrast
from ui import icons, theme
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import vbox
from ui.widgets.tag import phase_word
from ui.widgets.text import label

PHASES = {
    "pending",
    "confirmed",
    "arrived",
    "in_progress",
    "completed",
    "no_show",
    "cancelled",
    "rescheduled",
}
TEXT_PAIRS = [
    ("text", "bg"),
    ("text", "surface"),
    ("text", "surface2"),
    ("text", "accent_soft"),
    ("muted", "bg"),
    ("muted", "surface"),
    ("muted", "surface2"),
    ("faint", "surface"),
    ("faint", "surface2"),
    ("faint", "bg"),
    ("accent", "surface"),
    ("accent", "accent_soft"),
    ("on_accent", "accent"),
    ("danger", "surface"),
    ("on_danger_soft", "danger_soft"),
    ("on_warn_soft", "warn_soft"),
    ("on_ok_soft", "ok_soft"),
    ("on_info_soft", "info_soft"),
]
themes = pytest.mark.parametrize("name", ["light", "dark"])


@themes
def test_text_keeps_4_5_to_1(name):
    tokens = theme.read_tokens(name)
    low = [pair for pair in TEXT_PAIRS if contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) < 4.5]
    discs = [disc for disc in tokens.avatars if contrast(disc, tokens.on_avatar[0]) < 4.5]
    assert (low, discs) == ([], [])


@themes
def test_every_phase_has_a_word_an_icon_and_3_to_1(name):
    looks = theme.read_tokens(name).status
    assert set(looks) == PHASES
    assert (
        len({phase_word(phase) for phase in PHASES})
        == len({look.icon for look in looks.values()})
        == len(PHASES)
    )
    assert [phase for phase, look in looks.items() if contrast(look.fg, look.bg) < 3] == []


@themes
def test_the_edge_of_a_field_keeps_3_to_1(name):
    tokens = theme.read_tokens(name)
    assert contrast(tokens.border_field, tokens.surface) >= 3


@themes
def test_the_style_sheet_has_no_colour_and_no_name_left(name):
    text = theme.style_sheet(theme.read_tokens(name))
    assert "$" not in text
    assert not re.search(r"#[0-9a-f]{6}", resource("themes", "style.qss").read_text("utf-8"), re.IGNORECASE)


@themes
def test_marks_wear_the_colours_of_their_theme(name):
    tokens = theme.read_tokens(name)
    assert tokens.muted in resource("themes", name, "arrow-down.svg").read_text("utf-8")
    assert tokens.on_accent in resource("themes", name, "tick.svg").read_text("utf-8")


def test_a_switch_reaches_painters_and_palette(qapp, qtbot):
    theme.apply(qapp, dark=False)
    with qtbot.waitSignal(theme.notices.theme_changed):
        tokens = theme.apply(qapp, dark=True)
    assert theme.current() is tokens
    assert QApplication.palette().window().color().name() == tokens.bg
    theme.apply(qapp, dark=False)


def test_a_switch_and_back_leaves_no_trace(qapp, qtbot):
    theme.apply(qapp, dark=True)
    page = QFrame()
    page.setObjectName("Card")
    field = Field("Name", QLineEdit("Ada"), hint="As on the card")
    parts = (label("Title", "title"), label("small", "small"), field, button("Go", primary=True), QComboBox())
    page.setLayout(vbox(*parts))
    qtbot.addWidget(page)
    page.show()
    field.show_error("Wrong")
    dark = page.grab().toImage()
    theme.apply(qapp, dark=False)
    assert page.grab().toImage() != dark
    theme.apply(qapp, dark=True)
    assert page.grab().toImage() == dark
    theme.apply(qapp, dark=False)


@pytest.mark.parametrize("face", ["Regular", "Medium", "SemiBold", "Bold"])
def test_the_font_has_naira_and_yoruba_letters_with_tone_marks(face, qapp):
    raw = QRawFont(str(resource("fonts", f"Inter-{face}.ttf")), 13)
    missing = [
        sign
        for sign in "₦ẸẹỌọṢṣÀáǸńɓɗƙŋ\u0300\u0301\u0304\u0323–—…·→"
        if not raw.supportsCharacter(ord(sign))
    ]
    assert missing == []


def test_four_weights_of_inter_are_used(qapp):
    theme.apply(qapp, dark=False)
    assert {"Regular", "Medium", "SemiBold", "Bold"} <= set(QFontDatabase.styles("Inter"))
    digits = QFontMetrics(theme.font(13, digits=True))
    assert digits.horizontalAdvance("111") == digits.horizontalAdvance("000")


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_an_icon_is_sharp_at_any_ratio(ratio, qapp):
    drawn = icons.icon("pill", "accent").pixmap(QSize(16, 16), ratio)
    assert drawn.size() == QSize(16, 16) * ratio
    assert drawn.devicePixelRatio() == ratio


def test_an_icon_follows_the_theme_and_the_state(qapp):
    picture = icons.icon("pill", "muted", on="accent")

    def middle(state: QIcon.State) -> set[str]:
        image = picture.pixmap(QSize(24, 24), 1.0, QIcon.Mode.Normal, state).toImage()
        found = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
        return {colour.name() for colour in found if colour.alpha() == 255}

    light = theme.apply(qapp, dark=False)
    assert light.muted in middle(QIcon.State.Off)
    assert light.accent in middle(QIcon.State.On)
    dark = theme.apply(qapp, dark=True)
    assert dark.muted in middle(QIcon.State.Off)
    theme.apply(qapp, dark=False)


def test_every_icon_file_can_be_drawn(qapp):
    names = [path.stem for path in resource("icons").glob("*.svg")]
    assert len(names) > 80
    assert [name for name in names if icons.pixmap(name, "text", 16).isNull()] == []


def test_an_unknown_icon_is_an_error():
    with pytest.raises(FileNotFoundError):
        icons.icon("no-such-icon")
