"""Pictures without what they must not tell: where and with what they were taken, or anything hidden behind them.

Metadata is cut out without decoding, so no pixel changes (ISO/IEC 10918-1 Annex B for JPEG, ISO/IEC 15948 for PNG, RFC
9649 for WebP): what is kept is a list of known parts, everything else goes, and so does whatever follows the picture's
end. Only the orientation of a JPEG is written back, alone, because without it photos of phones would lie on their side.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

PIXELS = 80_000_000
"""No larger picture is decoded (up to 240 MB of memory); the phones of today take 50 million at most."""

_ORIENTATION = 0x0112
_UPRIGHT = 1
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_KEPT_SEGMENTS = {_APP0: b"JFIF\x00", _APP2: b"ICC_PROFILE\x00", _APP14: b"Adobe"}
_START_OF_SCAN, _END = 0xDA, 0xD9
# Within a scan 0xFF is followed by zero (stuffed), a restart marker, or 0xFF (fill); anything else ends the scan.
_MARKER = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"))
_KEPT_PARTS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04


_PILLOW = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow raises for bad bytes, over its versions and kinds."""


class BrokenPicture(Exception):
    """The bytes are no whole picture of their kind, or one too large to handle."""


def cleaned(data: bytes, mime: str) -> bytes:
    """`data` without metadata and without anything behind the picture. Raises `BrokenPicture`."""
    check(data)
    strip = {"image/jpeg": _clean_jpeg, "image/png": _clean_png, "image/webp": _clean_webp}[mime]
    try:
        return strip(data)
    except (IndexError, struct.error) as error:
        raise BrokenPicture("图片不完整") from error


def check(data: bytes) -> None:
    """Decode the whole picture, as small as its kind allows. Raises `BrokenPicture`."""
    with _opened(data) as image:
        image.draft("RGB", (image.width // 8, image.height // 8))
        image.load()


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The picture, not decoded yet; whatever Pillow finds wrong while the body works on it is one exception."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > PIXELS:
                raise BrokenPicture("图片像素过多，请缩小后再上传")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BrokenPicture("图片像素过多，请缩小后再上传") from error
    except _PILLOW as error:
        raise BrokenPicture("图片已损坏或不完整，无法打开，请重新拍摄或导出后再上传") from error


def small(data: bytes, *, width: int) -> bytes:
    """A JPEG at most `width` pixels wide, upright, without metadata. Raises `BrokenPicture`."""
    with _opened(data) as image:
        image.draft("RGB", (2 * width, 2 * width))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((width, width * 4))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=80)
    return out.getvalue()


def _clean_jpeg(data: bytes) -> bytes:
    kept = [data[:2]]
    for marker, segment in _segments(data):
        wanted = _KEPT_SEGMENTS.get(marker)
        if _APP0 <= marker <= _APP15 or marker == _COMMENT:
            if wanted is not None and segment[4:].startswith(wanted):
                kept.append(segment)
        else:
            kept.append(segment)
    turned = _orientation(data)
    if turned != _UPRIGHT:
        exif = Image.Exif()
        exif[_ORIENTATION] = turned
        body = exif.tobytes()
        after = 2 if len(kept) > 1 and kept[1][1] == _APP0 else 1
        kept.insert(after, b"\xff" + bytes((_APP1,)) + struct.pack(">H", len(body) + 2) + body)
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of every segment up to the end of the picture; a scan's bytes belong to its segment."""
    at = 2
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
            raise BrokenPicture("图片不完整")
        while data[at + 1] == 0xFF:  # noqa: PLR2004  # fill bytes
            at += 1
        marker = data[at + 1]
        if marker == _END:
            yield marker, data[at : at + 2]
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if marker == _START_OF_SCAN:
            found = _MARKER.search(data, end)
            if found is None:
                raise BrokenPicture("图片不完整")
            end = found.start()
        yield marker, data[at:end]
        at = end


def _orientation(data: bytes) -> int:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            found = image.getexif().get(_ORIENTATION, _UPRIGHT)
    except _PILLOW:
        return _UPRIGHT
    return found if found in range(1, 9) else _UPRIGHT


def _clean_png(data: bytes) -> bytes:
    kept, at, kind = [_PNG], len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) != 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise BrokenPicture("图片不完整")
        if kind in _KEPT_CHUNKS:
            kept.append(chunk)
        at += 12 + length
    return b"".join(kept)


def _clean_webp(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 4)
    end, at, kept = min(8 + size, len(data)), 12, []
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        part = data[at : at + 8 + length + length % 2]
        if kind == b"VP8X":
            part = part[:8] + bytes((part[8] & ~(_WEBP_EXIF | _WEBP_XMP),)) + part[9:]
        if kind in _KEPT_PARTS:
            kept.append(part)
        at += 8 + length + length % 2
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
