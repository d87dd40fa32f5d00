"""Reusable parts; no services in here."""

from ui.widgets.actions import make_action
from ui.widgets.avatar import Avatar, initials, paint_avatar
from ui.widgets.banner import Banner, Notice, announce
from ui.widgets.buttons import Segments, button, icon_button, link_button
from ui.widgets.card import Card, EmptyState, ProgressStrip
from ui.widgets.choice import ChoiceButton
from ui.widgets.field import Field, SearchBox, pad_spin_box
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.table import RowDelegate, style_table
from ui.widgets.tag import Chip, Tag, kind_look, paint_tag, phase_word, tag_width
from ui.widgets.text import IconLabel, KeyHint, label

__all__ = [
    "Avatar",
    "Banner",
    "Card",
    "Chip",
    "ChoiceButton",
    "EmptyState",
    "Field",
    "IconLabel",
    "KeyHint",
    "Notice",
    "PasswordEdit",
    "ProgressStrip",
    "RowDelegate",
    "SearchBox",
    "Segments",
    "Tag",
    "announce",
    "button",
    "hbox",
    "icon_button",
    "initials",
    "kind_look",
    "label",
    "link_button",
    "make_action",
    "pad_spin_box",
    "paint_avatar",
    "paint_tag",
    "phase_word",
    "style_table",
    "tag_width",
    "vbox",
]
