"""The format of a form (docs/formats/statistics-form.md): canonical, digested, refused when it is something else."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.statistics.body import FORMAT, BadBody, Below, Body, Finding, Numbers, digest_of, parse
from midun.kernel.statistics.cells import fill, newest_snapshot
from tests.kernel.statistics.factories import accepted, adjusted, fresh, frozen, hand_in, tree_of

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "formats" / "statistics-form.md"
VECTORS = Path(__file__).resolve().parent / "vectors"


def vector(name="form.json"):
    return (VECTORS / name).read_text(encoding="utf-8")


def test_the_vector_of_the_document_is_read_and_digested():
    document = DOCUMENT.read_text(encoding="utf-8")
    shown = re.search(r"```json\n(.*?)\n```", document, re.DOTALL)[1]
    assert json.loads(shown) == json.loads(vector())
    assert digest_of(vector()) in document
    body = parse(vector())
    assert body.numbers == {
        "visits": Numbers(10, 12, 0, "两家未登记"),
        "questionnaires": Numbers(30, 35, 5, ""),
    }
    assert body.below == [
        Below("东区市场监管局", "questionnaires", 5, "街道另发", True),
        Below("东区市场监管局", "visits", 2, "两家未登记", False),
    ]
    assert body.findings == [Finding("visits-give-advice", "soft", "有走访但没有收集意见建议，请核实", "")]
    assert body.counted_at == datetime(2025, 7, 3, 1, 30, tzinfo=UTC)
    assert (body.missing_units, body.missing_reason) == (["西区市场监督管理局"], "西区因机构调整延后报送")


def test_every_key_of_the_vector_is_explained():
    document = DOCUMENT.read_text(encoding="utf-8")
    data = json.loads(vector())
    keys = {*data, *data["cells"][0], *data["below"][0], *data["checks"][0], *data["missing"]}
    assert {key for key in keys if f"`{key}`" not in document} == set()


def test_a_later_stage_has_the_same_numbers_and_names_the_one_before():
    body = parse(vector())
    later = body.at_stage("accepted", at=datetime(2025, 7, 4, tzinfo=UTC), previous=digest_of(vector()))
    assert later.numbers == body.numbers
    assert later.counted_at == body.counted_at
    assert later.data["previous"] == digest_of(vector())
    assert later.data["taken_at"] == "2025-07-04T00:00:00.000000Z"


def test_what_the_next_level_carries_up():
    assert parse(vector()).deltas() == [
        ("visits", 2, "两家未登记"),
        ("questionnaires", 5, "东区市场监管局 +5：街道另发"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace(FORMAT, "midun-form/9"),
        lambda t: t.replace('"cells":', '"cell":'),
        lambda t: t.replace(":", ": ", 1),
        lambda t: json.dumps(json.loads(t), ensure_ascii=True, sort_keys=True, separators=(",", ":")),
        lambda t: json.dumps(dict(reversed(json.loads(t).items())), ensure_ascii=False, separators=(",", ":")),
        lambda t: t[:-1],
        lambda _: "[]",
        lambda _: "null",
        lambda _: "",
    ],
)
def test_it_rejects_what_is_not_canonical(change):
    with pytest.raises(BadBody):
        parse(change(vector()))


@given(st.text(), st.integers(0, 10**12), st.integers(0, 10**12))
def test_any_text_and_number_come_back(words, computed, reported):
    data = json.loads(vector())
    data["cells"][0] |= {"reason": words, "computed": computed, "reported": reported}
    text = Body(data).text
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # half of a surrogate pair cannot come out of a database
    assert parse(text).numbers["visits"] == Numbers(computed, reported, 0, words)
    assert parse(text).text == text


def test_snapshots_are_chained_from_stage_to_stage(cast, at):
    summary, (own, east, west, corps) = tree_of(cast)
    adjusted(cast, east, "visits", 3, "三家未登记", at)
    hand_in(cast, east, at)
    from midun.kernel.statistics.services import steps

    now = fresh(east)
    steps.accept(now, version=now.version, actor=cast.actor("city_officer"), at=at)
    first, second = east.snapshots.order_by("pk")
    assert (first.stage, second.stage) == ("submitted", "accepted")
    for snapshot in (first, second):
        assert digest_of(snapshot.body) == snapshot.digest
        assert parse(snapshot.body).data["stage"] == snapshot.stage
    assert parse(second.body).data["previous"] == first.digest
    assert parse(second.body).numbers == parse(first.body).numbers
    assert fresh(east).digest == second.digest
    for form in (own, west, corps):
        accepted(cast, form, at)
    adjusted(cast, summary, "visits", 3, "同上", at)
    body = parse(newest_snapshot(frozen(cast, summary, at)).body)
    assert body.numbers == {c.line.figure: c.now for c in fill(fresh(summary)).cells} | {
        "visits": Numbers(0, 3, 0, "同上")
    }
