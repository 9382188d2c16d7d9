"""The pattern of a copy as a layer for pages: a multiply tile for PDF, a transparent picture for Office.

The image mark's tile (docs/formats/marking-image.md) at 150 dots per inch, rectified: paper can only get darker, so
there are faint dots and no grey veil.
"""

import functools
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.image.tile import SIDE, tile_of
from midun.lib.marking.keys import MarkKey

DPI = 150
"""Tile pixels per inch of paper."""

BASE, VEIL = 2.6, 0.4
"""Grey levels per deviation of the pattern, and how far the mean of the paper is lowered before cutting at white."""


@functools.lru_cache(16)
def multiply_tile(copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> npt.NDArray[np.uint8]:
    """Shape (256, 256), 255 = leave the page as it is. The profile scales the pattern as it does in images."""
    base = BASE * profile.base / NORMAL.base
    return np.asarray(np.clip(np.rint(255 - VEIL + base * tile_of(copy_id, key)), 0, 255), np.uint8)


def picture(copy_id: bytes, key: MarkKey, width: float, height: float, profile: Profile = NORMAL) -> bytes:
    """A PNG of `width` × `height` inches: black where it is not transparent, so that it darkens whatever is below.

    One tile gives the rows; memory is one byte per dot.
    """
    across, down = max(1, round(width * DPI)), max(1, round(height * DPI))
    opacity = 255 - multiply_tile(copy_id, key, profile)
    alpha = np.tile(opacity, (down // SIDE + 1, across // SIDE + 1))[:down, :across]
    image = Image.merge("LA", (Image.new("L", (across, down), 0), Image.fromarray(np.ascontiguousarray(alpha))))
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI), compress_level=6)
    return out.getvalue()


def opaque_tile(copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> bytes:
    """One tile as a gray PNG, for backgrounds that repeat by themselves."""
    out = io.BytesIO()
    Image.fromarray(multiply_tile(copy_id, key, profile)).save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()
