"""The approved plan as a table, a Word document and a PDF."""

from io import BytesIO

import pytest
from django.urls import reverse
from docx import Document

from midun.campaigns.services import imports
from midun.kernel.trail.models import Entry
from midun.lib.sheets import read_tables
from tests.campaigns.factories import HEADS, PLAN, csv_of, running


@pytest.fixture
def planned(cast, at):
    campaign = running(cast.city_officer)
    source = imports.read_source(data=csv_of(), name="附件1.csv")
    imports.import_annex(campaign=campaign, source=source, actor=cast.actor("city_officer"), at=at)
    return campaign


def export(client, campaign, kind):
    return client.post(reverse("campaigns:export", args=[campaign.pk, kind]))


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_it_works(login, planned, kind):
    """Both tables, read back by the importer, hold the same lines."""
    response = export(login("city_officer"), planned, kind)
    assert "attachment" in response["Content-Disposition"]
    rows = imports.read_source(data=response.content, name=f"plan.{kind}").annex.rows
    assert [(r.category, r.unit, r.number, r.content) for r in rows] == [tuple(row) for row in PLAN]


def test_the_document_merges_and_repeats_its_head(login, planned):
    document = Document(BytesIO(export(login("city_officer"), planned, "docx").content))
    table = document.tables[0]
    assert [cell.text for cell in table.rows[0].cells] == list(HEADS)
    assert table.cell(1, 0)._tc is table.cell(2, 0)._tc
    assert "tblHeader" in table.rows[0]._tr.xml
    widths = [column.width for column in table.columns]
    assert widths[3] == max(widths)


def test_the_pdf_is_one(login, planned):
    response = export(login("city_officer"), planned, "pdf")
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("kind", ["xlsx", "docx", "pdf"])
def test_it_is_in_the_trail(login, planned, kind):
    export(login("city_officer"), planned, kind)
    last = Entry.objects.about(planned).last()
    assert (last.verb, f'"{kind}"' in last.after) == ("exported", True)


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_a_district_gets_its_own_lines_only(login, planned, kind):
    data = export(login("district_officer"), planned, kind).content
    units = {row.unit for row in imports.read_source(data=data, name=f"p.{kind}").annex.rows}
    assert units == {"东区市场监管局"}


def test_outsider_gets_404(login, cast):
    hidden = running(cast.district_officer)
    assert export(login("other_district_officer"), hidden, "pdf").status_code == 404


def test_formulas_are_only_text(login, cast, at):
    campaign = running(cast.city_officer)
    rows = [("市级层面", "市市场监管局", 1, "=HYPERLINK(“http://x”)走访企业")]
    source = imports.read_source(data=csv_of(rows), name="附件1.csv")
    imports.import_annex(campaign=campaign, source=source, actor=cast.actor("city_officer"), at=at)
    data = export(login("city_officer"), campaign, "xlsx").content
    assert any(
        "=HYPERLINK" in cell for table in read_tables(data, name="p.xlsx") for r in table.rows for cell in r.cells
    )
    assert b"<f>" not in data
