"""A photo from outside, made anew: small, upright, and with nothing in it but the picture.

Runs inside the intake process. The pixels are laid on a new white picture, so that no place,
time, name of a camera, comment, colour profile or hidden small picture goes along.
"""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageFile, ImageOps

from app.adapters.intake import NotReadable

MOST_PIXELS: Final = {"JPEG": 64_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
"""A JPEG is opened at a fraction of its size; the others have to be opened whole."""
MOST_BYTES: Final = 80_000
#: Longest side in pixels, and JPEG quality: about 300 dots an inch on the paper, then less.
TRIES: Final = ((480, 84), (480, 68), (360, 60), (240, 50), (160, 40))


def take_photo(picture: bytes) -> bytes:
    """Return the picture as a JPEG of at most 80 kB. Raises NotReadable."""
    # The paper engine lets half a picture pass, for every user of the library in its process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        return _small(_upright(picture))
    except NotReadable:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise NotReadable("photo_too_big") from None
    except Exception:
        raise NotReadable("no_photo") from None


def _upright(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture), formats=tuple(MOST_PIXELS)) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS[str(opened.format)]:
            raise NotReadable("photo_too_big")
        side = TRIES[0][0]
        opened.draft("RGB", (2 * side, 2 * side))
        opened.thumbnail((side, side))
        return _on_white(ImageOps.exif_transpose(opened))


def _on_white(picture: Image.Image) -> Image.Image:
    flat = Image.new("RGB", picture.size, "white")
    seen_through = picture.convert("RGBA")
    flat.paste(seen_through, mask=seen_through.getchannel("A"))
    return flat


def _small(picture: Image.Image) -> bytes:
    for side, quality in TRIES:
        made = picture.copy()
        made.thumbnail((side, side))
        out = io.BytesIO()
        made.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise NotReadable("photo_too_big")
