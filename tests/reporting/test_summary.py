"""The summary report: from the records, by strand and unit, with figures, tables, charts and chosen photos; editable."""

import io
from datetime import date

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx.oxml.ns import qn
from PIL import Image

from midun.activities.services import events
from midun.campaigns.models import PlanLine, Strand
from midun.campaigns.services import plan, review
from midun.claims import services as claims
from midun.kernel.documents.report_marks import marks_of
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.statistics.cells import fill
from midun.kernel.trail.models import Entry
from midun.reporting.summary import said, summary_docx
from tests.kernel.statistics.factories import accepted, fresh, frozen, handout, visit

TODAY = date(2025, 6, 10)


def text_of(data):
    return "\n".join(
        "".join(t.text or "" for t in p.iter(qn("w:t")))
        for p in docx.Document(io.BytesIO(data)).element.body.iter(qn("w:p"))
    )


def tables_of(data):
    return [[[c.text for c in row.cells] for row in t.rows] for t in docx.Document(io.BytesIO(data)).tables]


def pictures_of(data):
    return sum("image" in r.reltype for r in docx.Document(io.BytesIO(data)).part.rels.values())


def photo():
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def month(cast, campaign, at):
    """Work under a heading, with a chosen photo, and a claim."""
    strand = Strand.objects.unscoped("test").filter(campaign=campaign).order_by("order").first()
    actor, city = cast.actor("district_officer"), cast.actor("city_officer")
    first, second = (
        plan.add_line(campaign=campaign, content=text, strand=strand, actor=actor, at=at)
        for text in ("走访重点企业", "举办专题培训")
    )
    plan.submit(lines=[first, second], actor=actor, at=at)
    review.approve(campaign=campaign, lines=[(first.pk, 1), (second.pk, 1)], actor=city, at=at)
    PlanLine.objects.unscoped("test").filter(pk=first.pk).update(done_at=at, done_note="走访十家，指导三家建章立制")
    held = events.add(
        unit=cast.east_bureau, actor=actor, at=at, kind="training", title="“以案说密”培训", day=TODAY, plan_line=second
    )
    events.add(unit=cast.city_bureau, actor=city, at=at, kind="open_day", title="开放日", day=TODAY)
    for chosen, name in ((True, "现场"), (False, "花絮")):
        made = attach(
            owner=held, data=photo(), name=f"{name}.jpg", kind=Attachment.Kind.PHOTO, caption=name, actor=actor, at=at
        )
        Attachment.objects.unscoped("test").filter(pk=made.pk).update(in_report=chosen)
    visit(cast.east_bureau, cast.jia, at)
    handout(cast.east_bureau, at, count=1234)
    claims.register(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        actor=actor,
        at=at,
        raised_on=TODAY,
        topic="personnel",
        title="竞业限制",
        urgency="normal",
        source="phone",
    )
    return held


@pytest.fixture
def address(forms):
    return f"/reporting/forms/{forms['east_bureau'].pk}/summary/"


def test_it_works(cast, campaign, forms, month):
    data, kept = summary_docx(forms["summary"], campaign, today=TODAY)
    text = text_of(data)
    assert kept == []
    assert f"{campaign.title}工作总结（征求意见稿）" in text
    assert "以“商业秘密保护进企业”为主题" in text
    assert "开展各类能力提升培训活动 1 场次，参与企业 0 家，参与人数 0 人次。" in text
    assert "发放调查问卷 1,234 份。" in text
    assert "（一）走访调研企业" in text
    assert (
        "共安排工作 2 项，已报告完成 1 项。登记活动 2 场次，其中对应活动安排的 1 场次，另有 1 场次未对应活动安排。"
        in text
    )
    assert "围绕“走访调研企业”，安排工作 2 项，已报告完成 1 项，登记活动 1 场次。" in text
    assert "登记企业诉求 1 个，其中已办结并解决 0 个" in text
    assert "……" not in text


def test_tables_by_heading_unit_and_topic(cast, campaign, forms, month):
    tables = tables_of(summary_docx(forms["summary"], campaign, today=TODAY)[0])
    assert tables[0][8] == ["4", "发放调查问卷", "1,234 份"]
    assert tables[1][1] == ["东区市场监管局", "走访重点企业", "走访十家，指导三家建章立制"]
    assert tables[2][1] == ["6月10日", "东区市场监管局", "“以案说密”培训"]
    units = tables[3]
    assert units[0][0] == "单位"
    assert ["东区市场监管局", "2", "1", "1", "0", "1"] in units
    assert [row[0] for row in units[1:]] == ["市市场监管局（本级）", "市局执法总队", "东区市场监管局", "西区市场监管局"]
    assert tables[4][1] == ["涉密人员与竞业限制", "0", "1", "0"]


def test_charts_and_only_the_chosen_photos(cast, campaign, forms, month):
    data, _ = summary_docx(forms["summary"], campaign, today=TODAY)
    assert pictures_of(data) == 3
    assert "现场" in text_of(data)
    assert "花絮" not in text_of(data)


def test_a_units_own_report_has_only_its_own_records(cast, campaign, forms, month):
    data, _ = summary_docx(forms["west_bureau"], campaign, today=TODAY)
    text = text_of(data)
    assert "以案说密" not in text
    assert "期间没有登记企业诉求和意见建议。" in text
    assert "现场" not in text


def test_a_settled_form_gives_its_frozen_numbers_and_no_draft_mark(cast, campaign, forms, month, at):
    for key in ("own", "east_bureau", "west_bureau", "corps"):
        accepted(cast, forms[key], at)
    frozen(cast, forms["summary"], at)
    handout(cast.east_bureau, at, count=1)
    text = text_of(summary_docx(fresh(forms["summary"]), campaign, today=TODAY)[0])
    assert "征求意见稿" not in text
    assert "发放调查问卷 1,234 份。" in text


def test_a_sentence_for_every_item(forms):
    sentences = said(fill(forms["summary"]).cells)
    assert len(sentences) == 10
    assert sentences[9] == "共编发宣传报道 0 篇，其中中央媒体报道数量 0 篇。"


def test_what_was_edited_stays_and_the_rest_follows_the_records(cast, campaign, forms, month, at):
    first, _ = summary_docx(forms["summary"], campaign, today=TODAY)
    document = docx.Document(io.BytesIO(first))
    todo = next(p for p in document.paragraphs if "请填写" in p.text)
    todo.runs[0].text = "部分企业对定密理解不一，下一步组织专题辅导。"
    edited = io.BytesIO()
    document.save(edited)
    handout(cast.east_bureau, at, count=6)
    again, kept = summary_docx(forms["summary"], campaign, today=TODAY, previous=edited.getvalue())
    text = text_of(again)
    assert "部分企业对定密理解不一" in text
    assert "发放调查问卷 1,240 份。" in text
    assert [k.key for k in kept] == ["problems"]


def test_the_keys_of_blocks_fit_a_bookmark(cast, campaign, forms, month):
    data, _ = summary_docx(forms["summary"], campaign, today=TODAY)
    marks = marks_of(docx.Document(io.BytesIO(data)))
    assert {"title", "opening", "numbers", "units", "days", "needs", "problems", "photos"} <= set(marks)
    assert sum(key.startswith("strand-") for key in marks) == 4


def test_the_page_keeps_it_with_the_form(login, cast, forms, month, address):
    client = login("district_officer")
    assert "还没有生成过报告" in client.get(address).content.decode()
    text = client.post(address, follow=True).content.decode()
    assert "报告已生成" in text
    made = Attachment.objects.unscoped("test").get(kind="document")
    assert made.name.startswith("总结报告_东区市场监管局_")
    assert made.name in text
    assert Entry.objects.about(forms["east_bureau"]).last().verb == "attached"


def test_the_page_updates_an_edited_copy_and_says_what_stayed(login, cast, campaign, forms, month, address):
    data, _ = summary_docx(forms["east_bureau"], campaign, today=TODAY)
    document = docx.Document(io.BytesIO(data))
    next(p for p in document.paragraphs if "请填写" in p.text).runs[0].text = "自己写的。"
    out = io.BytesIO()
    document.save(out)
    answer = login("district_officer").post(
        address, {"previous": SimpleUploadedFile("总结.docx", out.getvalue())}, follow=True
    )
    assert "“七、存在的问题和下一步打算”已被修改，保留修改后的内容" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "data", "told"), [("x.docx", b"MZ", "不支持的文件类型"), ("x.pdf", b"%PDF-1.7\n", "不是可读的 Word 文档")]
)
def test_it_rejects_something_else_than_a_report(login, forms, address, name, data, told):
    answer = login("district_officer").post(address, {"previous": SimpleUploadedFile(name, data)})
    assert told in answer.content.decode()
    assert not Attachment.objects.unscoped("test").exists()


def test_outsider_gets_404(login, address):
    assert login("other_district_officer").get(address).status_code == 404
    assert login("other_district_officer").post(address).status_code == 404


def test_another_unit_reads_but_does_not_write(login, address):
    assert login("city_officer").get(address).status_code == 200
    assert login("city_officer").post(address).status_code == 403
    assert login("enterprise_admin").get(address).status_code == 403
