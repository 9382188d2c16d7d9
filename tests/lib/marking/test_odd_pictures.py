"""Image files of every kind: marked in their own form, or refused with the reason."""

import io

import numpy as np
import pytest
from PIL import Image

from midun.lib.marking.documents.files import Kind, kind_of
from midun.lib.marking.documents.pictures import mark_picture
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.detector import detect
from midun.lib.marking.image.files import gray
from midun.lib.marking.keys import MarkKey
from tests.lib.marking import pictures

KEY, COPY = MarkKey(bytes(range(32)), 3), bytes(range(1, 9))


def _file(image, **options):
    out = io.BytesIO()
    image.save(out, options.pop("format", "PNG"), **options)
    return out.getvalue()


def _alpha():
    photo = Image.fromarray(pictures.photo(500, 500)).convert("RGBA")
    photo.putalpha(Image.fromarray(np.tile(np.linspace(160, 255, 500).astype(np.uint8), (500, 1))))
    return photo


KINDS = {
    "gray": lambda: _file(Image.fromarray(pictures.gray(pictures.photo(500, 500)))),
    "16 bits": lambda: _file(Image.fromarray(pictures.gray(pictures.photo(500, 500)).astype(np.uint16) * 257)),
    "palette": lambda: _file(Image.fromarray(pictures.photo(500, 500)).quantize(200)),
    "two colours": lambda: _file(Image.fromarray(pictures.page(600, 500)).convert("1")),
    "alpha": lambda: _file(_alpha()),
    "tiff": lambda: _file(Image.fromarray(pictures.photo(500, 500)), format="TIFF"),
    "webp": lambda: _file(Image.fromarray(pictures.photo(500, 500)), format="WEBP", lossless=True),
    "jpeg": lambda: _file(Image.fromarray(pictures.photo(500, 500)), format="JPEG", quality=90),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_marked_in_its_own_form(kind):
    data = KINDS[kind]()
    marked = mark_picture(data, kind_of(data), COPY, KEY)
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(marked))
    assert (after.format, after.size) == (before.format, before.size)
    assert detect(gray(marked), KEY).copy_id == COPY
    if kind == "alpha":
        assert (np.asarray(after.getchannel("A")) == np.asarray(before.getchannel("A"))).all()
    if kind == "16 bits":
        assert after.mode.startswith("I;16")


def test_animations_are_refused():
    frames = [Image.fromarray(pictures.photo(300, 300, seed)) for seed in (1, 2)]
    data = _file(frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(Refused) as refused:
        mark_picture(data, Kind.PNG, COPY, KEY)
    assert refused.value.reason is Reason.ANIMATED


def test_a_size_that_is_only_claimed_is_refused_before_it_is_unpacked():
    data = bytearray(_file(Image.new("L", (300, 300))))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(Refused) as refused:
        mark_picture(bytes(data), Kind.PNG, COPY, KEY)
    assert refused.value.reason in {Reason.TOO_BIG, Reason.BROKEN}
