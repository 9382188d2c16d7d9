"""Copies out of several copies: colluders are named, those who took no part are not."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from midun.config.marking_commands import main
from midun.lib.marking.collusion.accuse import LIMIT, accuse
from midun.lib.marking.collusion.code import biases, expected, word
from midun.lib.marking.image.detector import detect, detect_all
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.image.trial import Budget
from midun.lib.marking.keys import MarkKey
from tests.lib.marking import pictures

KEY = MarkKey(bytes(range(32)), 3, tracing=True)
VECTORS = Path(__file__).parent / "vectors" / "collusion.json"
LENGTH = 4096
ISSUED = [bytes([1]) + n.to_bytes(7, "big") for n in range(300)]
DECOYS = [bytes([2]) + n.to_bytes(7, "big") for n in range(2000)]

ATTACKS = {
    "mean": lambda copies: np.mean(copies, axis=0),
    "minimum": lambda copies: np.min(copies, axis=0),
    "median": lambda copies: np.median(copies, axis=0),
    "middle": lambda copies: (np.min(copies, axis=0).astype(float) + np.max(copies, axis=0)) / 2,
}


def test_vectors_of_version_1():
    held = json.loads(VECTORS.read_text())
    key = MarkKey(bytes.fromhex(held["secret"]), held["number"])
    got = biases(key, LENGTH)
    assert [int(np.searchsorted(np.unique(got), one)) for one in got[:64]] == held["biases"]
    assert [int(one) for one in word(bytes.fromhex(held["copy_id"]), key, LENGTH)[:64]] == held["symbols"]


def test_symbols_have_their_biases():
    mean = np.mean([2.0 * word(one, KEY, LENGTH) - 1 for one in DECOYS[:400]], axis=0)
    assert np.abs(mean - expected(KEY, LENGTH)).max() < 0.3
    assert abs(float((mean - expected(KEY, LENGTH)).mean())) < 0.005
    assert np.allclose(sorted(set(expected(KEY, LENGTH))), [-(0.6**0.5), 0, 0.6**0.5])


def test_a_word_does_not_depend_on_the_length_asked_for():
    assert (word(ISSUED[0], KEY, 101) == word(ISSUED[0], KEY, LENGTH)[:101]).all()


@pytest.fixture(scope="module", params=["page", "photo"])
def copies(request):
    original = pictures.page(1200, 900) if request.param == "page" else pictures.photo(900, 1200)
    return [embed(original, tile_of(one, KEY)) for one in ISSUED[:5]]


def _accused(copies, attack):
    mixed = pictures.jpeg(np.rint(ATTACKS[attack](copies)).astype(np.uint8), 70)
    budget = Budget()
    blind = {one.copy_id for one in detect_all(pictures.gray(mixed), KEY, budget)}
    return blind, accuse(budget.dimensions, ISSUED + DECOYS[:200], KEY)


@pytest.mark.parametrize(("count", "attack"), [(2, "mean"), (3, "minimum"), (4, "mean"), (5, "mean"), (5, "minimum")])
def test_colluders_are_named_and_nobody_else(copies, count, attack):
    blind, accused = _accused(copies[:count], attack)
    assert blind <= set(ISSUED[:count])
    assert accused
    assert {one.copy_id for one in accused} <= set(ISSUED[:count])
    assert all(one.log10_error <= np.log10(LIMIT) for one in accused)


def test_a_single_copy_is_read_blind_and_by_its_word():
    marked = embed(pictures.page(), tile_of(ISSUED[0], KEY))
    small = pictures.scaled(pictures.rotated(marked, 2), 0.75)
    assert detect(pictures.gray(small), replace(KEY, tracing=False)).copy_id == ISSUED[0]
    assert (pictures.page() != marked).any()


def test_copies_never_issued_are_the_null():
    """Scores of those who took no part: as wide as theory says, and never near the limit."""
    soft = np.mean([2.0 * word(one, KEY, LENGTH) - 1 for one in ISSUED[:5]], axis=0)
    soft = (soft + np.random.default_rng(1).normal(0, 1, LENGTH)).astype(np.float32)
    assert {one.copy_id for one in accuse([soft], ISSUED[:5], KEY)} <= set(ISSUED[:5])
    assert accuse([soft], DECOYS, KEY) == []
    loose = accuse([soft], DECOYS, KEY, limit=1.0)
    assert len(loose) <= 1
    mean = expected(KEY, LENGTH)
    spread = np.sqrt((soft**2 * (1 - mean**2)).sum())
    scores = [float((soft * (2.0 * word(one, KEY, LENGTH) - 1 - mean)).sum() / spread) for one in DECOYS]
    assert 0.93 < np.std(scores) < 1.07
    assert max(scores) < 5.5


def test_nothing_read_accuses_nobody():
    assert accuse([], ISSUED, KEY) == []
    assert accuse([np.zeros(LENGTH, np.float32)], ISSUED[:3], KEY) == []


def test_the_command_marks_with_it_and_trace_names_a_colluder(tmp_path, capsys):
    source, home = tmp_path / "photo.png", ["--home", str(tmp_path / "home")]
    cv2.imwrite(str(source), pictures.photo(800, 1000))
    recipients = [part for name in ("甲", "乙", "丙", "丁") for part in ("--to", name)]
    assert main(["mark", str(source), *recipients, "--collusion", "--out", str(tmp_path / "out"), *home]) == 0
    copies = [cv2.imread(str(tmp_path / "out" / name / "photo.png")) for name in ("甲", "乙", "丙")]
    cv2.imwrite(str(tmp_path / "leak.jpg"), np.mean(copies, axis=0).round().astype(np.uint8))
    capsys.readouterr()
    assert main(["trace", str(tmp_path / "leak.jpg"), "--json", *home]) == 0
    named = {one["registry"]["recipient"] for one in json.loads(capsys.readouterr().out)[0]["found"]}
    assert named
    assert named <= {"甲", "乙", "丙"}
