import io
import shutil
import subprocess

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name

from midun.lib.marking.documents import pdf
from midun.lib.marking.documents.files import new_file, read, write_new
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.detector import detect
from midun.lib.marking.keys import MarkKey

KEY = MarkKey(bytes(range(32)))
MINE = b"COPY0001"


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "work"
    found.mkdir()
    return found


def document(pages=1, *, size=(595, 842), rotate=0, unit=None, changes=None, **saving):
    made = pikepdf.new()
    font = made.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    lines = b"".join(b"1 0 0 1 60 %d Tm (Process window %d: 81.5 C, 3 bar) Tj\n" % (780 - 16 * n, n) for n in range(45))
    for number in range(pages):
        page = made.add_blank_page(page_size=size)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        page.obj.Contents = made.make_stream(b"BT /F1 11 Tf\n" + lines + b"(page %d) Tj ET" % number)
        page.obj.Rotate = rotate
        if unit:
            page.obj.UserUnit = unit
    if changes:
        changes(made)
    out = io.BytesIO()
    made.save(out, **saving)
    return out.getvalue()


def marked(data, folder, name="out.pdf"):
    target = folder / name
    write_new(target, pdf.mark_pdf(data, MINE, KEY))
    return target


def page(path, dpi=110, number=0):
    with pypdfium2.PdfDocument(path) as opened:
        image = opened[number].render(scale=dpi / 72, grayscale=True).to_numpy()
        return np.ascontiguousarray(image.reshape(image.shape[:2]))


def words(source):
    with pypdfium2.PdfDocument(source) as opened:
        return [one.get_textpage().get_text_range() for one in opened]


def refused(data, folder):
    with pytest.raises(Refused) as error:
        marked(data, folder)
    assert list(folder.iterdir()) == []
    return error.value.reason


def test_pages_name_the_copy_and_text_stays_text(folder):
    data = document(3)
    path = marked(data, folder)
    assert words(data) == words(path)
    assert detect(page(path, number=2), KEY).copy_id == MINE
    assert path.stat().st_size - len(data) < 40_000
    with pikepdf.open(path) as after, pikepdf.open(io.BytesIO(data)) as before:
        for one, other in zip(after.pages, before.pages, strict=True):
            assert other.Contents.read_bytes() in [stream.read_bytes() for stream in one.Contents]


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not installed")
def test_another_renderer_shows_the_same(folder):
    path = marked(document(), folder)
    subprocess.run(["pdftoppm", "-r", "96", "-gray", "-singlefile", path, folder / "page"], check=True)
    raw = (folder / "page.pgm").read_bytes()
    _, size, _, pixels = raw.split(b"\n", 3)
    width, height = map(int, size.split())
    assert detect(np.frombuffer(pixels, np.uint8).reshape(height, width).copy(), KEY).copy_id == MINE


@pytest.mark.parametrize("options", [{"rotate": 90}, {"size": (1190, 842)}, {"size": (298, 421), "unit": 2}], ids=str)
def test_pages_of_all_kinds(options, folder):
    assert detect(page(marked(document(**options), folder)), KEY).copy_id == MINE


def test_a_thousand_pages_cost_as_one_tile(folder):
    data = document(1000)
    path = marked(data, folder)
    assert path.stat().st_size < len(data) + 250_000  # names in page dictionaries; the pattern itself stands once
    with pikepdf.open(path) as opened:
        assert len({one.Resources.Pattern.MidunPattern.objgen for one in opened.pages}) == 1


def test_a_marked_copy_is_not_marked_again(folder):
    path = marked(document(), folder)
    with pytest.raises(Refused) as error:
        marked(path, folder, "again.pdf")
    assert error.value.reason is Reason.MARKED
    assert not (folder / "again.pdf").exists()


def sign(made):
    field = Dictionary(FT=Name.Sig, T="s", V=made.make_indirect(Dictionary(Type=Name.Sig)))
    made.Root.AcroForm = Dictionary(Fields=Array([made.make_indirect(field)]), SigFlags=3)


REFUSED = {
    "encrypted": (Reason.ENCRYPTED, {"encryption": pikepdf.Encryption(owner="a", user="b")}),
    "restricted": (Reason.ENCRYPTED, {"encryption": pikepdf.Encryption(owner="a", user="")}),
    "signed": (Reason.SIGNED, {"changes": sign}),
    "script": (
        Reason.MACROS,
        {"changes": lambda made: setattr(made.Root, "OpenAction", Dictionary(S=Name.JavaScript, JS="app.alert(1)"))},
    ),
    "dynamic form": (Reason.FORMAT, {"changes": lambda made: setattr(made.Root, "AcroForm", Dictionary(XFA="x"))}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_reason_and_nothing_is_left(case, folder):
    reason, options = REFUSED[case]
    assert refused(document(**options), folder) is reason


def test_broken_files_are_refused(folder):
    for data in (b"%PDF-1.7\n", b"%PDF-1.7\n" + b"<<" * 50_000, document()[:300]):
        assert refused(data, folder) is Reason.BROKEN


def test_files_are_never_overwritten_and_links_not_followed(folder):
    target = folder / "a"
    write_new(target, b"one")
    with pytest.raises(Refused) as error:
        write_new(target, b"two")
    assert error.value.reason is Reason.EXISTS
    assert read(target) == b"one"
    (folder / "link").symlink_to(target)
    for path in (folder / "link", folder, folder / "missing"):
        with pytest.raises(Refused):
            read(path)
    with pytest.raises(Refused):
        write_new(folder / "link", b"x")
    with pytest.raises(Refused) as error:
        read(target, limit=2)
    assert error.value.reason is Reason.TOO_BIG
    with pytest.raises(ZeroDivisionError), new_file(folder / "b") as temporary:
        temporary.write_bytes(b"half")
        1 / 0  # noqa: B018  # whatever goes wrong while writing
    assert sorted(one.name for one in folder.iterdir()) == ["a", "link"]
