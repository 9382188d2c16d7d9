"""Files through the page, as a malicious or careless person sends them; and what leaves again as a spreadsheet."""

import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook
from PIL import Image

from midun.kernel.files import store
from midun.kernel.files.models import Attachment, Blob
from midun.publicity.models import NewsItem
from tests.campaigns.factories import running
from tests.kernel.files.test_files import zipped

GPS = 0x8825
NEW = "/publicity/news-items/new/"


def post(client, *files, **more):
    uploads = [SimpleUploadedFile(name, data, content_type=kind) for name, data, kind in files]
    fields = {"title": "服务月启动", "medium": "东区报", "level": "district", "day": "2025-06-10", "version": 1, **more}
    return client.post(NEW, {**fields, "uploads": uploads})


def photo():
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 14.0, 3.0), 3: "E", 4: (121.0, 29.0, 9.0)})
    Image.new("RGB", (400, 300), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")


BAD = {
    "a page called a picture": ("照片.jpg", b"<html><script>alert(1)</script></html>", "image/jpeg"),
    "a drawing with a script": (
        "图.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "image/svg+xml",
    ),
    "a program called a document": ("材料.pdf", b"MZ\x90\x00" + b"\0" * 200, "application/pdf"),
    "a picture of 2.5 billion pixels": ("图.png", bomb(), "image/png"),
    "a picture cut short": ("图.jpg", photo()[:400], "image/jpeg"),
    "a document with macros": (
        "表.docx",
        zipped({"word/document.xml": b"<w/>", "word/vbaProject.bin": b"x"}),
        "application/zip",
    ),
    "an archive": ("全部.zip", zipped({"a.txt": b"x"}), "application/zip"),
    "a zip bomb called a workbook": ("表.xlsx", zipped({"xl/workbook.xml": b"0" * 60_000_000}), "application/zip"),
    "a text": ("说明.txt", "你好".encode(), "text/plain"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_rejects(login, case):
    """With a sentence on the form, and without keeping anything of it, nor of the good file beside it."""
    client = login("district_officer")
    answer = post(client, BAD[case], ("好的.jpg", photo(), "image/jpeg"))
    assert answer.status_code == 200
    assert BAD[case][0] in answer.content.decode()
    assert not NewsItem.objects.unscoped("test").exists()
    assert not Blob.objects.unscoped("test").exists()


def test_it_rejects_too_many_files(login):
    answer = post(login("district_officer"), *((f"{n}.jpg", photo(), "image/jpeg") for n in range(21)))
    assert "一次最多上传 20 个文件" in answer.content.decode()


def test_a_photo_loses_where_it_was_taken(login):
    client = login("district_officer")
    assert post(client, ("现场.jpg", photo(), "image/jpeg")).status_code == 302
    kept = Attachment.objects.unscoped("test").get()
    stored = client.get(f"/files/{kept.pk}/").content
    assert stored == store.get(kept.blob_id)
    assert b"SecretCamera" not in stored
    assert dict(Image.open(io.BytesIO(stored)).getexif()) == {}


def test_a_picture_that_is_also_a_page_is_kept_as_a_picture_only(login):
    """A polyglot: whole as a picture, with a page and an archive behind its end."""
    client = login("district_officer")
    polyglot = photo() + b"<html><script>alert(document.cookie)</script></html>" + zipped({"x": b"y"})
    post(client, ("p.html", polyglot, "text/html"))
    kept = Attachment.objects.unscoped("test").get()
    answer = client.get(f"/files/{kept.pk}/")
    assert (kept.name, answer["Content-Type"]) == ("p.jpg", "image/jpeg")
    assert b"<script>" not in answer.content
    assert b"PK\x03\x04" not in answer.content


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/cron.d/x.jpg", "x.jpg"),
        ("..\\..\\windows\\system32\\a.jpg", "a.jpg"),
        ('"><script>alert(1)</script>.jpg', ".jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", ".jpg"),
        (".htaccess", ".jpg"),
        ("照片" * 200 + ".jpg", ".jpg"),
        ("签到表.jpg.exe", "签到表.jpg.jpg"),
    ],
)
def test_names_are_harmless(login, sent, kept):
    client = login("district_officer")
    post(client, (sent, photo(), "image/jpeg"))
    found = Attachment.objects.unscoped("test").get()
    assert found.name.endswith(kept)
    assert len(found.name) <= 130
    assert not set(found.name) & set('/\\<>"\r\n\0')
    answer = client.get(f"/files/{found.pk}/")
    assert "Set-Cookie" not in answer.headers or "x=1" not in str(answer.headers)
    assert "<script>alert" not in client.get(f"/publicity/news-items/{found.owner_id}/").content.decode()
    assert store.path_of(found.blob_id).is_file()


FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://evil.example","点我")',
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_leaves_as_text(login, text):
    client = login("district_officer")
    assert post(client, title=text).status_code == 302
    book = load_workbook(io.BytesIO(client.post("/publicity/news-items/", {"action": "export"}).content))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value and text.strip() in str(cell.value)]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    with zipfile.ZipFile(io.BytesIO(client.post("/publicity/news-items/", {"action": "export"}).content)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def workbook(rows):
    out, book = io.BytesIO(), Workbook(write_only=True)
    page = book.create_sheet()
    for row in rows:
        page.append(row)
    book.save(out)
    return out.getvalue()


def sheets():
    """Tables that must not be read: name → (file name, content)."""
    shell = workbook([["类别", "单位", "序号", "活动安排"]])
    with zipfile.ZipFile(io.BytesIO(shell)) as parts:
        members = {name: parts.read(name) for name in parts.namelist()}
    page = next(name for name in members if name.startswith("xl/worksheets/sheet"))
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    return {
        "a zip bomb": ("安排.xlsx", zipped({**members, page: b"<worksheet>" + b" " * 200_000_000})),
        "entities": ("安排.xlsx", zipped({**members, page: entity})),
        "too large": ("安排.csv", "类别,单位,序号,活动安排\n".encode() + b"x" * (21 * 1024 * 1024)),
        "not a table": ("安排.xlsx", photo()),
        "cut short": ("安排.xlsx", shell[: len(shell) // 2]),
        "a file outside": ("安排.docx", zipped({"../../evil": b"x", "word/document.xml": b"<w/>"})),
    }


@pytest.mark.parametrize("case", ["a zip bomb", "entities", "too large", "not a table", "cut short", "a file outside"])
def test_it_rejects_a_table(cast, login, case):
    """In the import of the annex and in that of enterprises alike: a sentence on the page, nothing kept."""
    campaign = running(cast.city_officer)
    name, data = sheets()[case]
    for path in (f"/campaigns/{campaign.pk}/import/", "/directory/enterprises/import/"):
        answer = login("city_officer").post(path, {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 200, (path, answer.status_code)
        shown = answer.content.decode()
        assert "invalid-feedback" in shown or "alert" in shown or "errorlist" in shown, path


def test_it_rejects_a_table_with_too_many_rows(cast, login):
    rows = [["企业名称", "统一社会信用代码"], *([f"企业{n}", "x"] for n in range(100_002))]
    answer = login("city_officer").post(
        "/directory/enterprises/import/", {"file": SimpleUploadedFile("企业.xlsx", workbook(rows))}
    )
    assert answer.status_code == 200
    assert "行" in answer.content.decode()
