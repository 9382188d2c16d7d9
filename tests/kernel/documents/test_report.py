"""An edited report is refreshed without losing what a person changed, in whatever program they edited it."""

import io
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from PIL import Image

from midun.kernel.documents.report import (
    BadPrevious,
    Block,
    Chart,
    Paragraph,
    Photo,
    Photos,
    Report,
    Table,
    Title,
    report_docx,
)
from midun.kernel.documents.report_marks import fingerprint, marks_of

NOW = datetime(2025, 7, 1, 9, 30, 15, 123456, tzinfo=UTC)
LONG = "长" * 60
CHANGED, DELETED = "已被修改，保留修改后的内容", "已被删除，不再加入"


def photo(colour="teal"):
    out = io.BytesIO()
    picture = Image.linear_gradient("L").resize((3000, 2000)).convert("RGB")
    picture.paste(colour, (200, 200, 1400, 1500))
    picture.save(out, "JPEG")
    return out.getvalue()


def report(**changes):
    texts = {"intro": "共开展活动 3 场。", "work": "走访企业 5 家。", "rows": [("甲局", 3), (LONG, 0)], **changes}
    work = [Paragraph(texts["work"]), Table([["单位", "场次"], ["甲局", 3]]), Chart("各单位", "bars", texts["rows"])]
    days = [
        Chart("每日", "days", [(f"{d}日", d % 4) for d in range(1, 31)]),
        Photos([Photo(photo(), "现场"), Photo(photo("red"), "合影"), Photo(photo("green"), "会场")]),
    ]
    return Report(
        "总结报告",
        [
            Block("title", [Title("总结报告", ["某区局", "2025年7月1日"])]),
            Block("intro", [Paragraph(texts["intro"])], "一、基本情况"),
            Block("work", work, "二、工作"),
            Block("strand-days", days, "三、图片"),
        ],
    )


def edited(data, change):
    document = docx.Document(io.BytesIO(data))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def whole(data):
    return "".join(t.text or "" for t in docx.Document(io.BytesIO(data)).element.body.iter(qn("w:t")))


def run_with(document, text):
    return next(t for t in document.element.body.iter(qn("w:t")) if text in (t.text or ""))


def elements(document, key):
    return marks_of(document)[key].elements


def pictures(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(n) for n in archive.namelist() if n.startswith("word/media/")]


def in_libreoffice(data, tmp_path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not installed")
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "in.docx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        office,
        profile,
        "--headless",
        "--convert-to",
        "docx",
        "--outdir",
        tmp_path / "out",
        tmp_path / "in.docx",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (tmp_path / "out" / "in.docx").read_bytes()


def test_it_works():
    first, kept = report_docx(report(), at=NOW)
    assert kept == []
    document = docx.Document(io.BytesIO(first))
    assert list(marks_of(document)) == ["title", "intro", "work", "strand-days"]
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [
        "一、基本情况",
        "二、工作",
        "三、图片",
    ]
    assert document.tables[0].cell(1, 1).text == "3"
    assert report_docx(report(), at=NOW)[0] == first


def test_it_is_refreshed_but_hand_edits_stay():
    first, _ = report_docx(report(), at=NOW)

    def by_hand(document):
        run_with(document, "共开展活动").text = "本区高度重视，共开展活动 3 场。"
        document.add_paragraph("另附一段手写的话。")

    fresh = report(intro="共开展活动 9 场。", work="走访企业 50 家。", rows=[("甲局", 3), ("乙局", 99)])
    again, kept = report_docx(fresh, at=NOW, previous=edited(first, by_hand))
    text = whole(again)
    assert "本区高度重视，共开展活动 3 场。" in text
    assert "走访企业 50 家。" in text
    assert "走访企业 5 家。" not in text
    assert "另附一段手写的话。" in text
    assert [(k.key, k.why) for k in kept] == [("intro", CHANGED)]
    third, kept = report_docx(report(work="走访企业 51 家。"), at=NOW, previous=again)
    assert "走访企业 51 家。" in whole(third)
    assert [k.key for k in kept] == ["intro"]


def test_what_is_typed_at_the_edge_of_a_block_stays():
    first, _ = report_docx(report(), at=NOW)

    def by_hand(document):
        heading = elements(document, "intro")[0]
        before = OxmlElement("w:r")
        before.append(OxmlElement("w:t"))
        before[0].text = "（送审稿）"
        heading.find(qn("w:bookmarkStart")).addprevious(before)
        last = docx.text.paragraph.Paragraph(elements(document, "work")[-1], document)
        last.add_run("句末补充。")
        elements(document, "strand-days")[0].addprevious(docx.Document().add_paragraph("两段之间另起一段。")._element)

    again, kept = report_docx(report(intro="新", work="新"), at=NOW, previous=edited(first, by_hand))
    text = whole(again)
    assert all(words in text for words in ("（送审稿）", "句末补充。", "两段之间另起一段。"))
    assert [k.key for k in kept] == ["intro", "work"]


def test_two_blocks_run_together_stay_both():
    first, _ = report_docx(report(), at=NOW)

    def join(document):
        last, heading = elements(document, "intro")[-1], elements(document, "work")[0]
        for child in list(heading):
            if child.tag != qn("w:pPr"):
                last.append(child)
        heading.getparent().remove(heading)

    again, kept = report_docx(report(intro="新", work="新"), at=NOW, previous=edited(first, join))
    assert [k.key for k in kept] == ["intro", "work"]
    assert "共开展活动 3 场。" in whole(again)
    assert "走访企业 5 家。" in whole(again)


def test_what_word_does_on_saving_is_no_change():
    """Runs split with revision marks, spelling errors marked, the last position bookmarked, a paragraph moved whole."""
    first, _ = report_docx(report(), at=NOW)

    def as_word_saves(document):
        text = run_with(document, "走访企业")
        run = text.getparent()
        second = docx.oxml.parse_xml(docx.oxml.xmlchemy.serialize_for_reading(run))
        second.find(qn("w:t")).text = text.text[2:]
        text.text = text.text[:2]
        run.addnext(second)
        run.addnext(OxmlElement("w:proofErr"))
        back = OxmlElement("w:bookmarkStart")
        back.set(qn("w:id"), "9999")
        back.set(qn("w:name"), "_GoBack")
        run.addprevious(back)
        for paragraph in document.element.body.iter(qn("w:p")):
            paragraph.set(qn("w:rsidR"), "00A1B2C3")

    again, kept = report_docx(report(work="走访企业 50 家。"), at=NOW, previous=edited(first, as_word_saves))
    assert kept == []
    assert "走访企业 50 家。" in whole(again)


def test_a_block_moved_elsewhere_is_refreshed_there():
    first, _ = report_docx(report(), at=NOW)

    def move(document):
        for element in elements(document, "intro"):
            document.element.body.sectPr.addprevious(element)

    again, kept = report_docx(report(intro="共开展活动 9 场。"), at=NOW, previous=edited(first, move))
    assert kept == []
    assert whole(again).endswith("共开展活动 9 场。")


def test_a_deleted_block_stays_deleted():
    first, _ = report_docx(report(), at=NOW)

    def drop(document):
        for element in elements(document, "work"):
            element.getparent().remove(element)

    again, kept = report_docx(report(), at=NOW, previous=edited(first, drop))
    assert "走访企业" not in whole(again)
    assert [(k.key, k.why) for k in kept] == [("work", DELETED)]
    _, kept = report_docx(report(), at=NOW, previous=again)
    assert [k.key for k in kept] == ["work"]


def test_a_new_block_is_put_in_its_place():
    before = report()
    first, _ = report_docx(replace(before, blocks=[before.blocks[1], before.blocks[3]]), at=NOW)
    again, _ = report_docx(before, at=NOW, previous=first)
    text = whole(again)
    assert text.index("一、基本情况") < text.index("二、工作") < text.index("三、图片")


def test_a_picture_put_in_by_hand_stays():
    first, _ = report_docx(report(), at=NOW)

    def swap(document):
        drawing = next(elements(document, "work")[-1].iter(qn("w:drawing")))
        blip = next(drawing.iter(qn("a:blip")))
        own, _ = document.part.get_or_add_image(io.BytesIO(photo("red")))
        blip.set(qn("r:embed"), own)

    again, kept = report_docx(report(work="新"), at=NOW, previous=edited(first, swap))
    assert [(k.key, k.why) for k in kept] == [("work", CHANGED)]
    assert fingerprint(photo("red")) in {fingerprint(p) for p in pictures(again)}


def test_a_picture_compressed_by_the_program_is_no_change():
    first, _ = report_docx(report(), at=NOW)

    def compress(document):
        for relation in document.part.rels.values():
            if "image" in relation.reltype:
                with Image.open(io.BytesIO(relation.target_part.blob)) as picture:
                    small = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
                out = io.BytesIO()
                small.save(out, "JPEG", quality=60)
                relation.target_part._blob = out.getvalue()

    _, kept = report_docx(report(), at=NOW, previous=edited(first, compress))
    assert kept == []


def test_refreshing_again_and_again_does_not_grow_the_file():
    data, _ = report_docx(report(), at=NOW)
    for n in range(4):
        data, _ = report_docx(report(rows=[("甲局", n), ("乙局", 9 - n)]), at=NOW, previous=data)
    assert len(pictures(data)) == 5


def test_photos_are_small():
    data, _ = report_docx(report(), at=NOW)
    assert max(Image.open(io.BytesIO(p)).width for p in pictures(data)) <= 1900
    assert len(data) < 500_000


def test_it_rejects_something_else_than_word():
    with pytest.raises(BadPrevious, match="另存为"):
        report_docx(report(), at=NOW, previous=b"not a docx")


def test_it_rejects_a_document_that_is_not_a_report():
    strange = io.BytesIO()
    docx.Document().save(strange)
    with pytest.raises(BadPrevious, match="标记"):
        report_docx(report(), at=NOW, previous=strange.getvalue())


def test_it_survives_libreoffice(tmp_path):
    first, _ = report_docx(report(), at=NOW)

    def by_hand(document):
        run_with(document, "共开展活动").text = "手工改过的一句。"
        document.add_paragraph("另附一段手写的话。")

    back = in_libreoffice(edited(first, by_hand), tmp_path)
    again, kept = report_docx(report(work="走访企业 77 家。"), at=NOW, previous=back)
    text = whole(again)
    assert "手工改过的一句。" in text
    assert "另附一段手写的话。" in text
    assert "走访企业 77 家。" in text
    assert "走访企业 5 家。" not in text
    assert [(k.key, k.why) for k in kept] == [("intro", CHANGED)]
    assert text.count("一、基本情况") == text.count("二、工作") == 1


def test_a_second_refresh_after_libreoffice_works_as_well(tmp_path):
    first, _ = report_docx(report(), at=NOW)
    second, _ = report_docx(report(work="走访企业 6 家。"), at=NOW, previous=in_libreoffice(first, tmp_path))

    def drop(document):
        for element in elements(document, "intro"):
            element.getparent().remove(element)
        document.sections[0].left_margin = Mm(25)

    back = in_libreoffice(edited(second, drop), tmp_path / "again")
    third, kept = report_docx(report(work="走访企业 7 家。"), at=NOW, previous=back)
    assert "走访企业 7 家。" in whole(third)
    assert [(k.key, k.why) for k in kept] == [("intro", DELETED)]
