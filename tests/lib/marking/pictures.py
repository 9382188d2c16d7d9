"""Small pictures of each kind, made by arithmetic; and what happens to pictures."""

import cv2
import numpy as np


def page(height=900, width=700, seed=1):
    """A page of strokes like text."""
    random = np.random.default_rng(seed)
    found = np.full((height, width, 3), 255, np.uint8)
    for y in range(60, height - 60, 26):
        for x in range(50, width - 60, 18):
            for _ in range(4):
                a, b = random.integers(0, 14, 2), random.integers(0, 14, 2)
                cv2.line(
                    found, (x + int(a[0]), y + int(a[1])), (x + int(b[0]), y + int(b[1])), (20, 20, 20), 1, cv2.LINE_AA
                )
    return found


def photo(height=600, width=800, seed=1):
    """Clouds of every size."""
    random = np.random.default_rng(seed)
    y = np.zeros((height, width), np.float32)
    for side, strength in ((4, 40), (16, 20), (64, 10), (256, 5)):
        cloud = random.normal(0, strength, (side, side)).astype(np.float32)
        y += cv2.resize(cloud, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.stack([y + 120, y * 0.8 + 110, y * 0.9 + 100], 2), 0, 255).astype(np.uint8)


def gray(pixels):
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def jpeg(pixels, quality):
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_UNCHANGED)


def rotated(pixels, degrees):
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def scaled(pixels, factor):
    return cv2.resize(
        pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    )


def cropped(pixels, share):
    height, width = pixels.shape[:2]
    h, w = int(height * share**0.5), int(width * share**0.5)
    y, x = (height - h) // 3, (width - w) // 2
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


def leaning(pixels, by=0.05):
    """As photographed from the side, out of focus, recompressed; `by` tells how far, as a share of the sides."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * np.float32([width, height])
    moved = np.array([[by, 0.6 * by], [0.3 * by, 0.1 * by], [-0.5 * by, -0.3 * by], [1.6 * by, 0]], np.float32)
    seen = corners + moved * np.float32([width, height]) + np.float32([20, 10])
    view = cv2.getPerspectiveTransform(corners, seen)
    size = (int(width * (1 + by)) + 60, int(height * (1 + by)) + 40)
    drawn = cv2.warpPerspective(pixels, view, size, borderValue=(90, 80, 70))
    return jpeg(cv2.GaussianBlur(drawn, (0, 0), 0.8), 80)
