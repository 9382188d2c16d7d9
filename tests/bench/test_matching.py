"""A small fixed slice of the matching benchmark: tables and generated prose, same levels, same thresholds."""

import random

import pytest

from bench.matching import run, systems
from bench.matching.data import Item
from bench.matching.levels import TEXT, Query, bare, renamed
from bench.matching.run import Measured, calibrate, measure
from bench.matching.systems import Ours
from midun.lib.similarity.calibration import rate, threshold
from tests.lib.similarity.building import code, prose


def test_tables_are_found_at_every_level(tmp_path):
    found, absent = measure("table", "report", size=0.5, peers=[], cache=tmp_path)
    ours = found["秘盾"]
    assert absent == []
    assert ours.macro >= 0.98
    assert len(ours.recall) == 7


def test_prose_is_found_at_every_level():
    items = [Item(f"p{n}", prose(n)) for n in range(12)]
    unrelated = [prose(n) for n in range(100, 160)]
    host, queries = "\n".join(unrelated[:20]), {}
    for name, level in TEXT.items():
        pick = random.Random(name)  # noqa: S311  # no secret
        made = [(item.name, level(item, pick, host)) for item in items]
        queries[name] = [(n, q) for n, q in made if q is not None]
    measured = Measured(items, unrelated)
    measured.run(lambda: Ours("zh"), queries)
    assert measured.macro >= 0.97
    assert measured.precision >= 0.97
    assert all(score < threshold("text") for score in measured.null)


def test_renamed_code_is_found():
    items = [Item(f"c{n}", code(n, 20)) for n in range(10)]
    pick = random.Random(1)  # noqa: S311  # no secret
    queries = {"改名": [(item.name, Query(renamed(bare(item.text), pick))) for item in items]}
    measured = Measured(items, [prose(1)])
    measured.run(lambda: Ours("code"), queries)
    assert measured.macro == 1.0


def test_spans_are_counted_once_per_character():
    assert run._spans([(0, 10), (5, 20)], (8, 30)) == (12, 20, 22)


def test_a_missing_peer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(systems, "FOLDER", tmp_path / "nowhere")
    _, absent = measure("table", "report", size=0.1, peers=["copydetect", "dolos"], cache=tmp_path)
    assert absent == ["copydetect"]  # Dolos reads only code, so it is not missing here


def test_calibration_states_what_was_measured(tmp_path):
    found, _ = measure("table", "report", size=0.1, peers=[], cache=tmp_path)
    calibrate({"table report": found}, tmp_path / "c.json")
    assert (tmp_path / "c.json").exists()


@pytest.mark.parametrize("family", ["text", "code", "table"])
def test_the_shipped_calibration_keeps_the_promise(family):
    """At the threshold at most 0.1 % of unrelated queries, and a rate that falls with the score."""
    at = rate(family, threshold(family))
    assert at.trials >= 1000
    assert at.hits / at.trials <= 0.001
    assert rate(family, threshold(family) + 50).upper <= at.upper
    assert "无关材料" in at.sentence()
