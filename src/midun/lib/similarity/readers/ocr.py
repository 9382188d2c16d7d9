"""Text out of pictures and scanned pages, where the OCR package is installed (its model ships inside it).

The package is `rapidocr-onnxruntime` (Apache-2.0, PP-OCRv4); nothing is fetched at run time. Without it pages are
flagged, as before.
"""

import io
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image

from midun.lib.similarity.errors import Unreadable

DPI, MOST_PIXELS, MOST_PAGES = 200, 60_000_000, 500
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
READ = "的文字由 OCR 识别，可能有错字，请对照原件。"
MISSING = "没有安装文字识别（OCR），未比对；安装方法见手册“同一性比对”。"
Recognises = Callable[[Any], tuple[list[Any] | None, Any]]


@lru_cache(maxsize=1)
def engine() -> Recognises | None:
    """The engine with its model, or None where the package is not installed."""
    try:
        module = import_module("rapidocr_onnxruntime")
    except ImportError:
        return None
    made: Recognises = module.RapidOCR()
    return made


def text_of(picture: Image.Image, recognises: Recognises) -> str:
    """The lines of a picture from top to bottom. Raises `Unreadable` for pictures too large."""
    if picture.width * picture.height > MOST_PIXELS:
        raise Unreadable("图片过大，未作文字识别。")
    found, _ = recognises(np.asarray(picture.convert("RGB"))[:, :, ::-1].copy())
    return "\n".join(str(line[1]) for line in found or [])


def picture_text(data: bytes) -> str:
    """The text in a picture file. Raises `Unreadable`, also where no engine is installed."""
    recognises = engine()
    if recognises is None:
        raise Unreadable(f"图片：{MISSING}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                return text_of(picture, recognises)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Unreadable("图片已损坏或过大，未比对。") from error
