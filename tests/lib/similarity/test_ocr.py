"""Scanned pages and pictures: read where the OCR package is installed, flagged where not. Both ways are real."""

import io
from pathlib import Path

import pypdfium2
import pytest
import typst
from PIL import Image

import midun.kernel
from midun.lib.similarity.readers import ocr
from midun.lib.similarity.readers.files import read_bytes

TEXT = "淬火温度控制在八百四十摄氏度，随后在机油中冷却至室温。"
FONTS = Path(midun.kernel.__file__).parent / "documents" / "fonts"


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A printed page as a picture."""
    source = tmp_path_factory.mktemp("scan") / "a.typ"
    source.write_text(f'#set text(font: "Noto Serif CJK SC", size: 16pt)\n{TEXT}', encoding="utf-8")
    page = pypdfium2.PdfDocument(typst.compile(str(source), font_paths=[str(FONTS)]))[0]
    return page.render(scale=200 / 72).to_pil()


def saved(picture, form):
    out = io.BytesIO()
    picture.save(out, form, resolution=200)
    return out.getvalue()


@pytest.mark.parametrize(("form", "name"), [("PDF", "扫描.pdf"), ("PNG", "照片.png")])
def test_a_scan_is_read_or_flagged(scan, form, name):
    (made,) = read_bytes(saved(scan, form), name)
    if ocr.engine():
        text = "".join(made.parts[0].text.split())
        assert sum(a == b for a, b in zip(text, TEXT, strict=False)) > 0.9 * len(TEXT)
        assert any(ocr.READ in notice for notice in made.notices)
    else:
        assert made.parts == ()
        assert any("OCR" in notice for notice in made.notices)


def test_what_is_recognised_stands_on_its_page(scan):
    """The way around the engine, with one that reads: the text takes the page's place and the notice says so."""
    heard = []

    def reads(pixels):
        heard.append(pixels.shape)
        return [[None, "一行", 0.9], [None, "又一行", 0.9]], 0.1

    assert ocr.text_of(scan, reads) == "一行\n又一行"
    assert heard == [(scan.height, scan.width, 3)]
    assert ocr.text_of(scan, lambda _: (None, 0.1)) == ""


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"not a picture", b"GIF89a"])
def test_a_damaged_picture_is_reported(data):
    (made,) = read_bytes(data, "a.png")
    assert made.parts == ()
    assert made.notices


def test_a_picture_too_large_is_not_unpacked():
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    (made,) = read_bytes(bomb, "a.png")
    assert made.parts == ()
    assert made.notices
