"""A small slice of the documents benchmark: real pages, real renderers, figures that add up."""

import numpy as np

from bench.documents.amounts import copies_a_minute, large
from bench.documents.channels import CHANNELS
from bench.documents.colluders import mixed
from bench.documents.pages import BODIES, document, renderers
from bench.documents.run import KEY
from bench.documents.texts import survived
from bench.marking.corpus import Picture
from midun.lib.marking.documents.pdf import mark_pdf
from midun.lib.marking.image.detector import detect
from tests.lib.marking import pictures


def test_a_marked_page_is_read_in_every_renderer(tmp_path):
    target = tmp_path / "page.pdf"
    target.write_bytes(mark_pdf(document("信函", 3), b"COPY0001", KEY))
    shown = {name: show(target, 96) for name, show in renderers().items()}
    assert {name: detect(page, KEY).copy_id for name, page in shown.items()} == dict.fromkeys(shown, b"COPY0001")
    page = shown["pdfium"]
    assert all(act(page, "x").dtype == np.uint8 for act in CHANNELS.values())


def test_every_style_is_one_page_with_ink(tmp_path):
    for style in BODIES:
        source = tmp_path / "style.pdf"
        source.write_bytes(document(style, 1))
        page = renderers()["pdfium"](source, 72)
        assert (abs(np.subtract(page.shape, (842, 595))) <= 1).all()
        assert (page < 128).mean() > 0.004


def test_texts_and_amounts():
    assert survived(1, KEY)["原样粘贴"] == (1, 0, 1)
    few, many = large((2, 20))
    assert few.pages == 2
    assert many.grown < 10 * few.grown
    assert set(copies_a_minute(1, KEY)) == {"PDF，1 页", "DOCX，含图片", "PNG 图纸，1.1 百万像素", "源代码"}


def test_colluders_are_counted():
    row = next(mixed([Picture("p", "page", pictures.page(700, 600))], KEY.secret, 50, most=2))
    assert (row.leaks, row.named, row.innocent, row.decoys) == (1, 1, 0, 0)
