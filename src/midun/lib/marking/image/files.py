"""Image files as pixels: opened within limits, brought to gray or RGB, and the one plane a detector looks at."""

import io
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.luminance import luminance

MAX_PIXELS = 110_000_000
_MODES = {"L": "L", "RGB": "RGB", "RGBA": "RGBA", "LA": "LA", "1": "L", "I;16": "I;16"}


def opened(data: bytes) -> Image.Image:
    """An image, its header read.

    Raises:
        Refused: BROKEN, ANIMATED, TOO_BIG, FORMAT (colours that are neither gray nor RGB).

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(Reason.BROKEN, "图像无法读取，可能已损坏。") from error
    if getattr(image, "n_frames", 1) > 1:
        raise Refused(Reason.ANIMATED, "动画或多页图像不能加密标，请逐页另存后再试。")
    if image.width * image.height > MAX_PIXELS:
        raise Refused(Reason.TOO_BIG, "图像超过 1.1 亿像素，请缩小后再试。")
    return image


def loaded(image: Image.Image) -> Image.Image:
    """The same with its pixels read: gray or RGB of 8 bits, with alpha or not, or gray of 16 bits.

    Raises:
        Refused: BROKEN, FORMAT.

    """
    try:
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused(Reason.BROKEN, "图像无法读取，可能已损坏。") from error
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode not in _MODES:
        raise Refused(Reason.FORMAT, f"不支持 {image.mode} 颜色的图像，请另存为灰度或 RGB 后再试。")
    return image if image.mode == _MODES[image.mode] else image.convert(_MODES[image.mode])


def gray(data: bytes) -> npt.NDArray[np.uint8]:
    """What a detector looks at: one plane of 8 bits, transparency over white.

    Raises:
        Refused: as `opened`.

    """
    image = loaded(opened(data))
    if image.mode == "I;16":
        return luminance(np.asarray(image, np.uint16))
    if image.mode in {"LA", "RGBA"}:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        image = paper
    return luminance(np.asarray(image.convert("L" if image.mode == "L" else "RGB"), np.uint8))
