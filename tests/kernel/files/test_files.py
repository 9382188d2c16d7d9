"""Files are judged by content, stored once, and readable exactly when their owner is."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from midun.campaigns.models import Campaign, PlanLine
from midun.kernel.files import store
from midun.kernel.files.kinds import JPEG, PDF, BadUpload, accept, safe_name
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach, remove


def picture(exif=False):
    out = io.BytesIO()
    image = Image.new("RGB", (1200, 900), "navy")
    meta = Image.Exif()
    meta[0x010F] = "SecretCamera"
    image.save(out, "JPEG", **({"exif": meta} if exif else {}))
    return out.getvalue()


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def owner(cast, at):
    campaign = Campaign.objects.create(
        organiser=cast.city_bureau, title="服务月", level=3, year=2025, start=at.date(), end=at.date(), created_at=at
    )
    return PlanLine.objects.create(campaign=campaign, unit=cast.east_bureau, created_at=at, number=1, content="走访")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\x00",
        b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40,
        b"\x00\x00\x00\x18ftypqt  " + b"\x00" * 40,
        b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        b"GIF89a<script>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        zipped({"a.txt": b"x"}),
        zipped({"word/document.xml": b"<w/>", "word/vbaProject.bin": b"macro"}),
        zipped({"xl/workbook.xml": b"<w/>", "xl/macrosheets/sheet1.xml": b"macro"}),
        zipped({"word/document.xml": b"<w/>", "word/activeX/activeX1.bin": b"control"}),
        zipped({"xl/workbook.xml": b"0" * 30_000_000}),
    ],
    ids=[
        *("empty", "html", "svg", "exe", "heic", "quicktime", "html in a jpeg", "gif"),
        *("old office", "zip", "macro", "old macro", "control", "bomb"),
    ],
)
def test_it_rejects_bad_content(data):
    with pytest.raises(BadUpload):
        accept(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused(data):
    try:
        accept(data)
    except BadUpload as bad:
        assert str(bad)


def test_names_are_harmless():
    assert safe_name("../../etc/passwd", JPEG) == "passwd.jpg"
    assert safe_name("C:\\temp\\签到表.exe", PDF) == "签到表.pdf"
    assert safe_name("\x00<b>.png", JPEG) == "b.jpg"
    assert len(safe_name("长" * 500, JPEG)) <= 130


def test_it_works(owner, cast, at, login):
    data = picture()
    first = attach(
        owner=owner, data=data, name="现场.jpg", kind=Attachment.Kind.PHOTO, actor=cast.actor("district_officer"), at=at
    )
    attach(
        owner=owner, data=data, name="再传.jpg", kind=Attachment.Kind.PHOTO, actor=cast.actor("district_officer"), at=at
    )
    assert store.path_of(first.blob_id).exists()
    assert Attachment.objects.of(owner).values("blob").distinct().count() == 1
    answer = login("district_officer").get(f"/files/{first.pk}/")
    assert (answer.content, answer["X-Content-Type-Options"]) == (data, "nosniff")


def test_outsider_gets_404(owner, cast, at, login):
    found = attach(
        owner=owner,
        data=picture(),
        name="x.jpg",
        kind=Attachment.Kind.PHOTO,
        actor=cast.actor("district_officer"),
        at=at,
    )
    for who in ("other_district_officer", "enterprise_admin", "visitor", "auditor"):
        assert login(who).get(f"/files/{found.pk}/").status_code == 404
        assert login(who).get(f"/files/{found.pk}/thumbnail/").status_code == 404


def test_a_removed_file_is_gone_but_named_in_the_trail(owner, cast, at, login):
    actor = cast.actor("district_officer")
    found = attach(owner=owner, data=picture(), name="x.jpg", kind=Attachment.Kind.PHOTO, actor=actor, at=at)
    remove(attachment=found, owner=owner, actor=actor, at=at, reason="传错了")
    assert login("district_officer").get(f"/files/{found.pk}/").status_code == 404
    assert store.path_of(found.blob_id).exists()


def test_a_thumbnail_has_no_metadata(owner, cast, at, login):
    data = picture(exif=True)
    assert b"SecretCamera" in data
    found = attach(
        owner=owner, data=data, name="x.jpg", kind=Attachment.Kind.PHOTO, actor=cast.actor("district_officer"), at=at
    )
    small = login("district_officer").get(f"/files/{found.pk}/thumbnail/").content
    assert b"SecretCamera" not in small
    assert Image.open(io.BytesIO(small)).width == 480


def test_a_changed_blob_is_noticed(owner, cast, at):
    found = attach(
        owner=owner,
        data=picture(),
        name="x.jpg",
        kind=Attachment.Kind.PHOTO,
        actor=cast.actor("district_officer"),
        at=at,
    )
    path = store.path_of(found.blob_id)
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="does not match"):
        store.get(found.blob_id)
