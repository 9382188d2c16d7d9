"""The image mark from end to end: what it survives, what it never says."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from midun.lib.marking.errors import Refused
from midun.lib.marking.image.detector import detect
from midun.lib.marking.image.embedder import embed, pattern_scale
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.keys import MarkKey
from tests.lib.marking import pictures

KEY, COPY = MarkKey(bytes(range(32)), 3), bytes(range(1, 9))
VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture(scope="module")
def marked():
    tile = tile_of(COPY, KEY)
    return {"page": embed(pictures.page(), tile), "photo": embed(pictures.photo(), tile)}


def found(pixels, key=KEY):
    seen = detect(pictures.gray(np.ascontiguousarray(pixels)), key)
    return seen and seen.copy_id


ATTACKS = {
    "none": lambda a: a,
    "jpeg30": lambda a: pictures.jpeg(a, 30),
    "half": lambda a: pictures.scaled(a, 0.5),
    "double": lambda a: pictures.scaled(a, 2),
    "quarter": lambda a: pictures.cropped(a, 0.25),
    "turned 3": lambda a: pictures.rotated(a, 3),
    "turned 90": np.rot90,
    "mirrored": lambda a: a[:, ::-1],
    "inverted": lambda a: 255 - a,
    "leaning": pictures.leaning,
    "leaning far": lambda a: pictures.leaning(a, 0.11),
    "stretched": lambda a: cv2.resize(pictures.rotated(a, 3), (1000, 760), interpolation=cv2.INTER_AREA),
    "combined": lambda a: pictures.jpeg(pictures.cropped(pictures.scaled(pictures.rotated(a, 2), 0.75), 0.5), 70),
}


@pytest.mark.parametrize("kind", ["page", "photo"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_it_survives(marked, kind, attack):
    assert found(ATTACKS[attack](marked[kind])) == COPY


def test_a_wrong_key_finds_nothing(marked):
    assert found(marked["photo"], MarkKey(bytes(32), 3)) is None
    assert found(marked["photo"], MarkKey(bytes(range(32)), 4)) is None


def test_an_unmarked_image_gives_nothing():
    assert found(pictures.page(400, 400)) is None
    assert found(pictures.photo(400, 400)) is None
    assert found(np.full((400, 400), 255, np.uint8)) is None


def test_it_says_where_and_how_sure(marked):
    seen = detect(pictures.gray(np.ascontiguousarray(marked["photo"][:, ::-1])), KEY)
    assert seen.mirrored
    assert not seen.inverted
    assert seen.log10_error < -10
    assert seen.score > 12


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("planes", [2, 3])
def test_gray_and_sixteen_bits(dtype, planes):
    pixels = pictures.photo() if planes == 3 else pictures.gray(pictures.photo())
    if dtype == np.uint16:
        pixels = pixels.astype(np.uint16) * 257
    before = pixels.copy()
    out = embed(pixels, tile_of(COPY, KEY))
    assert out.shape == pixels.shape
    assert out.dtype == dtype
    assert (pixels == before).all()
    assert found(out if dtype == np.uint8 else (out >> 8).astype(np.uint8)) == COPY


def test_it_rejects_what_is_too_small():
    with pytest.raises(Refused):
        embed(np.zeros((199, 400), np.uint8), tile_of(COPY, KEY))


def test_it_is_hardly_visible(marked):
    for kind, least in (("page", 38.0), ("photo", 41.5)):
        original = pictures.page() if kind == "page" else pictures.photo()
        assert cv2.PSNR(original, marked[kind]) > least, kind


def test_large_images_have_a_larger_tile():
    assert [pattern_scale(*shape) for shape in ((1000, 1000), (4000, 4000), (10000, 10000))] == [1, 1, 4]


def test_a_mark_of_version_1_is_read_for_ever():
    golden = cv2.imread(str(VECTORS / "mark-v1.png"), cv2.IMREAD_GRAYSCALE)
    assert found(golden) == COPY
    tile = cv2.imread(str(VECTORS / "tile-v1.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32)
    assert np.abs(tile - 128 - tile_of(COPY, KEY) * 32).max() <= 0.51


def test_detection_ends():
    """A detector that searches for ever on noise would stop a desk: bounded by words and hypotheses."""
    noise = np.random.default_rng(1).integers(0, 256, (300, 300), dtype=np.uint8)
    begin = time.process_time()
    assert found(noise) is None
    assert time.process_time() - begin < 30
