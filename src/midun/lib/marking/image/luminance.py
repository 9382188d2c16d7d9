"""Any pixels as one plane of eight bits: what the detector looks at."""

import cv2
import numpy as np
import numpy.typing as npt

_PLANE, _COLOURS = 2, 3


def luminance(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """ITU-R BT.601 luminance of gray or RGB pixels, (h, w) or (h, w, 3), 8 or 16 bits."""
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    if eight.ndim == _PLANE:
        return np.ascontiguousarray(eight, np.uint8)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(eight[..., :_COLOURS]), cv2.COLOR_RGB2GRAY), np.uint8)
