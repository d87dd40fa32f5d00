"""Which files may be attached (spec 3.10): by extension and by their bytes, never by a declared type."""

import re
from collections.abc import Callable, Mapping

from clinicdesk.domain.errors import InvalidField

KINDS = ("lab_result", "xray", "report", "image")
NAME_LIMIT = 120
FILES_A_VISIT = 20
_MEGABYTE = 1024 * 1024
LARGEST = 200 * _MEGABYTE  # of any kind; the kinds have their own limits
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia)\b")


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False


_JPEG = _starts(b"\xff\xd8\xff")
_TIFF = _starts(b"II*\x00", b"MM\x00*")
_SIGNATURES: Mapping[str, Callable[[bytes], bool]] = {
    "pdf": _starts(b"%PDF"),
    "png": _starts(b"\x89PNG\r\n\x1a\n"),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "tif": _TIFF,
    "tiff": _TIFF,
    "webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    "dcm": lambda content: content[128:132] == b"DICM",
    "txt": _is_text,
    "csv": _is_text,
}


def free_name(filename: str, taken: tuple[str, ...]) -> str:
    """The name, or 'scan (2).png' where the visit has a 'scan.png': files are asked for by name."""
    stem, dot, extension = filename.rpartition(".")
    number, name = 1, filename
    while name in taken:
        number += 1
        name = f"{stem} ({number}){dot}{extension}"
    return name


def check_attachment(content: bytes, filename: str, *, kind: str) -> str:
    """The extension, when the file may be kept.

    Raises InvalidField('file', ...) with rule choose, too_long, file_kind, empty, file_size, file_content or
    active_content.
    """
    if kind not in KINDS:
        raise InvalidField("kind", "choose")
    if len(filename) > NAME_LIMIT:
        raise InvalidField("file", "too_long", {"max": str(NAME_LIMIT)})
    extension = filename.rpartition(".")[2].casefold() if "." in filename else ""
    if extension not in _SIGNATURES:
        raise InvalidField("file", "file_kind", {"allowed": ", ".join(_SIGNATURES)})
    if not content:
        raise InvalidField("file", "empty")
    limit = 200 if extension == "dcm" else 25
    if len(content) > limit * _MEGABYTE:
        raise InvalidField("file", "file_size", {"max": str(limit)})
    if not _SIGNATURES[extension](content):
        raise InvalidField("file", "file_content", {"extension": extension})
    if extension == "pdf" and _ACTIVE.search(content):
        raise InvalidField("file", "active_content")
    return extension
