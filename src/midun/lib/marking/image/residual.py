"""What is left of an image when the picture is taken away: the input of every correlation.

Text strokes are ten to a hundred times stronger than the mark. A redescending weight (Hampel 1974: a robust
M-estimator that forgets outliers) with a robust local scale makes a dense page as good as an empty one; dividing by a
power of the local scale is the locally optimal detector for noise of varying strength (Poor 1994, §III.E).
"""

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Gray = npt.NDArray[np.uint8]

_MEDIAN, _QUARTER, _WINDOW = 15, 4, (7, 7)
_ROUNDS, _WINSOR, _CUT, _FLOOR = 3, 2.2, 3.0, 1.0
_NEAR = 14.0


def residual(gray: Gray, *, on_ink: bool = False) -> Array:
    """Weighted residual of `gray`, same shape.

    With `on_ink` strokes are measured against the ink around them: that reads what is left when the paper was burnt
    out to white.
    """
    detail = np.asarray(cv2.subtract(gray, _paper(gray), dtype=cv2.CV_32F), np.float32)
    if on_ink:
        detail = _against_ink(gray, detail)
    height, width = gray.shape
    small = (max(1, width // _QUARTER), max(1, height // _QUARTER))
    size = cv2.absdiff(detail, np.zeros(1))
    scale = cv2.blur(cv2.resize(cv2.min(size, 40.0), small, interpolation=cv2.INTER_AREA), _WINDOW)  # type: ignore[call-overload]  # a scalar is allowed
    for _ in range(_ROUNDS):
        limit = cv2.resize(_WINSOR * scale + 0.5, (width, height), interpolation=cv2.INTER_LINEAR)
        scale = cv2.blur(cv2.resize(cv2.min(size, limit), small, interpolation=cv2.INTER_AREA), _WINDOW)
    scale = scale + _FLOOR
    excess = cv2.resize(1.0 / np.maximum(_CUT * scale, 4.0), (width, height), interpolation=cv2.INTER_LINEAR)
    np.multiply(size, excess, out=excess)
    del size, limit  # planes of floats are large: no more of them than needed at once
    excess -= 1.0
    np.maximum(excess, 0.0, out=excess)
    excess *= excess
    excess *= -2.0
    weight = cv2.exp(excess, excess)
    kept = cv2.multiply(detail, weight)
    mean = cv2.blur(cv2.resize(kept, small, interpolation=cv2.INTER_AREA), _WINDOW)
    mean = mean / (cv2.blur(cv2.resize(weight, small, interpolation=cv2.INTER_AREA), _WINDOW) + 0.05)
    detail -= cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR, dst=kept)
    detail *= weight
    detail *= cv2.resize(1.0 / (scale * np.sqrt(scale)), (width, height), interpolation=cv2.INTER_LINEAR, dst=kept)
    return detail


def _paper(gray: Gray) -> Gray:
    """The median around each pixel, at half the resolution: it is smooth."""
    height, width = gray.shape
    half = cv2.resize(gray, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    middle = cv2.medianBlur(half, _MEDIAN)
    return np.asarray(cv2.resize(middle, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _against_ink(gray: Gray, detail: Array) -> Array:
    """The residual inside strokes, against the ink level; saturated pixels tell nothing."""
    paper_is_light = float(np.median(gray)) > 127  # noqa: PLR2004  # half of the range
    kernel = np.ones((25, 25), np.uint8)
    level = cv2.blur(cv2.erode(gray, kernel) if paper_is_light else cv2.dilate(gray, kernel), (25, 25))
    inside = np.asarray(cv2.subtract(gray, level, dtype=cv2.CV_32F), np.float32)
    near = np.abs(inside) < _NEAR
    count = cv2.blur(near.astype(np.float32), (25, 25)) + 1e-3
    inside = inside - cv2.blur(np.where(near, inside, 0).astype(np.float32), (25, 25)) / count
    saturated = (gray >= 254) | (gray <= 1)  # noqa: PLR2004  # nothing to measure
    strokes = near & ~saturated & (np.abs(detail) > 20)  # noqa: PLR2004  # far from the paper
    return np.asarray(np.where(strokes, inside, np.where(saturated, 0, detail)), np.float32)


def edges(gray: Gray) -> Array:
    """The residual of an image whose paper and ink are both burnt out: the soft edges between, against their mean."""
    inside = (gray >= 4) & (gray <= 251)  # noqa: PLR2004  # neither burnt out
    seen = inside.astype(np.float32)
    level = cv2.blur(gray * seen, (25, 25)) / (cv2.blur(seen, (25, 25)) + 1e-3)
    return np.asarray((gray - level) * seen / 60.0, np.float32)
