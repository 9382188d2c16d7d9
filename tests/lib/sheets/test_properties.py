import zipfile
from datetime import UTC, date, datetime, time
from io import BytesIO

import docx as python_docx
import openpyxl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from midun.lib.sheets import (
    Column,
    Sheet,
    SheetError,
    Table,
    annotate_xlsx,
    clean,
    read_tables,
    read_text,
    sniff,
    write_csv,
    write_xlsx,
)
from tests.lib.sheets.craft import packed

AT = datetime(2025, 6, 10, 10, 0, tzinfo=UTC)
SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(["a.xlsx", "a.csv", "a.docx", "a.txt", "", "../\0.csv"])
TEXTS = st.text(max_size=30) | st.text("=+-@'\"\t\r\n ,;|_x0041＝\u3000", max_size=12)
GRIDS = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=8))


def expected(titles, grid):
    rows = [[clean(cell) for cell in row] for row in [titles, *grid]]
    return [(number, row) for number, row in enumerate(rows, start=1) if any(row)]


def found(data, name):
    [table] = read_tables(data, name=name)
    return [(row.number, row.cells) for row in table.rows]


@SOME
@given(GRIDS, st.booleans())
def test_any_text_survives_a_workbook(grid, constant_memory):
    titles = [f"列{n}" for n in range(len(grid[0]) if grid else 1)]
    data = write_xlsx([Sheet("表", [Column(t) for t in titles], grid)], at=AT, constant_memory=constant_memory)
    assert found(data, "a.xlsx") == expected(titles, grid)


@MANY
@given(GRIDS)
def test_any_text_survives_csv(grid):
    titles = [f"列{n}" for n in range(len(grid[0]) if grid else 1)]
    data = write_csv([Column(t) for t in titles], grid)
    assert found(data, "a.csv") == expected(titles, grid)


@SOME
@given(GRIDS)
def test_openpyxl_and_this_reader_agree_on_text(grid):
    titles = [f"列{n}" for n in range(len(grid[0]) if grid else 1)]
    data = write_xlsx([Sheet("表", [Column(t) for t in titles], grid)], at=AT)
    page = openpyxl.load_workbook(BytesIO(data)).active
    theirs = [[clean(str(cell.value or "")) for cell in row] for row in page.iter_rows()]
    ours = {row.number: row.cells for row in read_tables(data, name="a.xlsx")[0].rows}
    assert [ours.get(number, [""] * len(titles)) for number in range(1, len(theirs) + 1)] == theirs


@SOME
@given(
    st.lists(
        st.integers(-(10**14), 10**14)
        | st.dates(date(1900, 1, 1))
        | st.datetimes(datetime(1901, 1, 1)).map(lambda moment: moment.replace(microsecond=0))  # noqa: DTZ001  # cells know no time zone
        | st.booleans(),
        min_size=1,
        max_size=20,
    )
)
def test_values_survive_a_workbook(values):
    def text(value):
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, datetime):
            return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
        return value.isoformat() if isinstance(value, date) else str(value)

    kinds = {bool: "text", int: "integer", date: "date", datetime: "datetime"}
    columns = [Column("值", kind=kinds[type(value)]) for value in values]
    [table] = read_tables(write_xlsx([Sheet("表", columns, [values])], at=AT), name="a.xlsx")
    assert table.rows[1].cells == [text(value) for value in values]


@SOME
@given(GRIDS, st.dictionaries(st.integers(1, 12), st.dictionaries(st.none() | st.integers(0, 6), TEXTS, max_size=3)))
def test_annotation_never_changes_a_cell(grid, errors):
    titles = [f"列{n}" for n in range(len(grid[0]) if grid else 1)]
    [table] = read_tables(write_csv([Column(t) for t in titles], grid), name="a.csv")
    [copy] = read_tables(annotate_xlsx(table, errors, at=AT), name="a.xlsx")
    kept = {row.number: row.cells[: table.width] for row in copy.rows}
    assert all(kept[row.number] == row.cells for row in table.rows)


def tolerant(data, name):
    """Read; whatever happens must be a table or a SheetError with a sentence."""
    try:
        sniff(data, name)
        tables = read_tables(data, name=name)
    except SheetError as error:
        assert error.message.endswith("。")
        return
    check(tables)


def check(tables: list[Table]):
    assert tables
    for table in tables:
        assert table.rows
        assert all(len(row.cells) == table.width and any(row.cells) for row in table.rows)
        numbers = [row.number for row in table.rows]
        assert numbers == sorted(set(numbers))


@MANY
@given(st.binary(max_size=400), NAMES)
def test_random_bytes_raise_nothing_else(data, name):
    tolerant(data, name)


@MANY
@given(
    st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xef\xbb\xbf"]),
    st.binary(max_size=200),
    NAMES,
)
def test_random_bytes_behind_a_known_beginning(magic, data, name):
    tolerant(magic + data, name)


@MANY
@given(st.text(max_size=200) | st.text("\t\n\r |｜\"'附件1,;甲乙 \u3000-", max_size=120))
def test_random_text_raises_nothing_else(text):
    try:
        tables = read_text(text)
    except SheetError as error:
        assert error.message.endswith("。")
        return
    check(tables)


def sample_xlsx():
    book = openpyxl.Workbook()
    page = book.active
    for row in [["类别", "日期", "数量"], ["市级", date(2023, 6, 8), 1.5], [None, True, "=1/0"]]:
        page.append(row)
    page.merge_cells("A2:A3")
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def sample_docx():
    document = python_docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).text = "类别"
    table.cell(0, 0).merge(table.cell(2, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def unpacked(data):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SAMPLES = [sample_xlsx(), sample_docx()]
PARTS = [unpacked(sample) for sample in SAMPLES]


@MANY
@given(st.sampled_from(SAMPLES), st.data())
def test_mutated_files_raise_nothing_else(sample, data):
    mutated = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 50))
    tolerant(bytes(mutated[: len(mutated) - cut]), "a.xlsx")


@MANY
@given(st.data())
def test_mutated_parts_raise_nothing_else(data):
    """Repacked, so that the change gets past the checksum and reaches the XML readers."""
    parts = data.draw(st.sampled_from(PARTS))
    name = data.draw(st.sampled_from(sorted(n for n in parts if not n.startswith("docProps"))))
    content = parts[name]
    assume(content)
    start = data.draw(st.integers(0, len(content) - 1))
    end = min(len(content), start + data.draw(st.integers(0, 30)))
    put = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"0", b"-1", b"99999999999", b"<c>", b"</row>", b'"', b"A"])
    )
    tolerant(packed({**parts, name: content[:start] + put + content[end:]}), "a.xlsx")
