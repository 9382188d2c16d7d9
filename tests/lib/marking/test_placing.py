import io

import numpy as np
import openpyxl
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from midun.lib.marking.documents.files import Kind, kind_of
from midun.lib.marking.documents.package import Package
from midun.lib.marking.documents.placing import images, labels, ooxml, text, xmp
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.label.grades import WORDS
from midun.lib.marking.label.model import Method
from tests.lib.marking import office
from tests.lib.marking.labels import LABEL, because, following, signed
from tests.lib.marking.prose import SOURCE
from tests.lib.marking.test_pdf import document

FIRST = signed(LABEL)
SECOND = signed(following(LABEL, grade=WORDS["一般"], change=because("grade")))
FOREIGN = xmp.add(None, b"{}").replace(b"midun", b"other")


def picture(kind, mode="RGB", **options):
    out = io.BytesIO()
    Image.fromarray(np.arange(300 * 200 * 3, dtype=np.uint32).astype(np.uint8).reshape(200, 300, 3)).convert(mode).save(
        out, kind, **options
    )
    return out.getvalue()


def with_foreign_png():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", FOREIGN.decode())
    return picture("PNG", pnginfo=info)


FILES = {
    "docx": (office.word(header="页眉"), ".docx"),
    "xlsx": (office.book(), ".xlsx"),
    "pptx": (office.slides(), ".pptx"),
    "pdf": (document(2), ".pdf"),
    "png": (picture("PNG"), ".png"),
    "png with XMP": (with_foreign_png(), ".png"),
    "jpeg": (picture("JPEG"), ".jpg"),
    "jpeg with XMP": (picture("JPEG", xmp=FOREIGN), ".jpg"),
    "webp": (picture("WEBP", lossless=True), ".webp"),
    "webp lossy": (picture("WEBP"), ".webp"),
    "webp with alpha": (picture("WEBP", "RGBA", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"), ".webp"),
    "tiff": (picture("TIFF"), ".tif"),
    "tiff compressed": (picture("TIFF", compression="tiff_lzw"), ".tif"),
    "python": (SOURCE.encode(), ".py"),
    "shell": (b"#!/bin/sh\necho 1\n", ".sh"),
    "windows": ("// 说明\r\nint a;\r\n".encode(), ".c"),
    "markdown": ("---\ntitle: 一\n---\n# 标题\n".encode(), ".md"),
    "html": ("<!DOCTYPE html>\n<p>一</p>\n".encode(), ".html"),
    "empty": (b"", ".py"),
}
EXACT = {name for name, (_, suffix) in FILES.items() if suffix not in {".docx", ".xlsx", ".pptx", ".pdf"}}


@pytest.mark.parametrize("name", FILES)
def test_a_label_is_put_found_replaced_and_taken_off(name):
    data, suffix = FILES[name]
    assert labels.find(data).envelope is None
    before = labels.document(data)
    once = labels.put(data, suffix, FIRST)
    assert labels.find(once).envelope == FIRST.encode()
    twice = labels.put(once, suffix, SECOND)
    assert labels.find(twice).envelope == SECOND.encode()
    assert labels.document(twice) == before
    off = labels.remove(twice)
    assert labels.find(off).envelope is None
    assert not any(key.startswith(("Midun", "MSIP")) for key in labels.find(off).properties)
    if name in EXACT:
        assert off == data
        assert before.method is Method.BYTES


@pytest.mark.parametrize(
    "name", [name for name in FILES if kind_of(FILES[name][0]) in {Kind.PNG, Kind.JPEG, Kind.WEBP, Kind.TIFF}]
)
def test_pixels_stay_and_other_programs_read_the_packet(name):
    data, suffix = FILES[name]
    with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(labels.put(data, suffix, FIRST))) as other:
        assert np.array_equal(np.asarray(one), np.asarray(other))
        assert "midun:label" in str(other.info.get("xmp") or other.info.get("XML:com.adobe.xmp"))
        if "with XMP" in name:
            assert "other:label" in str(other.info.get("xmp") or other.info.get("XML:com.adobe.xmp"))


def test_a_changed_document_is_noticed():
    for name in ("docx", "pdf", "png", "python"):
        data, suffix = FILES[name]
        labelled = labels.put(data, suffix, FIRST)
        other = {
            "docx": office.word(header="别的"),
            "pdf": document(1),
            "png": with_foreign_png(),
            "python": SOURCE.encode() + b"x = 1\n",
        }
        assert labels.document(other[name]) != labels.document(labelled)


def test_office_properties_are_what_label_tools_read():
    made = openpyxl.load_workbook(io.BytesIO(labels.put(FILES["xlsx"][0], ".xlsx", FIRST)))
    found = {one.name: one.value for one in made.custom_doc_props.props}
    assert found["MidunGrade"] == "核心"
    assert [value for key, value in found.items() if key.startswith("MSIP") and key.endswith("_Enabled")] == ["true"]


def test_properties_of_others_stay():
    workbook = openpyxl.Workbook()
    workbook.custom_doc_props.append(openpyxl.packaging.custom.StringProperty(name="项目", value="甲"))
    foreign = "MSIP_Label_33333333-3333-4333-8333-333333333333_Enabled"
    workbook.custom_doc_props.append(openpyxl.packaging.custom.StringProperty(name=foreign, value="true"))
    out = io.BytesIO()
    workbook.save(out)
    off = labels.remove(labels.put(out.getvalue(), ".xlsx", FIRST))
    assert ooxml.properties(Package(off)) == {"项目": "甲", foreign: "true"}


def test_pdf_tools_read_the_packet():
    labelled = labels.put(FILES["pdf"][0], ".pdf", FIRST)
    with pikepdf.open(io.BytesIO(labelled)) as pdf:
        assert str(LABEL.id) in pdf.open_metadata()["{urn:midun:label:1:}label"]
        assert str(pdf.docinfo["/MidunOwner"]).startswith("秘盾示范")


def test_a_packet_written_anew_by_another_program_is_read():
    packet = xmp.add(None, FIRST.encode())
    with pikepdf.open(io.BytesIO(FILES["pdf"][0])) as pdf:
        pdf.Root.Metadata = pikepdf.Stream(pdf, packet)
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "x"
        anew = pdf.Root.Metadata.read_bytes()
    assert xmp.get(anew) == FIRST.encode()
    assert xmp.get(xmp.remove(anew)) is None
    assert xmp.get(xmp.add(anew, SECOND.encode())) == SECOND.encode()


def test_places_in_text():
    assert labels.put(b"#!/bin/sh\necho 1\n", ".sh", FIRST).startswith(b"#!/bin/sh\n# midun-label: ")
    coded = b"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n"
    assert labels.put(coded, ".py", FIRST).startswith(coded[:-6] + b"# midun-label: ")
    assert b"\r\n" in labels.put(FILES["windows"][0], ".c", FIRST).split(b"int")[0]
    for suffix in (".txt", ".csv", ".json", ".php"):
        assert not labels.has_place("文字".encode(), suffix)
        with pytest.raises(Refused) as error:
            labels.put("文字".encode(), suffix, FIRST)
        assert error.value.reason is Reason.FORMAT
    assert text.get("# midun-label: A\n") == b""


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["png", "jpeg", "webp", "tiff", "tiff compressed"]),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=8),
)
def test_damaged_images_are_refused_or_handled(name, place, junk):
    data = bytearray(FILES[name][0])
    data[place : place + len(junk)] = junk
    try:
        kind = kind_of(bytes(data))
        if kind in {Kind.PNG, Kind.JPEG, Kind.WEBP, Kind.TIFF}:
            images.with_packet(bytes(data), kind, images.packet_of(bytes(data), kind))
    except Refused as error:
        assert str(error)


def test_too_big_for_a_segment_is_refused():
    with pytest.raises(Refused) as error:
        images.with_packet(FILES["jpeg"][0], Kind.JPEG, bytes(65_530))
    assert error.value.reason is Reason.TOO_BIG
