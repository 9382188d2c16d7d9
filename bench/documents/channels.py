"""What happens to a page shown at 110 dpi, beside the attacks on pictures: scanner applications."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from bench.marking.attacks import attack

Gray = npt.NDArray[np.uint8]
FROM_PICTURES = ("jpeg30", "jpeg50", "chat", "crop25", "rotate2+crop25+jpeg", "bright+20", "contrast1.3", "print-scan")
"""Of the attacks on pictures those that pages meet most."""


def enhanced(page: Gray) -> Gray:
    """A scanner application's clean-up: divided by the background, stretched, clipped to white."""
    shown = page.astype(np.float32)
    paper = cv2.GaussianBlur(cv2.dilate(page, np.ones((15, 15), np.uint8)), (0, 0), 15).astype(np.float32)
    return (np.clip((shown / np.maximum(paper, 1) - 0.25) / 0.6, 0, 1) * 255).astype(np.uint8)


def binarised(page: Gray) -> Gray:
    """Black and white only, by the mean of the neighbourhood."""
    black = cv2.adaptiveThreshold(page, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, 12)
    return black.astype(np.uint8)


def _of_pictures(name: str) -> Callable[[Gray, str], Gray]:
    def act(page: Gray, seed: str) -> Gray:
        hurt = attack(name, cv2.cvtColor(page, cv2.COLOR_GRAY2RGB).astype(np.uint8), seed)
        return cv2.cvtColor(hurt, cv2.COLOR_RGB2GRAY).astype(np.uint8)

    return act


CHANNELS: dict[str, Callable[[Gray, str], Gray]] = {
    **{name: _of_pictures(name) for name in FROM_PICTURES},
    "扫描软件“增强”": lambda page, _: enhanced(page),
    "二值化": lambda page, _: binarised(page),
}
