import time
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from midun.lib.sheets import Column, Row, Sheet, SheetError, read_tables, write_csv, write_xlsx

AT = datetime(2025, 6, 10, 10, 0, tzinfo=UTC)
DANGEROUS = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "'=1",
    "''=1",
    "' '=1",
    "http://example.com",
    "{=1+1}",
]


def opened(data, **options):
    return openpyxl.load_workbook(BytesIO(data), **options)


def one(columns, rows, **options):
    return write_xlsx([Sheet("表", columns, rows, **options)], at=AT)


def test_what_was_written_is_read_back():
    columns = [
        Column("名称"),
        Column("数量", kind="integer"),
        Column("比率", kind="decimal"),
        Column("日期", kind="date"),
        Column("时间", kind="datetime"),
        Column("属实"),
    ]
    rows = [
        ["甲公司", 3, Decimal("2.5"), date(2023, 6, 8), datetime(2023, 6, 8, 9, 30), True],  # noqa: DTZ001  # cells know no time zone
        [None, None, -1, date(1899, 1, 1), datetime(1900, 1, 1), False],  # noqa: DTZ001  # cells know no time zone
        ["0012", 913101157030101017, 10**15, None, None, ""],
    ]
    [table] = read_tables(one(columns, rows), name="a.xlsx")
    assert [row.cells for row in table.rows[1:]] == [
        ["甲公司", "3", "2.5", "2023-06-08", "2023-06-08 09:30:00", "是"],
        ["", "", "-1", "1899-01-01", "1900-01-01 00:00:00", "否"],
        ["0012", "913101157030101017", "1000000000000000", "", "", ""],
    ]
    assert table.problems == []


def test_text_never_runs_as_a_formula_or_link():
    page = opened(one([Column("内容", kind="decimal")], [[text] for text in DANGEROUS])).active
    assert [page.cell(row, 1).data_type for row in range(2, len(DANGEROUS) + 2)] == ["s"] * len(DANGEROUS)
    assert not page._hyperlinks


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_neutralises_and_reading_restores(text):
    data = write_csv([Column("内容"), Column("x")], [[text, "x"]])
    cell = data.decode("utf-8-sig").split("\r\n")[1].strip('"')
    assert cell[0] not in "=+-@\t\r\n ＝"
    assert read_tables(data, name="a.csv")[0].rows[1].cells == [text.strip(), "x"]


def test_csv_is_what_excel_expects():
    columns = [Column("名称"), Column("数量"), Column("日期")]
    rows = [["甲,乙", -5, date(2023, 6, 8)], ['引"号\n换行', Decimal("-0.50"), None]]
    assert write_csv(columns, rows) == (
        b"\xef\xbb\xbf" + '名称,数量,日期\r\n"甲,乙",-5,2023-06-08\r\n"引""号\n换行",-0.50,\r\n'.encode()
    )


def test_header_filter_notes_and_choices():
    columns = [Column("单位", 30, note="填全称"), Column("级别", choices=["市级", "区级"])]
    page = opened(one(columns, [["甲局", "区级"], ["乙局", "市级"]], title="活动安排")).active
    assert page["A1"].value == "活动安排"
    assert [str(area) for area in page.merged_cells.ranges] == ["A1:B1"]
    assert (page["A2"].value, page["A2"].font.bold, page["A2"].comment.text) == ("单位", True, "填全称")
    assert page.freeze_panes == "A3"
    assert page.auto_filter.ref == "A2:B4"
    [rule] = page.data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref)) == ('"市级,区级"', "B3:B10002")
    assert page.column_dimensions["A"].width == pytest.approx(30, abs=1)


@pytest.mark.parametrize("choices", [["甲,乙", "丙"], [f"很长的选项名称第{n}号" for n in range(100)]])
@pytest.mark.parametrize("constant_memory", [False, True])
def test_long_choices_live_in_a_hidden_sheet(choices, constant_memory):
    columns = [Column("类别", choices=["一", "二"]), Column("单位", choices=choices)]
    data = write_xlsx([Sheet("填报", columns, [["一", choices[0]]])], at=AT, constant_memory=constant_memory)
    book = opened(data)
    assert book["选项"].sheet_state == "hidden"
    assert [cell.value for cell in book["选项"]["A"]] == choices
    rules = {rule.formula1 for rule in book["填报"].data_validations.dataValidation}
    assert rules == {'"一,二"', f"'选项'!$A$1:$A${len(choices)}"}
    [table] = read_tables(data, name="a.xlsx")
    assert table.skipped == ("选项",)


def test_merges_keep_the_first_value_and_read_back_marked():
    rows = [["市级", "市局", 1], ["市级", "市局", 2], ["区级", "甲局", 3]]
    columns = [Column("类别"), Column("单位"), Column("序号", kind="integer")]
    data = one(columns, rows, merges=[(0, 0, 1, 0), (0, 1, 1, 1), (2, 0, 2, 1), (2, 2, 2, 2)])
    assert read_tables(data, name="a.xlsx")[0].rows[1:] == [
        Row(2, ["市级", "市局", "1"]),
        Row(3, ["市级", "市局", "2"], frozenset({0, 1})),
        Row(4, ["区级", "区级", "3"], frozenset({1})),
    ]


def test_equal_input_gives_equal_bytes_at_any_time():
    def make(**options):
        columns = [Column("名称", note="说明"), Column("数量", choices=["1"])]
        return write_xlsx([Sheet("甲", columns, [["a", 1], ["b", 2]], title="题")], at=AT, **options)

    first = make(), make(constant_memory=True)
    time.sleep(1.1)
    assert (make(), make(constant_memory=True)) == first
    created = opened(first[0]).properties.created
    assert created.replace(tzinfo=UTC) == AT


def test_sheet_names_are_made_acceptable_and_unique():
    names = ["2023/06 [草稿]", "表", "表", "表".ljust(40, "长"), "表".ljust(40, "长"), "History", "", "选项", "'引号'"]
    data = write_xlsx([Sheet(name, [Column("a")], [["b"]]) for name in names], at=AT)
    found = opened(data).sheetnames
    assert found[:3] == ["2023／06 【草稿】", "表", "表(2)"]
    assert len({name.casefold() for name in found}) == len(names)
    assert all(0 < len(name) <= 31 for name in found)


def test_wrong_calls_are_errors_of_the_caller():
    columns = [Column("a")]
    with pytest.raises(ValueError, match="at least one sheet"):
        write_xlsx([], at=AT)
    with pytest.raises(ValueError, match="columns"):
        one([], [])
    with pytest.raises(ValueError, match="2 values for 1"):
        one(columns, [["x", "y"]])
    with pytest.raises(ValueError, match="2 values for 1"):
        write_csv(columns, [["x", "y"]])
    with pytest.raises(ValueError, match="time zone"):
        one(columns, [[datetime(2025, 6, 10, tzinfo=UTC)]])
    with pytest.raises(ValueError, match="NaN"):
        one(columns, [[float("nan")]])
    with pytest.raises(ValueError, match="memory"):
        write_xlsx([Sheet("a", columns, [["x"]], merges=[(0, 0, 1, 0)])], at=AT, constant_memory=True)


def test_what_excel_cannot_hold_is_refused():
    with pytest.raises(SheetError, match="个字"):
        one([Column("a")], [["x" * 32_768]])


def test_constant_memory_writes_the_same_table():
    sheet = Sheet("大表", [Column("名称"), Column("数量", kind="integer")], [[f"企业{n}", n] for n in range(3000)])
    small, big = (write_xlsx([sheet], at=AT, constant_memory=flag) for flag in (False, True))
    assert read_tables(small, name="a.xlsx") == read_tables(big, name="a.xlsx")
