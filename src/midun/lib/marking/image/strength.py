"""How strong the mark may be at each place: a just-noticeable-difference model.

Two effects are used (Chou & Li 1995, "A perceptually tuned subband image coder based on the measure of just-noticeable
distortion profile"): texture hides noise (the local deviation, eroded so that the edge of a stroke does not raise the
strength of the flat paper beside it), and very dark and very bright luminances hide more than middle ones. Strokes of
ink on a light page hide a multiple. All maps are computed at a quarter of the resolution: they are smooth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
_QUARTER = 4


@dataclass(frozen=True)
class Profile:
    """A named strength. `base`: grey levels on middle grey without texture; `ink`: factor on strokes of a page."""

    name: str
    base: float
    ink: float = 3.0


FAINT = Profile("faint", 0.95)
NORMAL = Profile("normal", 1.2)
STRONG = Profile("strong", 1.7)
PROFILES = {profile.name: profile for profile in (FAINT, NORMAL, STRONG)}

GATHERED, PATCHES = 0.9, 144
TEXTURE, TEXTURE_MOST, SATURATED = 0.2, 5.0, 0.2
PAPER, PAPER_SHARE, INK_BELOW, EDGE_BELOW, EDGE = 250, 0.25, 70, 226, 3.5


def is_page(luma: npt.NDArray[np.uint8]) -> bool:
    """Whether much of the image is white paper."""
    return float(np.count_nonzero(luma >= PAPER)) > PAPER_SHARE * luma.size


def strength(luma: npt.NDArray[np.uint8], profile: Profile) -> Array:
    """Strength in grey levels per unit of the tile; shape and scale of `luma`."""
    height, width = luma.shape
    small = (max(1, width // _QUARTER), max(1, height // _QUARTER))
    half = (max(1, width // 2), max(1, height // 2))
    y = luma.astype(np.float32)
    detail = cv2.subtract(y, cv2.blur(y, (7, 7)))
    power = cv2.resize(cv2.multiply(detail, detail), half, interpolation=cv2.INTER_AREA)
    if not is_page(luma):
        power = cv2.blur(power, (5, 5))
    least = cv2.erode(power, np.ones((9, 9), np.uint8))
    deviation = cv2.blur(np.sqrt(np.maximum(cv2.resize(least, small, interpolation=cv2.INTER_AREA), 0.0)), (5, 5))
    found = profile.base * np.clip(1.0 + TEXTURE * deviation, 1.0, TEXTURE_MOST)
    middle = cv2.resize(cv2.inRange(luma, np.array(8), np.array(247)), small, interpolation=cv2.INTER_AREA)
    extreme = cv2.blur(1.0 - middle.astype(np.float32) / 255.0, (3, 3))
    found = cv2.GaussianBlur(found, (0, 0), 1.2) * (1.0 + extreme * (SATURATED + _gathered(small)))
    return np.asarray(cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _gathered(size: tuple[int, int]) -> Array:
    """A chequer of soft patches.

    On empty paper the power is gathered, because coarse JPEG keeps what is strong and drops what is weak.
    """
    across, down = (np.cos(np.arange(length) * (2 * np.pi * _QUARTER / PATCHES)) for length in size)
    return np.asarray(GATHERED * np.tanh(3.0 * down[:, None] * across), np.float32)


def page_strength(luma: npt.NDArray[np.uint8], profile: Profile, force: Array) -> npt.NDArray[np.bool_] | None:
    """Raise `force` on the strokes of a light page and on their soft edges.

    They outlive what burns the paper out. Gives where dark strokes stand; nothing when the image is no page.
    """
    if not is_page(luma):
        return None
    light = cv2.blur(cv2.threshold(luma, 90, 1, cv2.THRESH_BINARY)[1].astype(np.float32), (25, 25)) > 0.5  # noqa: PLR2004  # paper around
    strokes = np.asarray(light & (luma < INK_BELOW))
    np.maximum(force, EDGE * profile.base, out=force, where=light & (luma < EDGE_BELOW))
    np.maximum(force, profile.ink * profile.base, out=force, where=strokes)
    return strokes
