"""A picture of a person made small enough for a record: upright, cropped, without metadata."""

import io

from clinicdesk.domain.errors import InvalidField

SIZE = (240, 300)
MOST_BYTES = 32_768  # the database keeps no more
MOST_FILE = 12 * 1024 * 1024
MOST_PIXELS = 60_000_000
KINDS = ("JPEG", "PNG", "WEBP", "BMP")


def small_jpeg(picture: bytes) -> bytes:
    """Raises InvalidField (photo: file_size, file)."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(picture) > MOST_FILE:
        raise InvalidField("photo", "file_size", {"max": str(MOST_FILE // 1024 // 1024)})
    try:
        with Image.open(io.BytesIO(picture), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InvalidField("photo", "file")
            image.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidField("photo", "file") from None
    fitted = ImageOps.fit(upright, SIZE)
    for quality in (85, 70, 55, 40, 25):
        made = io.BytesIO()
        fitted.save(made, "JPEG", quality=quality, optimize=True)
        if len(made.getvalue()) <= MOST_BYTES:
            return made.getvalue()
    raise InvalidField("photo", "file")
