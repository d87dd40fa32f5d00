"""Builds resources/icons, resources/fonts and the tinted control marks of resources/themes.

Run it in a scratch environment with ``pip install lucide fonttools`` and
``pip install --no-deps fontpkg-inter``; the program itself needs none of them.
"""

import importlib.util
import json
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
ICON_NAMES = RESOURCES / "icons" / "names.json"

WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}

# Latin with every African and European letter, combining tone marks (Ẹ́), Greek, Cyrillic,
# punctuation, currency signs (₦), arrows and the few symbols the screens draw.
RANGES = (
    (0x20, 0x250),
    (0x250, 0x370),
    (0x370, 0x530),
    (0x1E00, 0x1F00),
    (0x2000, 0x2070),
    (0x2070, 0x20A0),
    (0x20A0, 0x20D0),
    (0x2100, 0x2150),
    (0x2190, 0x2200),
    (0x2212, 0x2266),
    (0x25CB, 0x25D0),
    (0x2713, 0x2716),
)
# no calt: it drops brackets from text copied out of a PDF
FEATURES = ["kern", "liga", "tnum", "zero", "mark", "mkmk", "ccmp", "locl", "frac"]

# file name -> (icon, colour token): what style sheets can only show as a picture
MARKS = {
    "arrow-down": ("chevron-down", "muted"),
    "arrow-up": ("chevron-up", "muted"),
    "tick": ("check", "on_accent"),
    "dash": ("minus", "on_accent"),
    "branch-closed": ("chevron-right", "muted"),
}


def folder(package: str) -> Path:
    """Where an installed package keeps its files."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed here")
    return Path(spec.origin).parent


def make_icons() -> None:
    """Copy the icons named in names.json out of the wheel, with their licence."""
    target = RESOURCES / "icons"
    with zipfile.ZipFile(folder("lucide") / "lucide.zip") as archive:
        inside = {Path(name).stem: name for name in archive.namelist()}
        for name in json.loads(ICON_NAMES.read_text("utf-8")):
            (target / f"{name}.svg").write_bytes(archive.read(inside[name]))
    found = [file for file in distribution("lucide").files or [] if file.name == "LICENSE"]
    wheel_text = found[0].read_text("utf-8")
    start = wheel_text.index("Copyright (c) for portions of Lucide")
    licence = "ISC License (Lucide, https://lucide.dev)\n\n" + wheel_text[start:].strip() + "\n"
    (target / "LICENSE.txt").write_text(licence, "utf-8")


def make_marks() -> None:
    """Tint the marks of combo boxes, spin boxes and check boxes once per theme."""
    for theme in ("light", "dark"):
        colours = tomllib.loads((RESOURCES / "themes" / f"{theme}.toml").read_text("utf-8"))["colours"]
        target = RESOURCES / "themes" / theme
        target.mkdir(exist_ok=True)
        for mark, (name, token) in MARKS.items():
            source = (RESOURCES / "icons" / f"{name}.svg").read_text("utf-8")
            tinted = source.replace("currentColor", colours[token])
            if token == "on_accent":
                tinted = tinted.replace('stroke-width="2"', 'stroke-width="3.5"')
            (target / f"{mark}.svg").write_text(tinted, "utf-8")


def make_font(source: Path, name: str, weight: int) -> None:
    """One static instance: Qt does not apply weights to a variable font it was handed as a file."""
    font = instancer.instantiateVariableFont(
        TTFont(source, recalcTimestamp=False), {"wght": weight, "opsz": 14}, updateFontNames=True
    )
    options = subset.Options()
    options.layout_features = FEATURES
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for start, end in RANGES for code in range(start, end)])
    subsetter.subset(font)
    plain = name in ("Regular", "Bold")
    names = {
        1: "Inter" if plain else f"Inter {name}",
        2: name if plain else "Regular",
        4: f"Inter {name}",
        6: f"Inter-{name}",
        16: "Inter",
        17: name,
    }
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font.save(RESOURCES / "fonts" / f"Inter-{name}.ttf")


def make_fonts() -> None:
    """Four static weights of Inter with their licence."""
    package = folder("fontpkg_inter")
    source = next(path for path in sorted((package / "files").iterdir()) if "Italic" not in path.name)
    for name, weight in WEIGHTS.items():
        make_font(source, name, weight)
    (RESOURCES / "fonts" / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())


if __name__ == "__main__":
    make_icons()
    make_marks()
    make_fonts()
