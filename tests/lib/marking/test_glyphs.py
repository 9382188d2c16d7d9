"""Glyphs of live text moved aside: nothing else changes, cleaned and black-and-white scans still name their copy."""

import io
import itertools
import math

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from bench.documents.channels import CHANNELS, binarised, enhanced
from bench.documents.pages import document
from midun.config.marking_commands import main
from midun.lib.marking.documents.pdf import mark_pdf_and_glyphs
from midun.lib.marking.errors import Refused
from midun.lib.marking.glyphs.content import SHIFT, glyphs_of, move_glyphs
from midun.lib.marking.glyphs.copy import find_copy, move_copy
from midun.lib.marking.glyphs.measure import measured
from midun.lib.marking.glyphs.score import LIMIT, Measured, _bound, name, sides
from midun.lib.marking.keys import MarkKey

KEY = MarkKey(bytes(range(32)), 1)
IDS = [n.to_bytes(8, "big") for n in range(1_000)]
MINE = IDS[7]


def shown(data, dpi=150, number=0):
    with pypdfium2.PdfDocument(data) as opened:
        plane = opened[number].render(scale=dpi / 72, grayscale=True).to_numpy()
        return np.ascontiguousarray(plane.reshape(plane.shape[:2]))


def texts(data):
    with pypdfium2.PdfDocument(data) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


@pytest.fixture(scope="module")
def letter():
    """256 characters, as a letter, and its copy."""
    original = document("信函", 40)
    return original, mark_pdf_and_glyphs(original, MINE, KEY)[0]


def test_text_is_the_same_and_nobody_sees_it(letter):
    original, copy = letter
    assert texts(original) == texts(copy)
    with pikepdf.open(io.BytesIO(original)) as pdf, pikepdf.open(io.BytesIO(copy)) as other:
        before, after = glyphs_of(pdf.pages[0]), glyphs_of(other.pages[0])
    assert len(before) > 240
    moved = [b.box[0] - a.box[0] for a, b in zip(before, after, strict=True)]
    drawn = sides(MINE, 0, len(before), KEY)
    assert np.allclose(moved[::2], 0, atol=0.01)
    assert np.allclose(moved[1::2], SHIFT * drawn[1::2], atol=0.01)


CLEANED = {
    "black and white": binarised,
    "cleaned to white": enhanced,
    "scanned, black and white": lambda page: binarised(CHANNELS["print-scan"](page, "glyphs")),
    "chat": lambda page: CHANNELS["chat"](page, "glyphs"),
    "turned": lambda page: np.ascontiguousarray(np.rot90(page)),
}


@pytest.mark.parametrize("channel", CLEANED)
def test_a_cleaned_scan_names_its_copy(letter, channel):
    original, copy = letter
    found = find_copy(original, [CLEANED[channel](shown(copy))], IDS, KEY)
    assert found.copy_id == MINE
    assert found.log10_error <= math.log10(LIMIT)
    assert found.glyphs <= 128


def test_the_promise_from_a_hundred_and_twenty_glyphs(letter):
    """A black-and-white scan of a part of a page: at most 120 moved glyphs speak."""
    original, copy = letter
    rows = shown(copy).shape[0]
    page = binarised(shown(copy))
    found = find_copy(original, [page[: int(rows * 0.27)]], IDS, KEY)
    assert found is not None
    assert found.glyphs <= 120
    assert found.copy_id == MINE


def test_who_has_no_part_is_not_accused(letter):
    original, copy = letter
    page, others = binarised(shown(copy)), [n.to_bytes(8, "little") for n in range(1, 1_000)]
    assert find_copy(original, [page], others, KEY) is None
    assert find_copy(original, [page], IDS, MarkKey(bytes(32), 1)) is None
    assert find_copy(original, [shown(original)], IDS, KEY) is None
    assert find_copy(document("信函", 77), [page], IDS, KEY) is None
    assert find_copy(original, [np.full((900, 700), 255, np.uint8)], IDS, KEY) is None
    assert find_copy(original, [page], [], KEY) is None


def test_the_second_page_is_found_among_others():
    original = document("信函", 50, copies=3)
    copy, moved = mark_pdf_and_glyphs(original, MINE, KEY)
    assert moved > 300
    found = list(measured(original, binarised(shown(copy, number=1))))
    assert 1 in [one.page for one in found]
    assert name(found, IDS, KEY).copy_id == MINE


@given(st.lists(st.floats(-2, 2, allow_subnormal=False), min_size=1, max_size=10), st.floats(0, 20))
@settings(deadline=None)
def test_the_bound_is_one(values, score):
    """Against every choice of signs."""
    aside = np.array(values)
    sums = np.array(list(itertools.product((-1, 1), repeat=len(values)))) @ aside
    assert math.exp(_bound(aside, score)) >= (sums >= score + 1e-9).mean() - 1e-12


def test_decoys_score_as_chance_has_it():
    draw = np.random.default_rng(5)
    pages = [Measured(0, np.arange(1, 401, 2), draw.normal(0, 1, 200))]
    assert name(pages, [n.to_bytes(8, "little") for n in range(20_000)], KEY) is None
    strong = name(pages, [n.to_bytes(8, "little") for n in range(20_000)], KEY, limit=1e9)
    assert strong.log10_error > -2.5


def simple(content, widths=True, **page):
    made = pikepdf.new()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    if widths:
        font.FirstChar, font.Widths = 32, Array([500] * 224)
    sheet = made.add_blank_page(page_size=(300, 300))
    sheet.obj.Resources = Dictionary(Font=Dictionary(F1=made.make_indirect(font)))
    sheet.obj.Contents = made.make_stream(content)
    for key, value in page.items():
        sheet.obj[f"/{key}"] = value
    return made


LINES = {
    "Tj": b"BT /F1 12 Tf 20 200 Td (abcdef) Tj ET",
    "TJ": b"BT /F1 12 Tf 20 200 Td [(ab) -20 (cd) 30 (ef)] TJ ET",
    "quote": b"BT /F1 12 Tf 14 TL 20 200 Td (abc) ' (def) ' ET",
    "double quote": b'BT /F1 12 Tf 14 TL 20 200 Td 1 2 (abcdef) " ET',
    "scaled": b"q 2 0 0 2 0 0 cm BT /F1 6 Tf 80 Tz 1 0 0 1 10 60 Tm 1 Tc 2 Ts (abcdef) Tj ET Q",
    "inline image": b"q BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q BT /F1 12 Tf 20 200 Td (abcdef) Tj ET",
}


@pytest.mark.parametrize("line", LINES)
def test_every_way_of_showing_text(line):
    """Unmoved, the page looks the same to the last pixel; moved, the glyphs stand where they were sent."""
    pdf = simple(LINES[line])
    before, out = glyphs_of(pdf.pages[0]), io.BytesIO()
    pdf.save(out)
    assert len(before) == 6
    assert move_glyphs(pdf, pdf.pages[0], lambda _: 0.0) == 6
    same = io.BytesIO()
    pdf.save(same)
    assert (shown(out.getvalue()) == shown(same.getvalue())).all()
    move_glyphs(pdf, pdf.pages[0], lambda n: 1.0 if n % 2 else 0.0)
    after = glyphs_of(pdf.pages[0])
    moved = [b.box[0] - a.box[0] for a, b in zip(before, after, strict=True)]
    assert np.allclose(moved, [0, SHIFT] * 3, atol=0.01)


@pytest.mark.parametrize(
    "content",
    [
        b"BT /F1 12 Tf 3 Tr 20 200 Td (unseen) Tj ET",
        b"BT /F1 4 Tf 20 200 Td (tiny) Tj ET",
        b"BT /F1 90 Tf 20 200 Td (huge) Tj ET",
        b"BT /None 12 Tf 20 200 Td (unknown) Tj ET",
        b"BT /F1 12 Tf 20 200 Td () Tj ET",
        b"",
    ],
)
def test_what_is_not_moved(content):
    for pdf in (simple(content), simple(LINES["Tj"], widths=False)):
        before = pdf.pages[0].obj.Contents.read_bytes()
        assert glyphs_of(pdf.pages[0]) == []
        assert move_copy(pdf, MINE, KEY) == 0
        assert pdf.pages[0].obj.Contents.read_bytes() == before


@given(st.binary(max_size=120))
@settings(deadline=None, max_examples=60)
def test_broken_content_is_left_alone(noise):
    pdf = simple(LINES["Tj"] + b" " + noise)
    move_copy(pdf, MINE, KEY)
    assert len(pdf.pages) == 1


def test_a_turned_page_is_measured_along_its_text():
    with pikepdf.open(io.BytesIO(document("信函", 40))) as pdf:
        pdf.pages[0].obj.Rotate = 90
        out = io.BytesIO()
        pdf.save(out)
    copy, _ = mark_pdf_and_glyphs(out.getvalue(), MINE, KEY)
    assert find_copy(out.getvalue(), [binarised(shown(copy))], IDS, KEY).copy_id == MINE


def test_an_original_that_cannot_be_read_is_said(letter):
    with pytest.raises(Refused, match="原件"):
        find_copy(b"%PDF-1.7 nothing", [shown(letter[1])], IDS, KEY)


def test_the_commands(tmp_path, capsys, letter):
    source, home, leak = tmp_path / "函.pdf", ["--home", str(tmp_path / "home")], tmp_path / "leak.png"
    source.write_bytes(letter[0])
    people = [part for who in ("甲", "乙", "丙") for part in ("--to", who)]
    assert main(["mark", str(source), *people, "--glyphs", "--out", str(tmp_path / "out"), *home]) == 0
    cv2.imwrite(str(leak), binarised(shown((tmp_path / "out/乙/函.pdf").read_bytes())))
    assert main(["trace", str(leak), *home]) == 1
    capsys.readouterr()
    assert main(["trace", str(leak), "--original", str(source), *home]) == 0
    told = capsys.readouterr().out
    assert "发给 乙" in told
    assert "pdf-glyphs" in told
