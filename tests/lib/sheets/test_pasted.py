import csv

import pytest

from midun.lib.sheets import Row, SheetError, Table, fill_down, read_tables, read_text, unwrap
from tests.conftest import SHARED

NOTICE = SHARED / "seeds" / "shanghai-2023-service-month-notice.txt"
ANNEX = SHARED / "data" / "shanghai-2023-annex1-activities.csv"
FORM = SHARED / "data" / "shanghai-2023-annex2-form.csv"


def cells_of(text):
    [table] = read_text(text)
    return [row.cells for row in table.rows]


def expected(path):
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def activities(table):
    filled = fill_down(table, (0, 1))
    return [
        {"类别": unwrap(kind), "单位": unwrap(unit), "序号": number, "活动安排": text}
        for kind, unit, number, text in (row.cells for row in filled.rows[1:])
    ]


@pytest.mark.skipif(not NOTICE.exists(), reason="the real notice is not beside this checkout")
def test_the_real_notice_pasted_whole():
    annex, form = read_text(NOTICE.read_text(encoding="utf-8"))
    assert annex.name.startswith("附件1 ")
    assert form.name.startswith("附件2 ")
    assert len(activities(annex)) == 62
    assert activities(annex) == expected(ANNEX)
    assert [row.cells[1] for row in form.rows[1:]] == [line["具体内容"] for line in expected(FORM)]


@pytest.mark.skipif(not NOTICE.exists(), reason="the real notice is not beside this checkout")
def test_the_real_annex_alone_with_windows_line_ends_and_as_a_file():
    text = NOTICE.read_text(encoding="utf-8")
    annex = text[text.index("\t类别") : text.index("附件2\n\n")]
    [pasted] = read_text(annex.replace("\n", "\r\n"))
    assert activities(pasted) == expected(ANNEX)
    [uploaded] = read_tables(annex.encode("gb18030"), name="附件.txt")
    assert uploaded.rows == pasted.rows


def test_cells_on_their_own_lines():
    text = (
        "附件3\n\n安排表\n\t类别\n\t单\n\n位\n\t序号\n\n\t市级\n\n层面\n\t甲\n区局\n\t1\n\n\t\n\t\n\t2\n\n第二段\n\n"
        "\t\n\t乙局\n\t3\n\n\n以上请遵照执行。\n"
    )
    [table] = read_text(text)
    assert table.name == "附件3 安排表"
    assert [row.cells for row in table.rows] == [
        ["类别", "单\n位", "序号"],
        ["市级\n层面", "甲\n区局", "1"],
        ["", "", "2\n第二段"],
        ["", "乙局", "3"],
    ]


def test_a_following_annex_is_never_swallowed():
    text = "\ta\n\tb\n\n\t1\n\t2\n\n附件2\n\n\tc\n\td\n\n\t3\n\t4\n"
    assert [(t.name, len(t.rows)) for t in read_text(text)] == [("表1", 2), ("附件2", 2)]


def test_from_excel_with_breaks_and_quotes():
    assert cells_of('名称\t说明\r\n甲\t"一""1""\n二"\r\n\t只有右边\r\n') == [
        ["名称", "说明"],
        ["甲", '一"1"\n二'],
        ["", "只有右边"],
    ]


def test_a_lonely_quotation_mark_is_text():
    assert cells_of('名称\t备注\n"甲\t1\n乙\t2\n') == [["名称", "备注"], ['"甲', "1"], ["乙", "2"]]


def test_vertical_bars_also_in_full_width():
    assert cells_of("| 名称 | 数量 |\n|---|:--:|\n| 甲 |  |\n｜乙｜2｜") == [["名称", "数量"], ["甲", ""], ["乙", "2"]]


def test_wide_gaps():
    text = "序号  单位　　　名称\n\n1   甲区局　座谈 会\n----------\n2  乙区局  培训"
    [table] = read_text(text)
    assert table.rows == [
        Row(1, ["序号", "单位", "名称"]),
        Row(3, ["1", "甲区局", "座谈 会"]),
        Row(5, ["2", "乙区局", "培训"]),
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\t\n\t\n", "----\n|||"])
def test_nothing_is_refused(text):
    with pytest.raises(SheetError, match="没有找到表格"):
        read_text(text)


def test_too_much_is_refused():
    with pytest.raises(SheetError, match="太多"):
        read_text("甲\t乙\n" * 6_000_000)


def test_unwrap_joins_chinese_without_and_words_with_a_space():
    assert unwrap("市市场\n\n监管局") == "市市场监管局"
    assert unwrap("Trade\nSecret 商\n业") == "Trade Secret 商业"
    assert unwrap("") == ""


def test_fill_down_stops_where_the_outer_group_changes():
    rows = [["市级", "市局"], ["", ""], ["区级", ""], ["", "甲局"], ["区级", ""], ["", ""]]
    table = Table("t", [Row(n, cells) for n, cells in enumerate(rows, start=1)])
    filled = fill_down(table, (0, 1))
    assert [row.cells for row in filled.rows] == [
        ["市级", "市局"],
        ["市级", "市局"],
        ["区级", ""],
        ["区级", "甲局"],
        ["区级", "甲局"],
        ["区级", "甲局"],
    ]
    assert [sorted(row.merged) for row in filled.rows] == [[], [0, 1], [], [0], [1], [0, 1]]
    assert table.rows[1].cells == ["", ""]
