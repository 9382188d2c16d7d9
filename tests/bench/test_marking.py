"""A small slice of the marking benchmark: the corpus is fixed, every attack works, the figures are right."""

import hashlib

import numpy as np
import pytest

from bench.marking.attacks import ATTACKS, attack
from bench.marking.corpus import PHOTOGRAPHS, SEEDS, Picture, corpus, page
from bench.marking.false_ids import false_ids
from bench.marking.measure import run
from bench.marking.memory import large
from bench.marking.quality import psnr, ssim
from bench.marking.report import KEY, false_table, large_table, tables
from bench.marking.systems import Ours
from tests.lib.marking import pictures

QUICK = ("none", "jpeg30", "scale0.5", "crop25", "rotate5", "invert", "chat", "print-scan", "photograph")


def test_the_splits_share_nothing():
    assert not set(PHOTOGRAPHS["development"]) & set(PHOTOGRAPHS["reporting"])
    assert abs(SEEDS["development"] - SEEDS["reporting"]) > 1000


def test_the_corpus_is_the_same_every_time():
    assert (page("form", 3) == page("form", 3)).all()
    assert {p.kind for p in corpus("development", None)} == {"page", "drawing", "screen"}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_the_same_every_time(name):
    small = pictures.photo(120, 160)
    first, again = attack(name, small, "x"), attack(name, small, "x")
    assert first.dtype == np.uint8
    assert hashlib.sha256(first.tobytes()).digest() == hashlib.sha256(again.tobytes()).digest()


def test_a_slice_of_the_promise():
    """One page through nine ways: everything is read, nothing is invented, and it can hardly be seen."""
    shown = [Picture("letter", "page", page("letter", 42)[:900])]
    result = run(Ours(KEY), shown, QUICK)
    assert result.share() == (len(QUICK), len(QUICK)), [c.attack for c in result.cases if not c.exact]
    assert result.false == 0
    assert result.quality["page"][0][0] > 41
    assert result.quality["page"][0][1] > 0.985
    assert len(tables([result], "")) == 2


def test_quality_of_the_same_picture_is_perfect():
    shown = pictures.photo(64, 64)
    assert psnr(shown, shown) == 99.0
    assert ssim(shown, shown) == pytest.approx(1.0)
    assert ssim(shown, 255 - shown) < 0.5


def test_wrong_keys_are_counted():
    trial = false_ids([Picture("letter", "page", page("letter", 42)[:500])], KEY, 0.01)
    assert (trial.given, trial.passed) == (0, 0)
    assert trial.checks >= 1000
    assert trial.eight < 20
    assert 0 <= trial.most_words <= 40
    assert "1,000" in false_table(trial).markdown()


def test_a_larger_image_is_measured():
    row = large((900,))[0]
    assert row.right
    assert row.megapixels == pytest.approx(0.81)
    assert "| 是 |" in large_table([row]).markdown()
