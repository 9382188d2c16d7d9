"""Every format is read; whatever is damaged or hostile becomes a notice."""

import gzip
import io
import random
import tarfile
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.similarity.documents import Kind
from midun.lib.similarity.readers.files import read_bytes, read_file
from midun.lib.similarity.readers.limits import Budget
from midun.lib.similarity.readers.pages import without_running_heads
from tests.lib.similarity.building import document

TEXT = "第一条 反应温度控制在一百二十度，保持三十分钟后缓慢降温。\n第二条 原料配比见附表。"


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def all_text(made):
    return "\n".join(part.text for part in made.parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings_are_detected(encoding):
    # UTF-16 without a mark is told by its zero bytes, which needs some ASCII.
    text = TEXT + "\n" + "Temperature 120 pressure 30 time 15\n" * 8
    assert all_text(document(text.encode(encoding), "a.txt")) == text


def test_big5_is_told_from_gb18030():
    text = "第一條 反應溫度控制在一百二十度，保持三十分鐘後緩慢降溫。這是我們公司的資料，不得對外提供。" * 3
    assert all_text(document(text.encode("big5"), "a.txt")) == text
    simplified = "这是我们公司的资料，不得对外提供。反应温度控制在一百二十度，保持三十分钟。" * 3
    assert all_text(document(simplified.encode("gb18030"), "a.txt")) == simplified


def test_word_with_a_table():
    file, out = docx.Document(), io.BytesIO()
    file.add_paragraph("反应温度控制在一百二十度")
    table = file.add_table(2, 2)
    for n, cell in enumerate(c for row in table.rows for c in row.cells):
        cell.text = f"单元格{n}"
    file.save(out)
    made = document(out.getvalue(), "a.docx")
    assert "反应温度控制在一百二十度" in made.parts[0].text
    assert made.parts[1].kind is Kind.TABLE
    assert made.parts[1].text == "单元格0,单元格1\n单元格2,单元格3\n"


def test_slides_have_their_places():
    slide = '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:sld>'
    made = document(
        zipped({"ppt/slides/slide10.xml": slide.format("最后"), "ppt/slides/slide2.xml": slide.format("先")}), "a.pptx"
    )
    assert made.parts[0].text.split() == ["先", "最后"]
    assert made.parts[0].place(0) == "第2张幻灯片"
    assert made.parts[0].place(made.parts[0].text.index("最后")) == "第10张幻灯片"


def test_workbook_sheets_are_tables():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "客户"
    book.active.append(["名称", "金额", 12, 12.5])
    book.create_sheet("备注").append(
        ["这一格写得很长，超过三十个字，因此除了作为表格的单元格以外还作为一段文字参加比对"]
    )
    book.save(out)
    made = document(out.getvalue(), "a.xlsx")
    assert [(p.kind, p.place(0)) for p in made.parts] == [
        (Kind.TABLE, "工作表“客户”"), (Kind.TABLE, "工作表“备注”"), (Kind.PROSE, "工作表“备注”"),
    ]  # fmt: skip
    assert made.parts[0].text == "名称,金额,12,12.5\n"


def test_pdf_pages_running_heads_and_scans(tmp_path):
    page = '#set page(header: [机密文件 内部使用], numbering: "1")\n' + "#pagebreak()\n".join(
        f"反应温度控制在{n}度，保持三十分钟。\n" for n in (111, 222, 333, 444)
    )
    (tmp_path / "a.typ").write_text(page + "#pagebreak()#page(header: none, numbering: none)[]", encoding="utf-8")
    made = document(typst.compile(str(tmp_path / "a.typ")), "a.pdf")
    text = made.parts[0].text
    assert "机密文件" not in text
    assert made.parts[0].place(text.index("333")) == "第3页"
    assert any("没有文字层" in notice for notice in made.notices)


def test_running_heads_go_and_text_stays():
    pages = [f"公司机密\n{x}第一行\n{x}第二行\n修订 {n} 稿\n- {n} -" for n, x in enumerate("甲乙丙丁戊")]
    assert without_running_heads(pages)[2] == "丙第一行\n丙第二行"


def test_html_without_scripts_and_with_tables():
    html = (
        "<html><script>var secret</script><p>一段<b>文字</b></p><table><tr><td>甲</td><td>乙</td></tr></table></html>"
    )
    made = document(html, "a.html")
    assert "一段文字" in made.parts[0].text
    assert "secret" not in all_text(made)
    assert made.parts[1].text == "甲,乙\n"


def test_markdown_code_is_compared_as_code():
    made = document("# 标题\n\n```python\nx = 1\n```\n尾", "a.md")
    assert [(p.kind, p.language) for p in made.parts] == [(Kind.PROSE, ""), (Kind.CODE, "python")]


def test_archives_in_archives_and_mail():
    mail = EmailMessage()
    mail["Subject"] = "报价"
    mail.set_content("请看附件")
    mail.add_attachment(zipped({"价格.txt": TEXT}), maintype="application", subtype="zip", filename="价.zip")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("信.eml")
        info.size = len(mail.as_bytes())
        archive.addfile(info, io.BytesIO(mail.as_bytes()))
    found = {d.name: all_text(d) for d in read_bytes(zipped({"备份.tar.gz": tar.getvalue()}), "总.zip")}
    assert found["总.zip!/备份.tar.gz!/信.eml!/价.zip!/价格.txt"] == TEXT
    assert found["总.zip!/备份.tar.gz!/信.eml!/正文2.txt"].split() == ["报价", "请看附件"]


def test_mailbox():
    box = b"From a@b Mon\nSubject: one\n\nfirst body\n\nFrom c@d Tue\nSubject: two\n\nsecond body\n"
    names = {d.name: all_text(d).split() for d in read_bytes(box, "x.mbox")}
    assert names["x.mbox!/第2封.eml!/正文1.txt"] == ["two", "second", "body"]


def test_chinese_names_in_old_archives():
    raw = zipped({"AAAA.txt": TEXT}).replace(b"AAAA", "报价".encode("gb18030"))
    assert [d.name for d in read_bytes(raw, "a.zip")] == ["a.zip!/报价.txt"]


def test_zip_bomb_is_refused():
    made = list(read_bytes(zipped({"零.txt": b"0" * (64 << 20), "好.txt": TEXT}), "炸弹.zip"))
    assert "压缩炸弹" in made[0].notices[0]
    assert all_text(made[1]) == TEXT


def test_gzip_bomb_in_a_tar_is_refused():
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for n in range(5):
            info = tarfile.TarInfo(f"{n}")
            info.size = 46 << 20
            archive.addfile(info, io.BytesIO(bytes(46 << 20)))
    assert "压缩炸弹" in list(read_bytes(tar.getvalue(), "a.tgz"))[-1].notices[0]


def test_nesting_ends():
    data = TEXT.encode()
    for _ in range(10):
        data = zipped({"x.zip": data})
    assert "嵌套过深" in list(read_bytes(data, "x.zip"))[-1].notices[0]


def test_lying_sizes_are_refused():
    raw = bytearray(zipped({"a.txt": b"A" * 100_000}))
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = (10).to_bytes(4, "little")
    made = list(read_bytes(bytes(raw), "a.zip"))
    assert made[0].parts == ()
    assert made[0].notices


def test_entity_attack_is_refused():
    bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document><w:t>&b;</w:t></w:document>'
    assert "实体攻击" in document(zipped({"word/document.xml": bomb}), "a.docx").notices[0]


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.pdf", "a.zip", "a.tgz", "a.eml", "a.txt", "a.csv"])
def test_noise_is_reported_not_fatal(name):
    noise = random.Random(1).randbytes(5000)  # noqa: S311  # no secret
    for start in (b"", b"PK\x03\x04", b"%PDF-1.7\n", b"\x1f\x8b\x08", b"From "):
        for made in read_bytes(start + noise, name):
            assert made.notices or made.parts


@given(st.data())
def test_damaged_files_are_never_fatal(data):
    file, out = docx.Document(), io.BytesIO()
    file.add_paragraph("正文")
    file.save(out)
    whole = data.draw(
        st.sampled_from(
            [(out.getvalue(), "a.docx"), (zipped({"a/b.txt": TEXT}), "a.zip"), (gzip.compress(b"x"), "a.gz")]
        )
    )
    raw = bytearray(whole[0])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    list(read_bytes(bytes(raw[:cut] if data.draw(st.booleans()) else raw), whole[1]))


def test_large_and_missing_files_are_named(tmp_path):
    big = tmp_path / "big.txt"
    with big.open("wb") as file:
        file.truncate(5 << 30)
    (made,) = read_file(big)
    assert "未读" in made.notices[0]
    (gone,) = read_file(tmp_path / "gone.txt")
    assert "打不开" in gone.notices[0]


def test_member_count_is_bounded():
    made = list(read_bytes(zipped({f"{n}.txt": "x" for n in range(20)}), "a.zip", Budget(members=10)))
    assert "超过 10 个" in made[-1].notices[0]
    assert len(made) == 11


def test_digests_are_those_of_the_bytes():
    made = document(b"abc", "a.txt")
    assert made.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert made.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
