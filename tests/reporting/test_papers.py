"""The form on paper: the rows, columns, brackets and units of the notice, and everything that travels with it."""

import csv
import io
import json
import re
import shutil
import subprocess
from datetime import date

import docx
import openpyxl
import pytest

from midun.kernel.statistics.body import digest_of, parse
from midun.kernel.statistics.services import filling
from midun.reporting.papers import MIME, paper
from tests.kernel.statistics.factories import accepted, adjusted, fresh, frozen, hand_in, handout, visit

TODAY = date(2025, 6, 10)
REASON = "两家由街道走访，未登记"


def rows_of(form):
    page = openpyxl.load_workbook(io.BytesIO(paper(fresh(form), "xlsx", today=TODAY))).active
    return page, list(page.values)


def words(data, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (tmp_path / "x.pdf").write_bytes(data)
    out = subprocess.run(["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", "", out)


@pytest.fixture
def settled(cast, forms, at):
    """East, with an adjustment, an explanation, and accepted."""
    east = forms["east_bureau"]
    visit(cast.east_bureau, cast.jia, at)
    adjusted(cast, east, "visits", 3, REASON, at)
    adjusted(cast, east, "news_central", 1, "漏登", at)
    now = fresh(east)
    text = "总数由市局登记"
    actor = cast.actor("district_officer")
    filling.explain(now, version=now.version, check_id="central-within-total", text=text, actor=actor, at=at)
    return accepted(cast, east, at)


def test_the_sheet_has_the_rows_of_the_notice(shared, forms):
    with (shared / "data" / "shanghai-2023-annex2-form.csv").open(encoding="utf-8-sig") as file:
        notice = list(csv.DictReader(file))
    page, values = rows_of(forms["east_bureau"])
    start = next(n for n, row in enumerate(values) if row[:3] == ("序号", "具体内容", "数据"))
    rows = values[start + 1 : start + 18]
    assert [r[1].strip("　") for r in rows] == [r["具体内容"] for r in notice]
    shown = [page.cell(start + 2 + n, 3).number_format for n in range(17)]
    assert shown == [f'"（  "#,##0"  ）{r["计量单位"]}"' for r in notice]
    numbers = [r[0] for r in rows]
    assert numbers == [r["序号"] if not r["上级序号"] else None for r in notice]
    merged = sorted(str(m) for m in page.merged_cells.ranges if m.min_col == m.max_col == 1)
    first = start + 2
    assert merged == sorted(f"A{first + a}:A{first + b}" for a, b in ((0, 3), (4, 5), (10, 12), (15, 16)))
    assert values[start - 1][0] == "填报单位（盖章）：东区市场监管局"
    assert values[start - 1][2] == "年　　月　　日"
    assert [v[0] for v in values[:2]] == ["上海市“企业商业秘密保护能力提升服务月”", "活动开展情况统计表"]


def test_word_and_pdf_say_the_same(settled, tmp_path):
    document = docx.Document(io.BytesIO(paper(settled, "docx", today=TODAY)))
    table = document.tables[0]
    assert [c.text for c in table.rows[7].cells] == ["3", "调研走访企业", "（  3  ）家"]
    text = "".join(p.text for p in document.paragraphs)
    pdf = words(paper(settled, "pdf", today=TODAY), tmp_path)
    for part in ("填报单位（盖章）：东区市场监管局", "2025年6月10日", "填表人", "负责人", "联系电话"):
        assert part in text
        assert part in pdf
    assert "（3）家" in pdf
    assert "草" not in pdf


@pytest.mark.parametrize("kind", ["xlsx", "docx", "pdf"])
def test_reasons_and_explanations_travel_with_it(settled, tmp_path, kind):
    data = paper(settled, kind, today=TODAY)
    if kind == "xlsx":
        found = "".join(str(v) for row in openpyxl.load_workbook(io.BytesIO(data)).active.values for v in row if v)
    elif kind == "docx":
        found = "".join(p.text for p in docx.Document(io.BytesIO(data)).paragraphs)
    else:
        found = words(data, tmp_path)
    found = re.sub(r"\s+", "", found)
    assert f"第3项“调研走访企业”：统计数1家，调整为3家。理由：{REASON}" in found
    assert "说明：总数由市局登记" in found
    assert settled.digest in found


def test_json_is_the_snapshot_itself(settled):
    data = paper(settled, "json", today=TODAY)
    assert digest_of(data.decode()) == settled.digest
    body = parse(data.decode())
    assert (body.numbers["visits"].computed, body.numbers["visits"].reported) == (1, 3)
    assert body.numbers["visits"].reason == REASON
    assert {f.id: f.explanation for f in body.findings}["central-within-total"] == "总数由市局登记"


def test_a_draft_says_so_everywhere(cast, forms, tmp_path):
    east = forms["east_bureau"]
    assert "草稿" in words(paper(east, "pdf", today=TODAY), tmp_path).replace("草\n稿", "草稿")
    assert any("草稿，数据截至2025年6月10日" in str(v) for row in rows_of(east)[1] for v in row)
    body = json.loads(paper(east, "json", today=TODAY))
    assert (body["stage"], body["taken_at"], body["counted_at"]) == ("draft", None, None)


def test_a_submitted_form_is_dated_and_ready_to_be_sealed(cast, forms, at, tmp_path):
    now = hand_in(cast, forms["east_bureau"], at)
    text = words(paper(now, "pdf", today=TODAY), tmp_path)
    assert "2025年6月10日" in text
    assert "草" not in text
    assert f"提交快照SHA-256：{now.digest}" in text


def test_a_summary_prints_what_it_carries_up_and_what_was_missing(cast, forms, at, tmp_path):
    handout(cast.east_bureau, at, count=10)
    adjusted(cast, forms["east_bureau"], "questionnaires", 12, "街道另发两份", at)
    accepted(cast, forms["east_bureau"], at)
    for key in ("own", "west_bureau"):
        accepted(cast, forms[key], at)
    now = frozen(cast, forms["summary"], at, reason="总队转隶，延后报送")
    text = words(paper(now, "pdf", today=TODAY), tmp_path)
    assert "发放调查问卷（12" in text
    assert "统计数10份，并入下级调整后为12份。其中：东区市场监管局+2（街道另发两份）" in text
    assert "汇总时尚未审核通过的单位（1个）：沪市市场监管局执法总队。先行定稿的理由：总队转隶，延后报送" in text


@pytest.mark.parametrize("kind", list(MIME))
def test_equal_content_gives_equal_bytes(settled, kind):
    assert paper(settled, kind, today=TODAY) == paper(fresh(settled), kind, today=date(2026, 1, 1))


@pytest.mark.parametrize("kind", list(MIME))
def test_the_page_gives_it(login, settled, kind):
    answer = login("district_officer").get(f"/reporting/forms/{settled.pk}/form.{kind}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == MIME[kind]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.content == paper(settled, kind, today=TODAY)


def test_outsider_gets_404(login, forms):
    address = f"/reporting/forms/{forms['east_bureau'].pk}/form."
    for kind in MIME:
        assert login("other_district_officer").get(address + kind).status_code == 404
    assert login("district_officer").get(address + "exe").status_code == 404


def test_other_role_gets_403(login, forms):
    assert login("enterprise_admin").get(f"/reporting/forms/{forms['east_bureau'].pk}/form.pdf").status_code == 403
