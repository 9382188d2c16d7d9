"""Documents are read back by other programs' readers."""

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime

import docx
import openpyxl
import pytest

from midun.kernel.documents.certificate import Certificate, Poster, certificate_pdf, poster_pdf
from midun.kernel.documents.form import FormLine, FormSheet, form_docx, form_pdf, form_xlsx
from midun.kernel.documents.table import PrintColumn, PrintTable, table_docx, table_pdf

NOW = datetime(2025, 7, 1, 9, 30, 15, 123456, tzinfo=UTC)
NASTY = '#eval("x") $a$ *b* _c_ @d \\ ] [ "甲" <e> 长' + "长" * 60


def text_of(pdf, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    path = tmp_path / "x.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def sheet():
    lines = [FormLine("1", "开展宣传", 1234, "场次", 2), FormLine("", "参与企业", None, "家", 0, part=True)]
    lines.append(FormLine("2", NASTY, 0, "份", 1))
    return FormSheet(["某市服务月", "统计表"], NASTY, lines, date(2025, 7, 1), footnotes=[NASTY], bottom=["摘要 abc"])


def test_the_form_as_excel(sheet):
    page = openpyxl.load_workbook(io.BytesIO(form_xlsx(sheet, at=NOW))).active
    assert [str(r) for r in page.merged_cells.ranges if str(r).startswith("A6")] == ["A6:A7"]
    cell = page["C6"]
    assert (cell.value, cell.number_format) == (1234, '"（  "#,##0"  ）场次"')
    assert page["C7"].value == "（    ）家"
    assert page["A4"].value == f"填报单位（盖章）：{NASTY}"
    assert "草稿" in page["A3"].value


def test_text_in_the_form_is_never_a_formula(sheet):
    evil = '=HYPERLINK("http://evil.example","点我")'
    page = openpyxl.load_workbook(
        io.BytesIO(form_xlsx(replace(sheet, title=[evil], contact=evil, bottom=[evil]), at=NOW))
    ).active
    assert [c.data_type for row in page.iter_rows() for c in row if c.value == evil] == ["s"] * 3


def test_the_form_as_word(sheet):
    table = docx.Document(io.BytesIO(form_docx(sheet, at=NOW))).tables[0]
    assert [c.text for c in table.rows[1].cells] == ["1", "开展宣传", "（  1,234  ）场次"]
    assert table.rows[2].cells[0].text == "1"
    assert table.rows[3].cells[1].text == NASTY


def test_the_form_as_pdf(sheet, tmp_path):
    text = text_of(form_pdf(sheet, at=NOW), tmp_path)
    assert "1,234" in text
    assert "填报单位（盖章）" in text
    assert "2025 年 7 月 1 日" in text.replace("2025年7月1日", "2025 年 7 月 1 日")
    assert 'eval("x")' in text.replace(" ", "").replace("“", '"').replace("”", '"')
    final = text_of(form_pdf(replace(sheet, draft=False), at=NOW), tmp_path)
    assert "草" in text
    assert "草" not in final


@pytest.mark.parametrize("write", [form_xlsx, form_docx, form_pdf])
def test_equal_input_gives_equal_bytes(sheet, write):
    assert write(sheet, at=NOW) == write(sheet, at=NOW)


def test_a_table_merges_equal_neighbours(tmp_path):
    columns = [PrintColumn("类别", 20, merged=True), PrintColumn("单位", 30, merged=True), PrintColumn("内容")]
    rows = [("市级", "甲局", "一"), ("市级", "甲局", "二"), ("区级", "甲局", "三"), ("区级", NASTY, "四")]
    table = PrintTable(["标题"], columns, rows, blank_rows=2, note=NASTY)
    assert [[s for _, s in row] for row in table.cells()[:4]] == [[2, 2, 1], [0, 0, 1], [2, 1, 1], [0, 1, 1]]
    found = docx.Document(io.BytesIO(table_docx(table, at=NOW))).tables[0]
    assert found.rows[1].cells[0]._tc is found.rows[2].cells[0]._tc
    assert found.rows[3].cells[1]._tc is not found.rows[2].cells[1]._tc
    assert len(found.rows) == 7
    assert "类别" in text_of(table_pdf(table, at=NOW), tmp_path)


def test_the_real_plan_prints(shared, tmp_path):
    with (shared / "data" / "shanghai-2023-annex1-activities.csv").open(encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))[1:]
    columns = [
        PrintColumn("类别", 20, True, True),
        PrintColumn("单位", 34, True, True),
        PrintColumn("序号", 12),
        PrintColumn("活动安排"),
    ]
    table = PrintTable(["活动安排"], columns, [(r[1], r[2], r[0], r[3]) for r in lines])
    text = text_of(table_pdf(table, at=NOW), tmp_path).replace(" ", "").replace("\n", "")
    assert "62" in text
    assert "机场公益广告" in text


def test_an_empty_table_prints():
    assert table_pdf(PrintTable(["空"], [PrintColumn("一")], []), at=NOW).startswith(b"%PDF")


def test_a_certificate_names_a_rare_name(tmp_path):
    certificate = Certificate(
        "ZS-1",
        "欧阳㛃堃",
        NASTY,
        NASTY,
        "服务月",
        date(2025, 6, 1),
        "2.0",
        NASTY,
        date(2025, 6, 2),
        "ABCD",
        "https://x.cn/v",
        "https://x.cn/v?code=ABCD",
        "sig",
    )
    pdf = certificate_pdf(certificate, at=NOW)
    assert pdf == certificate_pdf(certificate, at=NOW)
    assert "欧阳㛃堃" in text_of(pdf, tmp_path).replace(" ", "")


def test_a_poster_prints():
    poster = Poster("服务月", NASTY, "6月1日", NASTY, NASTY, "https://x.cn/activities/sign-in/abc/")
    assert poster_pdf(poster, at=NOW).startswith(b"%PDF")
