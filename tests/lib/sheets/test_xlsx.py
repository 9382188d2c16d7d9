from datetime import date, datetime, time
from io import BytesIO

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from midun.lib.sheets import Limits, Row, SheetError, read_tables
from tests.lib.sheets.craft import MAIN, STRICT, text_cell, xlsx


def saved(book):
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def cells_of(data):
    return [row.cells for row in read_tables(data, name="表.xlsx")[0].rows]


def read_styled(value, code, book=""):
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="{code}"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
        "</styleSheet>"
    )
    data = f'<row r="1"><c r="A1" s="1"><v>{value}</v></c></row>'
    return read_tables(xlsx(data, book=book, extra={"xl/styles.xml": styles}), name="a.xlsx")[0]


def test_values_come_out_as_a_person_reads_them():
    book = openpyxl.Workbook()
    book.active.append(["名称", 1.0, 0.1 + 0.2, -0.0, True, False, 1e20, 1234567.25])
    book.active.append(
        [date(2023, 6, 8), datetime(2023, 6, 8, 9, 30), time(14, 5), "  前后有空格　", "a\nb", None, "x"]  # noqa: DTZ001  # cells know no time zone
    )
    assert cells_of(saved(book)) == [
        ["名称", "1", "0.3", "0", "是", "否", "100000000000000000000", "1234567.25"],
        ["2023-06-08", "2023-06-08 09:30:00", "14:05:00", "前后有空格", "a\nb", "", "x", ""],
    ]


def test_merged_cells_repeat_their_value_and_are_marked():
    book = openpyxl.Workbook()
    page = book.active
    for row in [["类别", "单位", "序号"], ["市级层面", "市局", 1], [None, None, 2], ["区级层面", "甲区局", 3]]:
        page.append(row)
    page.merge_cells("A2:A3")
    page.merge_cells("B2:B3")
    page["A6"] = "合计"
    page.merge_cells("A6:C8")
    assert read_tables(saved(book), name="a.xlsx")[0].rows == [
        Row(1, ["类别", "单位", "序号"]),
        Row(2, ["市级层面", "市局", "1"]),
        Row(3, ["市级层面", "市局", "2"], frozenset({0, 1})),
        Row(4, ["区级层面", "甲区局", "3"]),
        Row(6, ["合计", "合计", "合计"], frozenset({1, 2})),
    ]


def test_hidden_sheets_are_named_but_not_read():
    book = openpyxl.Workbook()
    book.active.title = "企业"
    book.active["A1"] = "甲"
    for name, state in [("选项", "hidden"), ("内部", "veryHidden")]:
        page = book.create_sheet(name)
        page["A1"] = "不该读到"
        page.sheet_state = state
    book.create_sheet("空表")
    book.create_sheet("第二张")["B2"] = "乙"
    tables = read_tables(saved(book), name="a.xlsx")
    assert [(table.name, table.skipped) for table in tables] == [
        ("企业", ("选项", "内部")),
        ("第二张", ("选项", "内部")),
    ]
    assert tables[1].rows == [Row(2, ["", "乙"])]


def test_errors_keep_their_text_and_become_problems():
    [table] = read_tables(xlsx('<row r="2"><c r="B2" t="e"><v>#REF!</v></c></row>'), name="a.xlsx")
    assert table.rows == [Row(2, ["", "#REF!"])]
    assert [(p.row, p.column) for p in table.problems] == [(2, 1)]
    assert "#REF!" in table.problems[0].message


def test_formulas_give_their_last_result_or_a_problem():
    data = xlsx(
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c>'
        '<c r="C1"><f>SUM(A1)</f></c><c r="D1"><f>A1</f><v></v></c></row>'
    )
    [table] = read_tables(data, name="a.xlsx")
    assert table.rows[0].cells == ["2"]
    assert [p.column for p in table.problems] == [2, 3]


def test_openpyxl_formula_without_result_is_a_problem():
    book = openpyxl.Workbook()
    book.active.append(["合计", "=SUM(B2:B9)"])
    [table] = read_tables(saved(book), name="a.xlsx")
    assert [(p.row, p.column) for p in table.problems] == [(1, 1)]


def test_credit_codes_stored_as_numbers_are_reported():
    [table] = read_tables(xlsx('<row r="1"><c r="A1"><v>913101157030101000</v></c></row>'), name="a.xlsx")
    assert table.rows[0].cells == ["913101157030101000"]
    assert "15 位" in table.problems[0].message


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("45085", "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "2023-06-08"),
        ("45085.5", "yyyy-mm-dd", "2023-06-08 12:00:00"),
        ("45085", "[$-804]m月", "2023-06-08"),
        ("0.5", "h:mm", "12:00:00"),
        ("1.25", "[h]:mm", "30:00:00"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("3", "0&quot;day&quot;", "3"),
        ("3", "#,##0\\d", "3"),
        ("0.5", "0%", "0.5"),
        ("2958465", "yyyy-mm-dd", "9999-12-31"),
        ("0.9999999", "h:mm:ss", "1900-01-01"),
    ],
)
def test_number_formats(value, code, text):
    assert read_styled(value, code).rows[0].cells == [text]


def test_impossible_dates_are_problems():
    for value in ("-1", "2958466", "1e300", "nan", "abc"):
        assert len(read_styled(value, "yyyy-mm-dd").problems) == 1, value


def test_workbooks_that_count_from_1904():
    assert read_styled("0", "yyyy-mm-dd", book='<workbookPr date1904="1"/>').rows[0].cells == ["1904-01-01"]
    assert read_styled("43623", "yyyy-mm-dd", book='<workbookPr date1904="true"/>').rows[0].cells == ["2023-06-08"]


def test_builtin_chinese_date_formats():
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="31"/></cellXfs></styleSheet>'
    data = xlsx('<row r="1"><c r="A1" s="0"><v>45085</v></c></row>', extra={"xl/styles.xml": styles})
    assert cells_of(data) == [["2023-06-08"]]


def test_rich_text_phonetics_and_escapes():
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>商业</t></r><r><t>秘密</t></r><rPh><t>shāngyè</t></rPh></si>'
        "<si><t>一_x000D__x000A_二_x0007_三_x005F_x0041_</t></si></sst>"
    )
    data = xlsx('<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>', extra={"xl/sharedStrings.xml": strings})
    assert cells_of(data) == [["商业秘密", "一\n二三_x0041_"]]


def test_the_strict_namespace_and_missing_references():
    data = xlsx("<row><c><v>1</v></c><c><v>2.50</v></c></row><row><c><v>3</v></c></row>", namespace=STRICT)
    assert cells_of(data) == [["1", "2.5"], ["3", ""]]


def test_formatting_down_to_the_last_row_costs_no_memory():
    book = openpyxl.Workbook()
    page = book.active
    page.append(["甲", "乙"])
    fill = PatternFill("solid", fgColor="FFFF00")
    for row in range(2, 3000):
        page.cell(row, 150).fill = fill
    page.cell(1_048_576, 16_384).fill = fill
    assert read_tables(saved(book), name="a.xlsx")[0].rows == [Row(1, ["甲", "乙"])]


def test_cells_in_opposite_corners_are_refused_not_allocated():
    data = xlsx(f'<row r="1">{text_cell("A1", "甲")}</row><row r="1048576">{text_cell("XFD1048576", "乙")}</row>')
    with pytest.raises(SheetError, match="超过 200 列"):
        read_tables(data, name="a.xlsx")


def test_a_far_row_alone_is_fine():
    data = xlsx(f'<row r="1">{text_cell("A1", "甲")}</row><row r="1048576">{text_cell("A1048576", "乙")}</row>')
    assert [row.number for row in read_tables(data, name="a.xlsx")[0].rows] == [1, 1_048_576]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(max_rows=9), "超过 9 行"),
        (Limits(max_columns=2), "超过 2 列"),
        (Limits(max_cell=4), "超过 4 个字"),
        (Limits(max_cells=29), "单元格太多"),
        (Limits(max_bytes=100), "文件超过"),
    ],
)
def test_limits(limits, reason):
    data = xlsx("".join(f"<row>{text_cell('A', '12345')}<c><v>1</v></c><c><v>2</v></c></row>" for _ in range(10)))
    assert len(read_tables(data, name="a.xlsx")[0].rows) == 10
    with pytest.raises(SheetError, match=reason):
        read_tables(data, name="a.xlsx", limits=limits)


def test_merges_over_the_whole_sheet_are_clipped_and_bounded():
    rows = "".join(f'<row r="{n}">{text_cell(f"A{n}", "甲")}</row>' for n in range(1, 101))
    one = '<mergeCell ref="A1:XFD1048576"/>'
    [table] = read_tables(xlsx(rows, after=f"<mergeCells>{one}</mergeCells>"), name="a.xlsx")
    assert (len(table.rows), table.width) == (100, 200)
    with pytest.raises(SheetError, match="合并"):
        read_tables(xlsx(rows, after=f"<mergeCells>{one * 1000}</mergeCells>"), name="a.xlsx")


@pytest.mark.parametrize(
    "data",
    [
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="x"/>',
        '<row><c t="s"><v>5</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        '<row><c r="ABCD1"><v>1</v></c></row>',
        "<row><c>",
    ],
)
def test_damaged_sheets_are_refused(data):
    with pytest.raises(SheetError, match="损坏"):
        read_tables(xlsx(data), name="a.xlsx")


def test_an_empty_workbook_is_refused():
    with pytest.raises(SheetError, match="没有内容"):
        read_tables(saved(openpyxl.Workbook()), name="a.xlsx")


def test_formatted_emptiness_is_skipped_without_losing_what_lies_between_and_after():
    empty = "".join(
        f'<row r="{n}" s="3" customFormat="1"><c r="A{n}" s="1"/><c r="B{n}" s="12" /></row>' for n in range(2, 20_000)
    )
    blank = '<row r="20000" ht="14"/>'
    last = f'<row r="20001"><c r="A20001" s="1"/>{text_cell("B20001", "乙")}</row>'
    data = xlsx(
        f'<row r="1">{text_cell("A1", "甲")}</row>{empty}{blank}{last}',
        after='<mergeCells><mergeCell ref="B20001:C20001"/></mergeCells>',
    )
    [table] = read_tables(data, name="a.xlsx")
    assert table.rows == [Row(1, ["甲", "", ""]), Row(20_001, ["", "乙", "乙"], frozenset({2}))]
