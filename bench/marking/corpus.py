"""The pictures: fixed, regenerable, in two splits that share neither photograph nor seed.

Photographs come from the wheels of scikit-image and scikit-learn (in the peers' environment, see peers.py); pages,
drawings and screens are drawn from seeds with the Noto CJK fonts. `development` is what parameters may be tuned on,
`reporting` is what docs/benchmarks.md quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
)
PHOTOGRAPHS = {
    "development": ("astronaut.png", "chelsea.png", "motorcycle_right.png", "grass.png", "moon.png", "retina.jpg"),
    "reporting": (
        "brick.png",
        "china.jpg",
        "coffee.png",
        "flower.jpg",
        "gravel.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "motorcycle_left.png",
        "rocket.jpg",
    ),
}
SEEDS = {"development": 1, "reporting": 7001}
PAGES = ("dense", "letter", "columns", "table", "cover", "slide", "form", "mixed")
INK, GRAY = (0, 0, 0), (120, 120, 120)


@dataclass(frozen=True)
class Picture:
    """One picture of the corpus: `kind` is photo, page, drawing or screen."""

    name: str
    kind: str
    pixels: Pixels


def corpus(split: str, photographs: Path | None) -> Iterator[Picture]:
    """All pictures of a split; without photographs where their folder is absent (the caller says so)."""
    for name in PHOTOGRAPHS[split] if photographs else ():
        yield Picture(name, "photo", _photograph(photographs, name))
    seed = SEEDS[split]
    for number, style in enumerate(PAGES):
        yield Picture(f"{style}-{seed}", "page", page(style, seed + number))
    for number in range(3):
        yield Picture(f"drawing-{seed + number}", "drawing", drawing(seed + 100 + number))
        yield Picture(f"screen-{seed + number}", "screen", screen(seed + 200 + number))


def _photograph(folder: Path, name: str) -> Pixels:
    path = next(folder.rglob(name))
    with Image.open(path) as opened:
        image = opened.convert("RGB")
        if max(image.size) > 1100:
            image.thumbnail((1100, 1100), Image.Resampling.LANCZOS)
        return np.array(image)


def _text(random: np.random.Generator, count: int) -> str:
    """Characters of GB 2312 level 1, with stops."""
    rows, cells = random.integers(0xB0, 0xD7, count), random.integers(0xA1, 0xFE, count)
    letters = [bytes([int(r), int(c)]).decode("gb2312", "ignore") or "中" for r, c in zip(rows, cells, strict=True)]
    for place in range(int(random.integers(8, 16)), count, 17):
        letters[place] = "，。；、"[int(random.integers(4))]
    return "".join(letters)


def _font(size: int, kind: int = 0) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS[kind % 2], size)


def _lines(draw: ImageDraw.ImageDraw, random: np.random.Generator, box: tuple[int, int, int, int], size: int) -> None:
    left, top, right, bottom = box
    font, fit = _font(size, int(random.integers(2))), max(1, (right - left) // size)
    for y in range(top, bottom - size, int(size * 1.6)):
        count = fit if random.random() > 0.2 else int(random.integers(1, fit + 1))
        draw.text((left, y), _text(random, count), font=font, fill=INK)


def page(style: str, seed: int) -> Pixels:
    """A page of A4 at 110 dots per inch (a slide: 16:9)."""
    random = np.random.default_rng(seed)
    width, height = (1280, 720) if style == "slide" else (909, 1286)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    if style == "dense":
        _lines(draw, random, (80, 90, 830, 1200), 15)
    elif style == "letter":
        draw.text((300, 100), _text(random, 10), font=_font(28), fill=INK)
        _lines(draw, random, (110, 200, 800, 640), 18)
    elif style == "columns":
        _lines(draw, random, (70, 100, 440, 1200), 14)
        _lines(draw, random, (470, 100, 840, 1200), 14)
    elif style in ("table", "form"):
        _grid(draw, random, rows=28 if style == "table" else 14)
    elif style == "cover":
        draw.text((150, 380), _text(random, 12), font=_font(48, 1), fill=INK)
        draw.text((330, 900), _text(random, 9), font=_font(24), fill=INK)
        draw.rectangle((80, 80, 829, 1206), outline=GRAY, width=2)
    elif style == "slide":
        draw.rectangle((0, 0, width, 90), fill=(28, 74, 140))
        draw.text((40, 22), _text(random, 14), font=_font(38), fill="white")
        for row in range(6):
            draw.text((80, 150 + 85 * row), "· " + _text(random, 24), font=_font(28), fill=(40, 40, 40))
    else:
        _lines(draw, random, (90, 100, 820, 520), 16)
        image.paste(Image.fromarray(clouds(random, 420, 720)), (95, 560))
        _lines(draw, random, (90, 1010, 820, 1200), 16)
    return np.array(image)


def _grid(draw: ImageDraw.ImageDraw, random: np.random.Generator, rows: int) -> None:
    top, bottom = 140, 1180
    draw.text((280, 80), _text(random, 12), font=_font(26), fill=INK)
    edges = [80, 180, 400, 560, 700, 830]
    for row in range(rows + 1):
        y = top + (bottom - top) * row // rows
        draw.line((edges[0], y, edges[-1], y), fill=INK)
        if row < rows:
            for left in edges[:-1]:
                if random.random() < 0.8:
                    draw.text((left + 8, y + 8), _text(random, int(random.integers(2, 6))), font=_font(14), fill=INK)
    for x in edges:
        draw.line((x, top, x, bottom), fill=INK)


def clouds(random: np.random.Generator, height: int, width: int) -> Pixels:
    """A smooth coloured texture, for pictures inside pages."""
    base = np.zeros((height, width, 3), np.float32)
    for side, strength in ((3, 45), (9, 25), (40, 12)):
        noise = np.clip(random.normal(128, strength, (side, side, 3)), 0, 255).astype(np.uint8)
        base += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC), np.float32) - 128
    return np.clip(base + 128, 0, 255).astype(np.uint8)


def drawing(seed: int) -> Pixels:
    """A line drawing with circles, hatching and dimensions."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (1200, 850), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 1179, 829), outline=INK, width=3)
    for _ in range(14):
        x, y, r = (int(v) for v in random.integers((80, 80, 15), (1100, 700, 110)))
        draw.ellipse((x - r, y - r, x + r, y + r), outline=INK, width=int(random.integers(1, 4)))
        draw.line((x - r - 15, y, x + r + 15, y), fill=GRAY)
        draw.line((x, y - r - 15, x, y + r + 15), fill=GRAY)
    for _ in range(9):
        x, y, w, h = (int(v) for v in random.integers((60, 60, 60, 40), (950, 650, 220, 160)))
        draw.rectangle((x, y, x + w, y + h), outline=INK, width=2)
        for shift in range(0, w, 9):
            draw.line((x + shift, y, max(x, x + shift - h), min(y + h, y + shift)), fill=GRAY)
        draw.text(
            (x, y + h + 4), f"{int(random.integers(5, 900))}.{int(random.integers(10))} ±0.05", font=_font(13), fill=INK
        )
    draw.rectangle((840, 730, 1179, 829), outline=INK, width=2)
    draw.text((860, 750), _text(random, 10), font=_font(20), fill=INK)
    return np.array(image)


def screen(seed: int) -> Pixels:
    """A program's window with menu, list and chart."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (1280, 800), (245, 246, 250))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 48), fill=(24, 42, 78))
    draw.text((24, 10), _text(random, 10), font=_font(20), fill="white")
    draw.rectangle((0, 48, 200, 800), fill=(36, 58, 98))
    for row in range(11):
        draw.text((24, 70 + 42 * row), _text(random, 6), font=_font(15), fill=(210, 218, 235))
    draw.rectangle((220, 70, 860, 780), fill="white", outline=(220, 224, 232))
    for row in range(18):
        draw.text((236, 84 + 38 * row), _text(random, 32), font=_font(14), fill=(60, 60, 70))
        draw.line((220, 112 + 38 * row, 860, 112 + 38 * row), fill=(232, 235, 240))
    draw.rectangle((880, 70, 1260, 400), fill="white", outline=(220, 224, 232))
    for bar in range(9):
        high = int(random.integers(40, 270))
        draw.rectangle((900 + 38 * bar, 380 - high, 926 + 38 * bar, 380), fill=(52, 120, 220))
    image.paste(Image.fromarray(clouds(random, 350, 380)), (880, 420))
    return np.array(image)
