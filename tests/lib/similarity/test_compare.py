"""Comparison point by point: shares, forms, order, rows, functions, names; and the report that shows it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

import midun.kernel
from midun.lib.similarity import report
from midun.lib.similarity.compare import compare, points_of
from midun.lib.similarity.points import BadPoints, parse_points
from midun.lib.similarity.report.facts import facts
from midun.lib.similarity.report.html import to_html
from midun.lib.similarity.report.pdf import to_pdf
from tests.lib.similarity.building import code, customers, document, prose

AT = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
FONTS = Path(midun.kernel.__file__).parent / "documents" / "fonts"


def only(a, b, name="a.txt", other=None):
    (finding,) = compare(points_of([document(a, name)]), [document(b, other or "b" + name)])
    return finding


def test_the_same_text_is_wholly_verbatim():
    finding = only(prose(1), prose(1))
    assert (finding.covered, finding.verbatim, finding.reordered, finding.uncovered) == (1, 1, 0, [])
    assert finding.above


def test_unrelated_text_of_the_same_field_is_nothing():
    for seed in range(2, 12):
        assert not only(prose(1), prose(seed)).above


def test_an_excerpt_in_a_large_host_is_found_where_it_is():
    a = prose(1)
    excerpt = a[1000:1300]
    b = prose(50, 400) + excerpt + prose(51, 400)
    finding = only(a, b)
    assert finding.above
    best = max(finding.aligned, key=lambda x: x.a[1] - x.a[0])
    assert abs(best.a[0] - 1000) < 12
    assert abs(best.a[1] - 1300) < 12
    assert abs(best.b[0] - b.index(excerpt)) < 12


def test_moved_and_changed_passages_are_named():
    lines = prose(1, 30).split("\n")
    b = "\n".join([*lines[15:], *(line.replace("随后", "接着") for line in lines[:15])])
    finding = only("\n".join(lines), b)
    assert finding.covered > 0.9
    assert 0.3 < finding.reordered < 0.7
    assert {x.form for x in finding.aligned} == {"verbatim", "adapted"} or finding.adapted > 0.3


def test_points_are_judged_apart():
    points = parse_points(f"## 工艺\n{prose(1, 6)}\n## 配方\n{prose(2, 6)}\n".encode())
    one, two = compare(points, [document(prose(70) + prose(1, 6), "b.txt")])
    assert (one.above, two.above) == (True, False)
    assert one.covered > 0.98
    assert two.covered < 0.2


def test_conceded_public_content_counts_for_nothing():
    shared = prose(1, 6)
    raw = {"format": "midun-points/1", "points": [{"id": "1", "title": "工艺", "content": shared, "public": [shared]}]}
    (finding,) = compare(parse_points(json.dumps(raw).encode()), [document(prose(70) + shared, "b.txt")])
    assert not finding.above
    assert finding.public == pytest.approx(finding.covered)


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", b'{"format": "x"}', b'{"format": "midun-points/1", "points": []}', b"no heading", b"[1]",
     b'{"format": "midun-points/1", "points": [{"content": "x", "kind": "code"}]}',
     b'{"format": "midun-points/1", "points": [{"content": 5}]}'],
)  # fmt: skip
def test_malformed_points_get_a_sentence(bad):
    with pytest.raises(BadPoints):
        parse_points(bad)


def test_renamed_reordered_code_without_comments():
    text = code(1)
    functions = text.split("\n\n\n")
    moved = "\n\n\n".join(reversed(functions))
    renamed = re.sub(r'    """.*"""\n', "", re.sub(r"\b([a-z]+)_([a-z]+)\b", r"x\2\1", moved))
    renamed = re.sub(r"step_1_(\d+)", r"do\1", renamed)
    finding = only(text, renamed, "a.py", "b.py")
    assert finding.family == "code"
    assert finding.covered > 0.9
    assert ("feed_rate", "xratefeed") in [(a, b) for a, b, _ in finding.renames]
    assert ("step_1_3", "do3") in [(a, b) for a, b, _ in finding.functions]
    unrelated = Path(report.__file__).with_name("pdf.py").read_text(encoding="utf-8")
    assert not only(text, unrelated, "a.py", "b.py").above


def test_table_resorted_reformatted_and_with_a_typo():
    rows = [line.split(",") for line in customers(1, 60).split("\n")[1:]]
    theirs = []
    for n, (name, person, telephone, day, amount) in enumerate(reversed(rows)):
        year, month, date = day.split("-")
        theirs.append(
            f'+86 {telephone[:3]}-{telephone[3:7]}-{telephone[7:]},"{float(amount):,.2f}",{person[0]} {person[1:]},'
            f"{year}年{int(month)}月{int(date)}日,{name + '（误）' if n == 5 else name}"
        )
    finding = only(customers(1, 60), "\n".join(theirs), "a.csv", "b.csv")
    assert finding.covered >= 60 / 61
    assert [(a, b) for a, b, _ in finding.columns] == [(0, 4), (1, 2), (2, 0), (3, 3), (4, 1)]
    changed = [row for row in finding.rows if row.changed]
    assert [(row.b, row.changed[0][0]) for row in changed] == [(5, 0)]
    assert not only(customers(1), customers(2), "a.csv", "b.csv").above


def made(at=AT):
    ours = [document(prose(1, 12), "甲.txt"), document(customers(1, 20), "甲.csv"), document(code(1, 3), "甲.py")]
    theirs = [
        document(prose(9) + prose(1, 4), "乙.txt"),
        document(customers(1, 20), "乙.csv"),
        document(code(1, 3), "乙.py"),
    ]
    return facts(compare(points_of(ours), theirs), ours, theirs, at=at, command="midun compare 甲 乙")


def test_the_report_is_reproducible_and_complete():
    one, two = made(), made()
    assert json.dumps(one) == json.dumps(two)
    assert to_pdf(one, at=AT, fonts=FONTS) == to_pdf(two, at=AT, fonts=FONTS)
    html = to_html(one)
    for expected in (
        "实质相同",
        "SHA-256",
        "SM3",
        "未覆盖的部分",
        "逐行对照",
        "逐函数对照",
        "midun compare 甲 乙",
        "第十三条",
    ):
        assert expected in html
    assert "<script" not in html
    assert "http" not in html
    pdf = pypdfium2.PdfDocument(to_pdf(one, at=AT, fonts=FONTS))
    text = "".join(page.get_textpage().get_text_bounded() for page in pdf)
    assert "同一性比对报告" in text
    assert "误报率" in text


def test_content_never_becomes_markup():
    nasty = '#panic() <script>alert(1)</script> $x$ [*] \\ "quote" & ' * 6 + prose(1, 4)
    ours, theirs = [document(nasty, "#a<b>.txt")], [document(nasty, "b.txt")]
    stated = facts(compare(points_of(ours), theirs), ours, theirs, at=AT, command="x")
    assert "<script>" not in to_html(stated)
    assert to_pdf(stated, at=AT, fonts=FONTS).startswith(b"%PDF")
