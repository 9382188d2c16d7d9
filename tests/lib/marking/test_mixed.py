"""Several copies in one image: every id is named, with its place, and none that is not there."""

import cv2
import numpy as np
import pytest

from midun.lib.marking.image.detector import MOST_IDS, detect_all
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.tile import carrier_of, tile_of
from midun.lib.marking.image.trial import MOST_DECODES, Budget, Trial
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.trace import trace
from tests.lib.marking import pictures

KEY = MarkKey(bytes(range(32)), 3)
FIRST, SECOND, THIRD = (bytes([n]) * 8 for n in (1, 2, 3))


@pytest.fixture(scope="module", params=["page", "photo"])
def copies(request):
    original = pictures.page(900, 800) if request.param == "page" else pictures.photo(800, 900)
    return [embed(original, tile_of(one, KEY)) for one in (FIRST, SECOND, THIRD)]


def found(pixels):
    return {one.copy_id: one.regions for one in detect_all(pictures.gray(np.ascontiguousarray(pixels)), KEY)}


def overlap(regions, truth):
    """Intersection over union of the cells of a map with a truth of pixels."""
    rows, columns = regions.mask.shape
    truth = cv2.resize(truth.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
    return (regions.mask & truth).sum() / (regions.mask | truth).sum()


def test_one_copy_is_one_copy_and_is_everywhere(copies):
    seen = found(copies[0])
    assert set(seen) == {FIRST}
    assert seen[FIRST].share > 0.95
    left, top, right, bottom = seen[FIRST].boxes[0]
    height, width = copies[0].shape[:2]
    assert (left, top) <= (16, 16)
    assert right >= width - 16
    assert bottom >= height - 16


def test_two_halves(copies):
    height, width = copies[0].shape[:2]
    mixed = copies[0].copy()
    mixed[:, width // 2 :] = copies[1][:, width // 2 :]
    seen = found(mixed)
    assert set(seen) == {FIRST, SECOND}
    right = np.zeros((height, width), bool)
    right[:, width // 2 :] = True
    assert overlap(seen[SECOND], right) > 0.8
    assert overlap(seen[FIRST], ~right) > 0.8


def test_a_patch_of_another_copy(copies):
    mixed = copies[0].copy()
    truth = np.zeros(mixed.shape[:2], bool)
    truth[100:420, 300:620] = True
    mixed[truth] = copies[1][truth]
    seen = found(mixed)
    assert set(seen) == {FIRST, SECOND}
    assert overlap(seen[SECOND], truth) > 0.5


def test_copies_laid_over_each_other(copies):
    mean = np.mean(copies[:3], axis=0).round().astype(np.uint8)
    assert set(found(mean)) == {FIRST, SECOND, THIRD}


def test_another_scale_beside(copies):
    small = pictures.scaled(copies[1], 0.7)[:400]
    width = copies[0].shape[1]
    beside = np.pad(small, ((0, 0), (0, width - small.shape[1]), (0, 0)), constant_values=255)
    assert set(found(np.vstack([copies[0][:500], beside]))) == {FIRST, SECOND}


def test_the_frame_of_a_screenshot_is_not_part_of_it():
    marked = embed(pictures.photo(), tile_of(FIRST, KEY))
    height, width = marked.shape[:2]
    shown = np.full((height + 300, width + 500, 3), 236, np.uint8)
    shown[100 : 100 + height, 300 : 300 + width] = marked
    truth = np.zeros(shown.shape[:2], bool)
    truth[100 : 100 + height, 300 : 300 + width] = True
    assert overlap(found(pictures.jpeg(shown, 70))[FIRST], truth) > 0.85


def test_trace_names_all_with_their_boxes(copies):
    mixed = copies[0].copy()
    mixed[450:] = copies[1][450:]
    named = trace(cv2.imencode(".png", mixed[..., ::-1])[1].tobytes(), ".png", [KEY], {})
    assert {one.copy_id for one in named} == {FIRST, SECOND}
    assert all(one.regions and "的面积" in one.place and one.log10_error < -10 for one in named)


def test_nothing_mixed_in_an_unmarked_image():
    assert detect_all(pictures.gray(pictures.photo(300, 300)), KEY) == []


def test_the_limit_of_words_holds_for_all_ids_together():
    trial = Trial(np.zeros((8, 8), np.float32), KEY, carrier_of(KEY), Budget(MOST_DECODES - 1))
    assert MOST_IDS < MOST_DECODES
    soft = np.ones(672, np.float32)
    trial.word(soft)
    assert trial.budget.words == MOST_DECODES
    assert trial.word(soft) is None
    assert trial.budget.words == MOST_DECODES
