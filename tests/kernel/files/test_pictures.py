"""Pictures lose where and with what they were taken and whatever hides behind them, and keep every pixel."""

import io
import struct
import zlib
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from midun.kernel.files import pictures
from midun.kernel.files.kinds import BadUpload, accept
from midun.kernel.files.pictures import BrokenPicture, cleaned, small

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SECRETS = (b"SecretCamera", b"SecretText", b"<script>", b"PK\x03\x04")
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def scene(mode="RGB", size=(160, 90)):
    image = Image.new(mode, size)
    for x in range(size[0]):
        for y in range(0, size[1], 7):
            image.putpixel((x, y), (x, 2 * y, 90, 255)[: len(image.getbands())])
    return image


@lru_cache
def taken(kind, *, orientation=1, **options):
    """A picture as a phone takes it: with place and camera, with an ICC profile, and with more behind its end."""
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "SecretCamera", orientation
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 14.0, 3.0), 3: "E", 4: (121.0, 29.0, 9.0)})
    out = io.BytesIO()
    scene().save(out, kind, exif=exif, icc_profile=b"profile" * 20, comment=b"SecretText", **options)
    return out.getvalue() + b"<script>alert(1)</script>PK\x03\x04"


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", MIMES)
def test_metadata_goes_and_pixels_stay(kind):
    data = taken(kind)
    if kind == "PNG":
        text = b"tEXtComment\x00SecretText"
        chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
        data = data[:33] + chunk + data[33:]
    assert any(secret in data for secret in SECRETS)
    found, clean = accept(data)
    assert found.mime == MIMES[kind]
    assert not any(secret in clean for secret in SECRETS)
    after = opened(clean)
    assert dict(after.getexif()) == {}
    assert after.info.get("icc_profile") == b"profile" * 20
    assert ImageChops.difference(opened(data).convert("RGB"), after.convert("RGB")).getbbox() is None
    assert accept(clean)[1] == clean


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stays_upright(orientation):
    clean = cleaned(taken("JPEG", orientation=orientation), "image/jpeg")
    left = dict(opened(clean).getexif())
    assert left == ({} if orientation == 1 else {ORIENTATION: orientation})
    shown = opened(small(clean, width=80))
    assert (shown.width > shown.height) == (orientation < 5)


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"quality": 95, "subsampling": 0}, {"restart_marker_rows": 1}]
)
def test_every_sort_of_jpeg(options):
    data = taken("JPEG", **options)
    clean = cleaned(data, "image/jpeg")
    assert ImageChops.difference(opened(data), opened(clean)).getbbox() is None


def test_a_grey_and_a_transparent_picture():
    for kind, mode in (("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")):
        out = io.BytesIO()
        (scene("RGB").convert("P") if mode == "P" else scene(mode) if mode != "L" else scene().convert("L")).save(
            out, kind
        )
        assert opened(accept(out.getvalue())[1]).size == (160, 90)


@pytest.mark.parametrize("kind", MIMES)
def test_it_rejects_a_picture_cut_short(kind):
    data = taken(kind)
    whole = len(data) - 29
    for part in (0.3, 0.6, 0.95):
        with pytest.raises(BadUpload):
            accept(data[: int(whole * part)])


def test_it_rejects_a_decompression_bomb():
    """A few kilobytes that would unfold into gigabytes are refused by their header, before anything is decoded."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 100_000)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    with pytest.raises(BadUpload, match="像素过多"):
        accept(bomb)
    with pytest.raises(BrokenPicture):
        small(bomb, width=100)


def test_it_rejects_a_picture_a_little_too_large(monkeypatch):
    monkeypatch.setattr(pictures, "PIXELS", 160 * 90 - 1)
    with pytest.raises(BadUpload, match="像素过多"):
        accept(taken("JPEG"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow tells of damaged metadata, which goes anyway
@pytest.mark.parametrize("kind", MIMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_cleaned_or_refused(kind, data):
    """Whatever is flipped, cut or doubled: an answer, no crash, and nothing of the metadata in it."""
    raw = bytearray(taken(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 30))] = data.draw(st.integers(0, 255))
    try:
        _, clean = accept(bytes(raw))
    except BadUpload as bad:
        assert str(bad)
    else:
        assert b"<script>" not in clean
