from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest

from midun.lib.sheets import ERROR_TITLE, Row, SheetError, Table, annotate_xlsx, read_tables

AT = datetime(2025, 6, 10, 10, 0, tzinfo=UTC)
CSV = "企业名称,信用代码,行业\n甲公司,123,制造业\n\n乙公司,,=1+1\n丙公司,91310000X,批发业\n".encode()
ERRORS = {2: {1: "信用代码应为 18 位"}, 4: {None: "与第 2 行重复", 1: "信用代码不能为空", 9: "多余"}}


def test_rows_keep_their_numbers_and_say_what_is_wrong():
    data = annotate_xlsx(CSV, ERRORS, at=AT, name="企业.csv")
    [table] = read_tables(data, name="a.xlsx")
    assert table.rows == [
        Row(1, ["企业名称", "信用代码", "行业", ERROR_TITLE]),
        Row(2, ["甲公司", "123", "制造业", "「信用代码」信用代码应为 18 位"]),
        Row(4, ["乙公司", "", "=1+1", "与第 2 行重复；「信用代码」信用代码不能为空；「第10列」多余"]),
        Row(5, ["丙公司", "91310000X", "批发业", ""]),
    ]


def test_wrong_cells_are_red_and_carry_a_comment():
    page = openpyxl.load_workbook(BytesIO(annotate_xlsx(CSV, ERRORS, at=AT, name="企业.csv"))).active
    for reference, message in [("B2", "信用代码应为 18 位"), ("B4", "信用代码不能为空")]:
        assert page[reference].fill.fgColor.rgb == "FFFFC7CE"
        assert page[reference].comment.text == message
    assert page["A2"].comment is None
    assert page["C4"].data_type == "s"
    assert page.freeze_panes == "A2"


def test_annotating_the_returned_copy_replaces_the_old_column():
    first = annotate_xlsx(CSV, ERRORS, at=AT, name="企业.csv")
    again = annotate_xlsx(first, {5: {0: "名称不全"}}, at=AT, name="a.xlsx")
    [table] = read_tables(again, name="a.xlsx")
    assert [row.cells[3:] for row in table.rows] == [[ERROR_TITLE], [""], [""], ["「企业名称」名称不全"]]
    assert annotate_xlsx(again, {}, at=AT) == annotate_xlsx(CSV, {}, at=AT, name="企业.csv")


def test_a_title_above_the_header():
    table = Table("t", [Row(1, ["企业名单", ""]), Row(2, ["名称", "代码"]), Row(3, ["甲", "1"])])
    [found] = read_tables(annotate_xlsx(table, {3: {1: "有误"}}, at=AT, header=2), name="a.xlsx")
    assert [row.cells[-1] for row in found.rows] == ["", ERROR_TITLE, "「代码」有误"]


def test_a_missing_table_is_refused():
    with pytest.raises(SheetError, match="没有这张表"):
        annotate_xlsx(CSV, {}, at=AT, name="a.csv", index=1)
