"""What happens to a leaked copy: 41 ways, each the same for the same picture.

Printing, scanning and photographing are simulated.
"""

import hashlib
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Random = np.random.Generator


def _sure(values: npt.NDArray[np.float32]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    code = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1])


def scale(pixels: Pixels, factor: float) -> Pixels:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way)


def and_back(pixels: Pixels, factor: float) -> Pixels:
    return cv2.resize(scale(pixels, factor), pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def crop(pixels: Pixels, share: float, random: Random) -> Pixels:
    height, width = pixels.shape[:2]
    h, w = int(height * share**0.5), int(width * share**0.5)
    y, x = int(random.integers(0, height - h + 1)), int(random.integers(0, width - w + 1))
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


def rotate(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def noise(pixels: Pixels, sigma: float, random: Random) -> Pixels:
    return _sure(pixels + random.normal(0, sigma, pixels.shape).astype(np.float32))


def palette(pixels: Pixels, colours: int) -> Pixels:
    from PIL import Image  # noqa: PLC0415  # the only attack that needs it

    image = Image.fromarray(pixels).quantize(colours, dither=Image.Dither.NONE)
    return np.array(image.convert("RGB"))


def logo(pixels: Pixels, share: float) -> Pixels:
    found = pixels.copy()
    height, width = pixels.shape[:2]
    h, w = int(height * share**0.5), int(width * share**0.5)
    y, x = (height - h) // 2, (width - w) // 2
    found[y : y + h, x : x + w] = (200, 30, 40)
    return found


def screenshot(pixels: Pixels, random: Random) -> Pixels:
    """Shown reduced in a window with bars around."""
    shown = scale(pixels, float(random.uniform(0.6, 1.0)))
    height, width = shown.shape[:2]
    frame = np.full((height + 150, width + 120, 3), 236, np.uint8)
    frame[:40] = (40, 44, 52)
    frame[-50:] = (28, 30, 36)
    y, x = 50 + int(random.integers(0, 40)), 20 + int(random.integers(0, 80))
    frame[y : y + height, x : x + width] = shown
    return jpeg(frame, 90)


def chat(pixels: Pixels, random: Random) -> Pixels:
    """As chat programs send pictures: reduced and compressed."""
    return jpeg(scale(pixels, float(random.uniform(0.6, 0.85))), 65)


def _light(shape: tuple[int, ...], random: Random, depth: float) -> npt.NDArray[np.float32]:
    height, width = shape[:2]
    corners = random.uniform(1 - depth, 1, (2, 2)).astype(np.float32)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]


def print_scan(pixels: Pixels, random: Random) -> Pixels:
    """Simulated: slightly turned, soft, grainy, flatter, unevenly lit, compressed."""
    found = rotate(scale(pixels, float(random.uniform(0.9, 1.15))), float(random.uniform(-1.2, 1.2)))
    soft = cv2.GaussianBlur(found, (0, 0), 0.9).astype(np.float32)
    soft = 255 * (soft / 255) ** float(random.uniform(0.9, 1.15)) * 0.9 + 12
    return jpeg(noise(_sure(soft * _light(found.shape, random, 0.05)), 3, random), 75)


def photograph(pixels: Pixels, random: Random) -> Pixels:
    """Simulated: perspective, uneven light, out of focus, grain, compression."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    by = 0.06 * min(height, width)
    seen = (corners * float(random.uniform(0.85, 1.1)) + random.uniform(-by, by, (4, 2)) + by + 20).astype(np.float32)
    size = tuple(int(v) + 30 for v in seen.max(0))
    view = cv2.getPerspectiveTransform(corners, seen)
    drawn = cv2.warpPerspective(pixels, view, size, flags=cv2.INTER_AREA, borderValue=(96, 84, 70))
    soft = cv2.GaussianBlur(drawn, (0, 0), 1.0).astype(np.float32) * _light(drawn.shape, random, 0.3)
    return jpeg(noise(_sure(soft * 0.9 + 10), 4, random), 80)


def _levels(pixels: Pixels, factor: float, shift: float) -> Pixels:
    return _sure((pixels.astype(np.float32) - 128) * factor + 128 + shift)


def _gray(pixels: Pixels) -> Pixels:
    return cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


ATTACKS: dict[str, tuple[str, Callable[[Pixels, Random], Pixels]]] = {
    "none": ("clean", lambda a, _: a),
    **{f"jpeg{q}": ("jpeg" if q > 30 else "jpeg30", lambda a, _, q=q: jpeg(a, q)) for q in (90, 70, 50, 30)},
    **{f"scale{s:g}": ("resize", lambda a, _, s=s: scale(a, s)) for s in (0.5, 0.75, 2)},
    **{f"scale{s:g}-back": ("resize-back", lambda a, _, s=s: and_back(a, s)) for s in (0.5, 0.75, 2)},
    **{f"crop{p}": ("crop", lambda a, r, p=p: crop(a, p / 100, r)) for p in (10, 25, 50, 75)},
    **{f"rotate{d}": ("rotate", lambda a, _, d=d: rotate(a, d)) for d in (1, 2, 5)},
    "rotate90": ("rotate", lambda a, _: np.ascontiguousarray(np.rot90(a))),
    "mirror": ("rotate", lambda a, _: np.ascontiguousarray(a[:, ::-1])),
    "invert": ("rotate", lambda a, _: 255 - a),
    "bright+20": ("tone", lambda a, _: _levels(a, 1, 20)),
    "bright-20": ("tone", lambda a, _: _levels(a, 1, -20)),
    "contrast0.7": ("tone", lambda a, _: _levels(a, 0.7, 0)),
    "contrast1.3": ("tone", lambda a, _: _levels(a, 1.3, 0)),
    "gamma1.5": ("tone", lambda a, _: _sure(255 * (a.astype(np.float32) / 255) ** 1.5)),
    "noise5": ("noise", lambda a, r: noise(a, 5, r)),
    "noise10": ("noise", lambda a, r: noise(a, 10, r)),
    "blur1": ("blur", lambda a, _: cv2.GaussianBlur(a, (0, 0), 1)),
    "blur2": ("blur", lambda a, _: cv2.GaussianBlur(a, (0, 0), 2)),
    "median3": ("blur", lambda a, _: cv2.medianBlur(a, 3)),
    "gray": ("overlay", lambda a, _: _gray(a)),
    "logo10": ("overlay", lambda a, _: logo(a, 0.1)),
    "palette256": ("overlay", lambda a, _: palette(a, 256)),
    "palette32": ("overlay", lambda a, _: palette(a, 32)),
    "screenshot": ("screenshot", screenshot),
    "chat": ("screenshot", chat),
    "crop50+scale+jpeg": ("combined", lambda a, r: jpeg(scale(crop(a, 0.5, r), 0.75), 70)),
    "rotate2+crop25+jpeg": ("combined", lambda a, r: jpeg(crop(rotate(a, 2), 0.25, r), 70)),
    "print-scan": ("print-scan", print_scan),
    "photograph": ("photograph", photograph),
}


def attack(name: str, pixels: Pixels, picture: str) -> Pixels:
    """Do it, with randomness fixed by the names of attack and picture."""
    seed = int.from_bytes(hashlib.sha256(f"{name}/{picture}".encode()).digest()[:8], "big")
    return ATTACKS[name][1](pixels, np.random.default_rng(seed))
