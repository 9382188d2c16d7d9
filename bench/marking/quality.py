"""How much a picture changed: PSNR and SSIM (Wang et al. 2004, Gaussian window of 11, σ = 1.5, on luminance)."""

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def psnr(before: Pixels, after: Pixels) -> float:
    """Over all channels, in dB; capped at 99."""
    return min(99.0, float(cv2.PSNR(before, after)))


def ssim(before: Pixels, after: Pixels) -> float:
    """Mean structural similarity."""
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in (before, after))

    def mean(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return cv2.GaussianBlur(x, (11, 11), 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())
