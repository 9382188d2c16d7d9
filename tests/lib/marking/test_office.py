import contextlib
import io
import shutil
import struct
import subprocess
import zipfile

import docx
import numpy as np
import openpyxl
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from midun.lib.marking.documents.files import Kind, kind_of
from midun.lib.marking.documents.office import Shown, is_marked, mark_office
from midun.lib.marking.documents.package import Package
from midun.lib.marking.documents.text.mark import decode, identify, observe
from midun.lib.marking.documents.text.prose import strip_hidden
from midun.lib.marking.documents.xlsx import with_line
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.detector import detect
from midun.lib.marking.image.files import gray
from midun.lib.marking.keys import MarkKey
from tests.lib.marking import office

KEY = MarkKey(bytes(range(32)))
MINE = b"COPY0001"
SHOWN = Shown("甲公司　商业秘密【核心】　2026-11-24 起长期", "发给 张三 & 7K3QD-0WM2X-91PZA")
FILES = {"docx": office.word(header="原有页眉", sections=3), "xlsx": office.book("第 &P 页"), "pptx": office.slides()}


def refused(data):
    with pytest.raises(Refused) as error:
        mark_office(data, MINE, KEY, SHOWN)
    return error.value.reason


@pytest.mark.parametrize("kind", FILES)
def test_only_headers_slides_and_sheets_change(kind):
    before, after = office.unpacked(FILES[kind]), office.unpacked(mark_office(FILES[kind], MINE, KEY, SHOWN))
    assert before.keys() <= after.keys()
    changed = {name for name in before if before[name] != after[name]}
    allowed = (
        "/media/",
        "[Content_Types]",
        ".rels",
        "word/document.xml",
        "word/header",
        "ppt/slides/",
        "xl/worksheets/",
    )
    assert all(any(word in name for word in allowed) for name in changed), changed
    with pytest.raises(Refused) as error:
        mark_office(mark_office(FILES[kind], MINE, KEY, SHOWN), MINE, KEY, SHOWN)
    assert error.value.reason is Reason.MARKED
    assert is_marked(Package(mark_office(FILES[kind], MINE, KEY, SHOWN)))


def test_word_text_stays_and_every_header_has_the_line():
    before, after = (
        docx.Document(io.BytesIO(FILES["docx"])),
        docx.Document(io.BytesIO(mark_office(FILES["docx"], MINE, KEY, SHOWN))),
    )
    assert [p.text for p in before.paragraphs] == [strip_hidden(p.text) for p in after.paragraphs]
    pasted = "\n".join(p.text for p in after.paragraphs[2:9])
    assert decode(observe(pasted, KEY), KEY) or identify(observe(pasted, KEY), [MINE], KEY)
    for section in after.sections:
        headers = [section.header] + ([section.first_page_header] if section.different_first_page_header_footer else [])
        for header in headers:
            assert any(SHOWN.line in paragraph.text for paragraph in header.paragraphs)
    assert "原有页眉" in [p.text for p in after.sections[0].header.paragraphs]


def test_workbook_values_stay_and_the_footer_is_kept():
    after = openpyxl.load_workbook(io.BytesIO(mark_office(FILES["xlsx"], MINE, KEY, SHOWN)))
    assert after.active["B2"].value == 81.5
    assert after["成本"]["A1"].value == "=1+1"
    assert after.active.oddFooter.center.text == "第 &P 页"
    assert SHOWN.line in after.active.oddFooter.left.text
    assert "张三" in after["成本"].oddFooter.center.text


def test_footer_codes():
    assert with_line("", "甲") == "&C甲"
    assert with_line("&C第&P页", "甲&乙") == "&L甲&&乙&C第&P页"
    assert with_line("&L1&C2&R3", "甲") == "&L1&C2\n甲&R3"
    assert len(with_line("&L" + "1" * 120 + "&C" + "2" * 120 + "&R3", "甲" * 100)) <= 255
    assert len(with_line("", "甲" * 400)) == 255


def convert(kind, folder, *files):
    home = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", home, "--headless", "--convert-to", kind, "--outdir", str(folder), *map(str, files)]
    subprocess.run(command, capture_output=True, timeout=180, check=True)


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_them_and_pages_name_the_copy(tmp_path):
    """Their pages carry the id where the program draws the layer (the background of a sheet: it does not)."""
    kinds = ("docx", "xlsx")
    for kind in kinds:
        (tmp_path / f"{kind}.{kind}").write_bytes(mark_office(FILES[kind], MINE, KEY, SHOWN))
    convert("pdf", tmp_path, *(tmp_path / f"{kind}.{kind}" for kind in kinds))
    for kind in kinds:
        with pypdfium2.PdfDocument(tmp_path / f"{kind}.pdf") as pdf:
            text = pdf[0].get_textpage().get_text_range()
            assert "商业秘密" in text
            if kind != "xlsx":
                image = pdf[0].render(scale=110 / 72, grayscale=True).to_numpy()
                assert detect(np.ascontiguousarray(image.reshape(image.shape[:2])), KEY).copy_id == MINE


def test_slides_hold_the_layer_at_the_bottom_and_the_line_on_top():
    """The picture is what a program has to draw: over white it names the copy."""
    parts = office.unpacked(mark_office(FILES["pptx"], MINE, KEY, SHOWN))
    assert [name for name in parts if name.endswith(".png")] == ["ppt/media/midunMark1.png"]
    for number in (1, 2):
        slide = parts[f"ppt/slides/slide{number}.xml"].decode()
        assert slide.index("midunMark") < slide.index("量产良率爬坡") < slide.index(SHOWN.line)
        assert b"midunMark1.png" in parts[f"ppt/slides/_rels/slide{number}.xml.rels"]
    with Image.open(io.BytesIO(parts["ppt/media/midunMark1.png"])) as layer:
        paper = Image.new("L", layer.size, 255)
        paper.paste(0, mask=layer.getchannel("A"))
    assert detect(np.array(paper), KEY).copy_id == MINE


def test_what_may_not_be_touched_is_refused_with_its_reason():
    data = FILES["docx"]
    types = office.unpacked(data)["[Content_Types].xml"]
    macro = types.replace(b"wordprocessingml.document.main", b"wordprocessingml.template.main")
    assert refused(office.changed(data, **{"word/vbaProject.bin": b"x"})) is Reason.MACROS
    assert refused(office.changed(data, **{"_xmlsignatures/sig1.xml": b"<a/>"})) is Reason.SIGNED
    assert refused(office.changed(data, **{"[Content_Types].xml": macro})) is Reason.FORMAT
    template = office.relations(("attachedTemplate", "http://example.com/t.dotm")).replace(
        "/></", ' TargetMode="External"/></'
    )
    assert refused(office.changed(data, **{"word/_rels/settings.xml.rels": template.encode()})) is Reason.EXTERNAL
    entity = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    assert refused(office.changed(data, **{"word/document.xml": entity})) is Reason.EXTERNAL
    assert refused(office.changed(data, **{"word/document.xml": b"<a>"})) is Reason.BROKEN
    assert refused(office.packed({"a.txt": b"a"})) is Reason.BROKEN
    assert refused(data[: len(data) // 2]) is Reason.BROKEN


def test_bombs_and_tricks_of_the_container_are_refused():
    bomb = office.changed(FILES["docx"], **{"word/media/big.bin": bytes(64 << 20)})
    assert refused(bomb) is Reason.TOO_BIG
    assert refused(office.changed(FILES["docx"], **{"../evil.xml": b"<a/>"})) is Reason.BROKEN
    assert refused(office.changed(FILES["docx"], **{"WORD/document.xml": b"<a/>"})) is Reason.BROKEN
    link = io.BytesIO(FILES["docx"])
    with zipfile.ZipFile(link, "a") as target:
        info = zipfile.ZipInfo("word/link")
        info.external_attr = 0o120777 << 16
        target.writestr(info, "/etc/passwd")
    assert refused(link.getvalue()) is Reason.BROKEN
    lying = bytearray(office.packed({"[Content_Types].xml": b"a" * 1000}))
    place = lying.index(b"PK\x01\x02") + 24
    lying[place : place + 4] = struct.pack("<I", 10)
    assert refused(bytes(lying)) is Reason.BROKEN


def test_pictures_copied_out_of_a_file_name_its_copy():
    parts = office.unpacked(mark_office(FILES["docx"], MINE, KEY, SHOWN))
    name = next(name for name in parts if name.startswith("word/media/image"))
    assert detect(gray(parts[name]), KEY).copy_id == MINE


def test_a_zip_inside_is_carried_and_never_opened():
    inner = office.packed({"bomb": bytes(1 << 20)})
    data = office.changed(FILES["docx"], **{"word/embeddings/inner.zip": inner})
    assert office.unpacked(mark_office(data, MINE, KEY, SHOWN))["word/embeddings/inner.zip"] == inner


def test_locked_and_old_office_files_are_named():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    for data, reason in (
        (ole + "EncryptedPackage".encode("utf-16-le"), Reason.ENCRYPTED),
        (ole + bytes(600), Reason.FORMAT),
        (b"GIF89a" + bytes(20), Reason.ANIMATED),
        (b"\x00\x01\x02", Reason.FORMAT),
    ):
        with pytest.raises(Refused) as error:
            kind_of(data)
        assert error.value.reason is reason
    assert kind_of("文字".encode()) is Kind.TEXT
    assert kind_of(FILES["xlsx"]) is Kind.OFFICE


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=12))
def test_damaged_files_are_refused_or_marked_but_nothing_else(place, junk):
    data = bytearray(FILES["pptx"])
    place %= len(data)
    data[place : place + len(junk)] = junk
    with contextlib.suppress(Refused):
        assert office.unpacked(mark_office(bytes(data), MINE, KEY, SHOWN))
