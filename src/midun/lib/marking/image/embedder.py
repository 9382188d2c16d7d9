"""Adding the pattern to an image in memory."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import NORMAL, Profile, page_strength, strength
from midun.lib.marking.image.tile import SIDE

Array = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

LEAST_SIDE = 200
"""Shorter images hold less than one tile: a mark in them could not be read."""

MEGAPIXELS_PER_SCALE = 8e6
RECTIFIED = -0.2
"""On white only what lies below this darkens, on black the reverse: half of the pattern cannot be drawn there."""


def pattern_scale(height: int, width: int) -> int:
    """How many pixels stand for one of the tile: 1 up to 18 megapixels, then growing, so that downscaling keeps it."""
    return max(1, round(math.sqrt(height * width / MEGAPIXELS_PER_SCALE)))


def embed(pixels: Pixels, tile: Array, profile: Profile = NORMAL) -> Pixels:
    """The image with the mark: same shape and type. Gray (h, w) or RGB (h, w, 3), 8 or 16 bits; the input is kept.

    Raises:
        Refused: a side is shorter than 200 pixels.

    """
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise Refused(Reason.TOO_SMALL, f"图像短边不足 {LEAST_SIDE} 像素，放不下一个完整的密标。")
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    luma = eight if eight.ndim == 2 else cv2.cvtColor(eight, cv2.COLOR_RGB2GRAY)  # noqa: PLR2004  # a plane
    change = _change(np.asarray(luma, np.uint8), tile, profile)
    if pixels.dtype == np.uint8:
        whole = np.rint(change, out=change).astype(np.int16)
        layers = whole if pixels.ndim == 2 else cv2.merge([whole, whole, whole])  # noqa: PLR2004  # a plane
        return np.asarray(cv2.add(pixels, layers, dtype=cv2.CV_8U), np.uint8)
    deep = change * 257.0 if pixels.ndim == 2 else (change * 257.0)[..., None]  # noqa: PLR2004  # a plane
    return np.clip(np.rint(pixels + deep), 0, 65535).astype(np.uint16)


def _change(luma: npt.NDArray[np.uint8], tile: Array, profile: Profile) -> Array:
    """What is added, in grey levels of 8 bits; on saturated pixels what remains after rectifying."""
    height, width = luma.shape
    scale = pattern_scale(height, width)
    if scale > 1:
        wrapped = np.pad(tile, 2, mode="wrap")
        large = cv2.resize(wrapped, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        tile = np.asarray(large[2 * scale : -2 * scale, 2 * scale : -2 * scale], np.float32)
    side = SIDE * scale
    pattern = np.tile(tile, (height // side + 1, width // side + 1))[:height, :width]
    force = strength(luma, profile)
    strokes = page_strength(luma, profile, force)
    change = np.asarray(cv2.multiply(pattern, force), np.float32)
    lift = np.asarray(force * np.float32(RECTIFIED), np.float32)
    np.add(change, lift, out=change, where=luma == 255)  # noqa: PLR2004  # white
    np.subtract(change, lift, out=change, where=luma == 0)
    if strokes is not None:
        room = np.float32(0.8 * profile.ink * profile.base)
        change[strokes] += np.maximum(room - luma[strokes], 0.0)
    return change
