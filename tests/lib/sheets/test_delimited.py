import pytest

from midun.lib.sheets import Kind, Limits, Row, SheetError, read_tables, sniff


def rows_of(data, name="a.csv"):
    [table] = read_tables(data, name=name)
    return [row.cells for row in table.rows]


SAMPLE = '单位,姓名,说明\r\n甲区局,䶮,"一,二\r\n三"\r\n乙区局,𠮷田,\r\n'
EXPECTED = [["单位", "姓名", "说明"], ["甲区局", "䶮", "一,二\n三"], ["乙区局", "𠮷田", ""]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_every_character_set_with_rare_characters(encoding):
    assert rows_of(SAMPLE.encode(encoding)) == EXPECTED


def test_utf_16_big_endian_with_mark():
    assert rows_of(b"\xfe\xff" + SAMPLE.encode("utf-16-be")) == EXPECTED


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimiters_are_detected(delimiter):
    text = f"名称{delimiter}数量{delimiter}备注\n甲{delimiter}1{delimiter}x\n乙{delimiter}2{delimiter}y；z"
    assert rows_of(text.encode()) == [["名称", "数量", "备注"], ["甲", "1", "x"], ["乙", "2", "y；z"]]


def test_other_delimiters_inside_cells_do_not_mislead():
    rows = [["说明", "数量"], *([f"一;二;三{n}", "1"] for n in range(60))]
    assert rows_of("\n".join(",".join(row) for row in rows).encode()) == rows


def test_a_declared_delimiter_wins():
    assert rows_of(b"sep=;\r\na,b;c\r\n") == [["a,b", "c"]]


def test_one_column_needs_the_name():
    data = "企业名称\n甲公司\n乙公司\n".encode()
    assert sniff(data, "名单.csv") is Kind.CSV
    assert rows_of(data) == [["企业名称"], ["甲公司"], ["乙公司"]]
    assert sniff(data, "名单.txt") is Kind.TEXT


def test_numbers_count_records_and_empty_rows_are_left_out():
    [table] = read_tables(b'a,b\n\n,\n"x\ny",2\n', name="C:\\上传\\名单.csv")
    assert table.name == "名单"
    assert table.rows == [Row(1, ["a", "b"]), Row(4, ["x\ny", "2"])]


def test_unbalanced_quotes_are_explained():
    with pytest.raises(SheetError, match="双引号"):
        read_tables(b'a,b\n"x,1\ny,2\n', name="a.csv")


def test_quotes_inside_a_cell_are_text():
    assert rows_of(b'a,b\n"x"y,1\n') == [["a", "b"], ["xy", "1"]]


def test_limits():
    data = "甲,乙\n".encode() * 20
    with pytest.raises(SheetError, match="超过 19 行"):
        read_tables(data, name="a.csv", limits=Limits(max_rows=19))
    with pytest.raises(SheetError, match="超过 200 列"):
        read_tables(b"a," * 201, name="a.csv")
    with pytest.raises(SheetError, match=r"过长|个字"):
        read_tables(b"a," + b"x" * 200_000, name="a.csv")


@pytest.mark.parametrize("data", [b"", b" \r\n", b"\xef\xbb\xbf", b",,,\n,,,\n"])
def test_nothing_is_refused(data):
    with pytest.raises(SheetError):
        read_tables(data, name="a.csv")


def test_controls_and_direction_marks_are_removed():
    assert rows_of("a\u202eb\u200b,\ufeffc\x7f\n".encode()) == [["ab", "c"]]


def test_text_is_normalised():
    assert rows_of("e\u0301,x\n".encode()) == [["é", "x"]]
