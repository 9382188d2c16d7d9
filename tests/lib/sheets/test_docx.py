from io import BytesIO

import docx as python_docx
import pytest

from midun.lib.sheets import Limits, Row, SheetError, read_tables
from tests.lib.sheets.craft import docx


def saved(document):
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def table_of(document, rows):
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for line, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(line.cells, values, strict=True):
            cell.text = value
    return table


def paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def table(*rows):
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def test_all_tables_named_by_the_paragraph_before():
    document = python_docx.Document()
    document.add_paragraph("附件1 活动安排")
    document.add_paragraph("")
    table_of(document, [["序号", "活动"], ["1", "座谈会\n第二段"]])
    document.add_paragraph("附件2 统计表")
    table_of(document, [["序号", "数据"], ["1", ""]])
    table_of(document, [["无标题", "x"]])
    tables = read_tables(saved(document), name="通知.docx")
    assert [(t.name, [row.cells for row in t.rows]) for t in tables] == [
        ("附件1 活动安排", [["序号", "活动"], ["1", "座谈会\n第二段"]]),
        ("附件2 统计表", [["序号", "数据"], ["1", ""]]),
        ("表3", [["无标题", "x"]]),
    ]


def test_merges_in_both_directions():
    document = python_docx.Document()
    made = table_of(
        document, [["类别", "单位", "序号"], ["市级", "市局", "1"], ["", "", "2"], ["", "", "3"], ["合计", "", "6"]]
    )
    made.cell(1, 0).merge(made.cell(3, 0))
    made.cell(1, 1).merge(made.cell(2, 1))
    made.cell(4, 0).merge(made.cell(4, 1))
    assert read_tables(saved(document), name="a.docx")[0].rows == [
        Row(1, ["类别", "单位", "序号"]),
        Row(2, ["市级", "市局", "1"]),
        Row(3, ["市级", "市局", "2"], frozenset({0, 1})),
        Row(4, ["市级", "", "3"], frozenset({0})),
        Row(5, ["合计", "合计", "6"], frozenset({1})),
    ]


def test_a_block_merge_covers_every_column():
    data = docx(
        table(
            cell("甲", '<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>') + cell("1"),
            cell("藏起来的", '<w:gridSpan w:val="2"/><w:vMerge/>') + cell("2"),
        )
    )
    assert read_tables(data, name="a.docx")[0].rows == [
        Row(1, ["甲", "甲", "1"], frozenset({1})),
        Row(2, ["甲", "甲", "2"], frozenset({0, 1})),
    ]


def test_rows_that_begin_late():
    late = '<w:trPr><w:gridBefore w:val="1"/></w:trPr>'
    assert [
        row.cells for row in read_tables(docx(table(cell("a") + cell("b"), late + cell("c"))), name="a.docx")[0].rows
    ] == [
        ["a", "b"],
        ["", "c"],
    ]


def test_tracked_changes_count_as_accepted():
    body = table(
        cell("留下"),
        "<w:trPr><w:del/></w:trPr>" + cell("删掉的行"),
        "<w:tc><w:p><w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins><w:r><w:t>新</w:t></w:r></w:ins></w:p></w:tc>",
    )
    assert [row.cells for row in read_tables(docx(body), name="a.docx")[0].rows] == [["留下"], ["新"]]


def test_inner_tables_stand_on_their_own_and_text_boxes_are_left_out():
    box = "<w:r><w:txbxContent>" + paragraph("框里的字") + "</w:txbxContent></w:r>"
    body = paragraph("外表") + table(
        f"<w:tc><w:p><w:r><w:t>外</w:t></w:r>{box}</w:p>{table(cell('内'))}<w:p/></w:tc>" + cell("右")
    )
    tables = read_tables(docx(body), name="a.docx")
    assert [(t.name, t.rows[0].cells) for t in tables] == [("外表", ["外", "右"]), ("外表（内嵌表）", ["内"])]


def test_breaks_tabs_and_hyphens_in_a_run():
    body = table(
        '<w:tc><w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>一</w:t><w:tab/><w:t>二</w:t><w:br/>'
        "<w:t>三</w:t><w:noBreakHyphen/><w:t>四</w:t></w:r></w:p></w:tc>"
    )
    assert read_tables(docx(body), name="a.docx")[0].rows[0].cells == ["一 二\n三-四"]


def test_automatic_numbers_are_a_problem():
    numbered = "<w:tc><w:p><w:pPr><w:numPr/></w:pPr></w:p></w:tc>"
    [found] = read_tables(docx(table(numbered + cell("活动"))), name="a.docx")
    assert [(p.row, p.column) for p in found.problems] == [(1, 0)]


def test_a_document_without_tables_is_refused():
    document = python_docx.Document()
    document.add_paragraph("只有正文")
    with pytest.raises(SheetError, match="没有找到有内容的表格"):
        read_tables(saved(document), name="a.docx")


@pytest.mark.parametrize("properties", ['<w:gridSpan w:val="999999999"/>', '<w:gridSpan w:val="-3"/>'])
def test_absurd_spans_are_refused(properties):
    with pytest.raises(SheetError, match="列"):
        read_tables(docx(table(cell("x", properties))), name="a.docx")


def test_too_many_rows_are_refused():
    with pytest.raises(SheetError, match="行"):
        read_tables(docx(table(*[cell("x")] * 5)), name="a.docx", limits=Limits(max_rows=4))
