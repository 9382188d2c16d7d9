"""Image files as documents: marked in memory, written in their own format."""

import io

import numpy as np
from PIL import Image

from midun.lib.marking.documents.files import Kind
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.files import loaded, opened
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.keys import MarkKey

_QUALITY = 95


def mark_picture(data: bytes, kind: Kind, copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> bytes:
    """The image with the mark, same format and size; colour profile and Exif stay, transparency is not touched.

    Raises:
        Refused: as `opened`; TOO_SMALL.

    """
    image = opened(data)
    info = {name: image.info[name] for name in ("icc_profile", "exif", "dpi", "xmp") if image.info.get(name)}
    image = loaded(image)
    bands = image.getbands()
    alpha = image.getchannel("A") if bands[-1] == "A" else None
    colours = image.convert(image.mode[:-1]) if alpha else image
    marked = Image.fromarray(embed(np.asarray(colours), tile_of(copy_id, key), profile))
    if alpha:
        marked.putalpha(alpha)
    formats: dict[Kind, dict[str, object]] = {
        Kind.JPEG: {"quality": _QUALITY, "subsampling": 0},
        Kind.WEBP: {"lossless": True, "exact": True},
        Kind.TIFF: {"compression": "tiff_deflate"},
        Kind.PNG: {},
    }
    out = io.BytesIO()
    marked.save(out, kind.value.upper(), **{**formats[kind], **info})
    return out.getvalue()
