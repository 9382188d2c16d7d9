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
    ink: float = 2.0


FAINT = Profile("faint", 1.0)
NORMAL = Profile("normal", 1.22)
STRONG = Profile("strong", 1.7)
PROFILES = {profile.name: profile for profile in (FAINT, NORMAL, STRONG)}

TEXTURE, TEXTURE_MOST, SATURATED = 0.16, 4.0, 0.6
PAPER, PAPER_SHARE, INK_BELOW = 250, 0.25, 70


def strength(luma: npt.NDArray[np.uint8], profile: Profile) -> Array:
    """Strength in grey levels per unit of the tile; shape and scale of `luma`."""
    height, width = luma.shape
    small = (max(1, width // _QUARTER), max(1, height // _QUARTER))
    y = luma.astype(np.float32)
    detail = cv2.subtract(y, cv2.blur(y, (7, 7)))
    power = cv2.resize(cv2.multiply(detail, detail), small, interpolation=cv2.INTER_AREA)
    deviation = cv2.sqrt(cv2.blur(power, (3, 3)))
    deviation = cv2.blur(cv2.erode(deviation, np.ones((5, 5), np.uint8)), (5, 5))
    found = profile.base * np.clip(1.0 + TEXTURE * deviation, 1.0, TEXTURE_MOST)
    extreme = cv2.inRange(luma, np.array(8), np.array(247))
    share = 1.0 - cv2.resize(extreme, small, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    found = cv2.GaussianBlur(found, (0, 0), 1.2) * (1.0 + SATURATED * cv2.blur(share, (3, 3)))
    return np.asarray(cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def ink(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_] | None:
    """Where dark strokes stand on a light page; nothing when the image is no page."""
    if float((luma >= PAPER).mean()) <= PAPER_SHARE:
        return None
    light = cv2.blur((luma > 90).astype(np.float32), (25, 25)) > 0.5  # noqa: PLR2004  # paper around, stroke here
    return np.asarray(light & (luma < INK_BELOW))
