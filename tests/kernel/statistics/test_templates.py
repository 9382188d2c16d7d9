"""Forms as content: read, checked, versioned, and equal to the notice's own table."""

import csv
from pathlib import Path

import pytest
from django.conf import settings

from midun.kernel.statistics.startup_checks import forms_make_sense
from midun.kernel.statistics.templates import BadTemplate, load_forms, parse, template
from tests.kernel.statistics.factories import TEMPLATE

SMALL = """
id: small
version: 1
source: 某文
title: 活动开展情况统计表
lines:
  - {number: "1", label: 活动, unit: 场次, figure: pub_events}
  - {parent: "1", label: 企业, unit: 家, figure: pub_enterprises}
  - {number: "2", label: 走访, unit: 家, figure: visits}
checks:
  - {id: none, severity: soft, left: visits, op: ">", right: 0, text: 没有走访}
  - {id: order, severity: hard, left: pub_enterprises, op: "<=", right: visits, text: 企业多于走访,
     when: {left: pub_events, op: "==", right: 0}}
"""


@pytest.fixture
def content(settings, tmp_path):
    """A content folder of its own."""
    settings.MIDUN_CONTENT = tmp_path
    (tmp_path / "forms").mkdir()
    load_forms.cache_clear()
    yield tmp_path / "forms"
    load_forms.cache_clear()


def test_the_form_is_the_one_of_the_notice(shared):
    with (shared / "data" / "shanghai-2023-annex2-form.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    lines = template(TEMPLATE).lines
    assert [(line.label, line.unit) for line in lines] == [(r["具体内容"], r["计量单位"]) for r in rows]
    assert [line.item for line in lines] == [r["上级序号"] or r["序号"] for r in rows]
    assert len(lines) == 17


def test_numbers_span_the_rows_of_the_notice():
    content = template(TEMPLATE)
    assert [content.span(line) for line in content.lines] == [4, 0, 0, 0, 2, 0, 1, 1, 1, 1, 3, 0, 0, 1, 1, 2, 0]


def test_checks_are_data():
    content = parse(SMALL, where="x")
    assert [c.id for c in content.failed({"pub_events": 1, "pub_enterprises": 9, "visits": 0})] == ["none"]
    assert [c.id for c in content.failed({"pub_events": 0, "pub_enterprises": 9, "visits": 0})] == ["order", "none"]
    assert content.failed({"pub_events": 0, "pub_enterprises": 1, "visits": 1}) == []


@pytest.mark.parametrize(
    ("subject", "first"),
    [
        ("上海市“服务月”活动", "上海市“服务月”"),
        ("上海市“服务月”", "上海市“服务月”"),
        ("某活动开展情况", "某"),
        ("活动", ""),
    ],
)
def test_the_title_does_not_repeat_words(subject, first):
    assert parse(SMALL, where="x").heading(subject) == (first, "活动开展情况统计表")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("figure: visits}", "figure: visits}\n  - {number: '3', label: 再访, unit: 家, figure: visits}", "重复"),
        ("severity: soft", "severity: mild", "hard"),
        ("left: visits", "left: nothing", "不存在"),
        ('op: ">"', 'op: "~"', "不存在"),
        ("id: order", "id: none", "重复"),
        ('parent: "1"', 'parent: "7"', "parent"),
        ("version: 1", "version: eins", "有误"),
        ("label: 走访, ", "", "有误"),
        ("id: small", "id: [", "有误"),
    ],
)
def test_it_rejects_content_that_contradicts_itself(old, new, told):
    with pytest.raises(BadTemplate, match=told) as caught:
        parse(SMALL.replace(old, new), where="small.yaml")
    assert "small.yaml" in str(caught.value)


def test_an_old_version_stays_for_the_forms_opened_with_it(content):
    (content / "small-1.yaml").write_text(SMALL, encoding="utf-8")
    (content / "small.yaml").write_text(SMALL.replace("version: 1", "version: 2"), encoding="utf-8")
    assert template("small").version == 2
    assert template("small", 1).version == 1
    with pytest.raises(BadTemplate, match="第 3 版"):
        template("small", 3)
    with pytest.raises(BadTemplate, match="nothing"):
        template("nothing")


def test_two_files_of_one_version_are_refused(content):
    for name in ("a.yaml", "b.yaml"):
        (content / name).write_text(SMALL, encoding="utf-8")
    with pytest.raises(BadTemplate, match="把 version 加 1"):
        template("small")
    assert [e.id for e in forms_make_sense()] == ["midun.statistics.E001"]


def test_a_form_may_only_ask_for_figures_that_are_counted(content):
    (content / "small.yaml").write_text(
        SMALL.replace("figure: visits", "figure: walks").replace("visits", "walks"), encoding="utf-8"
    )
    assert [e.msg for e in forms_make_sense()] == ["统计表 small 第 1 版引用了没有登记的指标 walks"]


def test_every_form_of_the_content_makes_sense():
    assert forms_make_sense() == []
    assert load_forms(Path(settings.MIDUN_CONTENT) / "forms")
