"""XMP packets in PNG, JPEG, WebP and TIFF, by bytes: pixels are neither decoded nor written anew."""

import struct
import zlib
from collections.abc import Iterator

from midun.lib.marking.documents.files import Kind
from midun.lib.marking.errors import Reason, Refused

_PNG_KEY = b"XML:com.adobe.xmp\x00"
_PNG_HEAD = _PNG_KEY + b"\x00\x00\x00\x00"
_JPEG_KEY = b"http://ns.adobe.com/xap/1.0/\x00"
_JPEG_MORE = b"http://ns.adobe.com/xmp/extension/\x00"
_JPEG_MOST = 65533
_SOS, _APP0, _APP1 = 0xDA, 0xE0, 0xE1
_TIFF_XMP, _ENTRY, _TRAILER = 700, 12, b"midun-tiff-label"
_XMP_FLAG = 0x04
_BROKEN = "图像文件已损坏，请另存后再试。"

Segment = tuple[bytes, bytes, bytes]
"""Name, content, and the bytes as they stand."""


def packet_of(data: bytes, kind: Kind) -> bytes | None:
    """The XMP packet of an image, if it has one.

    Raises:
        Refused: BROKEN, FORMAT.

    """
    if kind is Kind.TIFF:
        entry = next((one for one in _directory(data)[1] if one[0] == _TIFF_XMP), None)
        return None if entry is None else _tiff_value(data, entry)
    return next((packet for _, packet in _found(list(_segments(data, kind)), kind)), None)


def with_packet(data: bytes, kind: Kind, packet: bytes | None) -> bytes:
    """The image with that packet in place of its own, or without any.

    Raises:
        Refused: BROKEN, FORMAT, TOO_BIG (a JPEG segment holds 64 KiB).

    """
    if kind is Kind.TIFF:
        return _tiff(data, packet)
    segments = list(_segments(data, kind))
    held = [place for place, _ in _found(segments, kind)]
    for place in reversed(held):
        del segments[place]
    if kind is Kind.WEBP:
        return _webp(segments, packet)
    if packet is not None:
        place = held[0] if held else _place(segments, kind)
        segments.insert(place, (b"", b"", _segment(packet, kind)))
    return b"".join(raw for _, _, raw in segments)


def _segment(packet: bytes, kind: Kind) -> bytes:
    if kind is Kind.PNG:
        content = _PNG_HEAD + packet
        return struct.pack(">I", len(content)) + b"iTXt" + content + struct.pack(">I", zlib.crc32(b"iTXt" + content))
    if len(_JPEG_KEY) + len(packet) + 2 > _JPEG_MOST:
        raise Refused(Reason.TOO_BIG, "JPEG 的元数据放不下密级标识，请缩短知悉范围或备注。")
    return b"\xff\xe1" + struct.pack(">H", len(_JPEG_KEY) + len(packet) + 2) + _JPEG_KEY + packet


def _place(segments: list[Segment], kind: Kind) -> int:
    """Before the pixels in PNG; after JFIF and Exif in JPEG."""
    if kind is Kind.PNG:
        return next(place for place, one in enumerate(segments) if one[0] == b"IDAT")
    place = 1
    while segments[place][0] == b"\xe0" or (segments[place][0] == b"\xe1" and segments[place][1][:4] == b"Exif"):
        place += 1
    return place


def _found(segments: list[Segment], kind: Kind) -> Iterator[tuple[int, bytes]]:
    for place, (name, content, _) in enumerate(segments):
        if kind is Kind.PNG and name == b"iTXt" and content.startswith(_PNG_KEY):
            if not content.startswith(_PNG_HEAD):
                raise Refused(Reason.FORMAT, "PNG 原有的 XMP 元数据是压缩的，无法写入密级标识。")
            yield place, content[len(_PNG_HEAD) :]
        if kind is Kind.JPEG and name == b"\xe1" and content.startswith(_JPEG_MORE):
            raise Refused(Reason.FORMAT, "JPEG 使用扩展 XMP 元数据，无法写入密级标识。")
        if kind is Kind.JPEG and name == b"\xe1" and content.startswith(_JPEG_KEY):
            yield place, content[len(_JPEG_KEY) :]
        if kind is Kind.WEBP and name == b"XMP ":
            yield place, content


def _segments(data: bytes, kind: Kind) -> Iterator[Segment]:
    try:
        if kind is Kind.PNG:
            yield from _png(data)
        elif kind is Kind.JPEG:
            yield from _jpeg(data)
        else:
            yield from _riff(data)
    except (struct.error, IndexError) as error:
        raise Refused(Reason.BROKEN, _BROKEN) from error


def _png(data: bytes) -> Iterator[Segment]:
    yield b"", b"", data[:8]
    place, name = 8, b""
    while name != b"IEND":
        size = struct.unpack_from(">I", data, place)[0]
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        check = struct.unpack_from(">I", data, place + 8 + size)[0]
        if check != zlib.crc32(name + content):
            raise Refused(Reason.BROKEN, _BROKEN)
        yield name, content, data[place : place + 12 + size]
        place += 12 + size
    yield b"", b"", data[place:]


def _jpeg(data: bytes) -> Iterator[Segment]:
    yield b"", b"", data[:2]
    place = 2
    while data[place + 1] != _SOS:
        size = struct.unpack_from(">H", data, place + 2)[0]
        if data[place] != 0xFF or size < 2 or place + 2 + size > len(data):  # noqa: PLR2004  # marker, length of length
            raise Refused(Reason.BROKEN, _BROKEN)
        yield data[place + 1 : place + 2], data[place + 4 : place + 2 + size], data[place : place + 2 + size]
        place += 2 + size
    yield b"\xda", b"", data[place:]


def _riff(data: bytes) -> Iterator[Segment]:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise Refused(Reason.BROKEN, _BROKEN)
    place = 12
    while place < end:
        size = struct.unpack_from("<I", data, place + 4)[0]
        content = data[place + 8 : place + 8 + size]
        if len(content) != size:
            raise Refused(Reason.BROKEN, _BROKEN)
        yield data[place : place + 4], content, data[place : place + 8 + size + size % 2]
        place += 8 + size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)


def _webp(segments: list[Segment], packet: bytes | None) -> bytes:
    """Flags stand in VP8X; a simple file is given one, and loses it again if nothing else needs it."""
    head = next((one for one in segments if one[0] == b"VP8X"), None)
    rest = [raw for name, _, raw in segments if name != b"VP8X"]
    if head is None:
        flags, size = 0, _webp_size(segments)
    else:
        flags, size = head[1][0] & ~_XMP_FLAG, head[1][4:10]
    if packet is not None:
        flags |= _XMP_FLAG
        rest.append(_chunk(b"XMP ", packet))
    if flags or (head is not None and not head[1][0] & _XMP_FLAG):
        rest.insert(0, _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size))
    body = b"WEBP" + b"".join(rest)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_size(segments: list[Segment]) -> bytes:
    """Width and height less one, three bytes each."""
    for name, content, _ in segments:
        if name == b"VP8 " and content[3:6] == b"\x9d\x01\x2a":
            width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", content, 6))
        elif name == b"VP8L" and content[:1] == b"\x2f":
            bits = struct.unpack_from("<I", content, 1)[0]
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
            if bits >> 28 & 1:
                raise Refused(Reason.FORMAT, "带透明度的简单 WebP 无法写入密级标识，请另存为 PNG。")
        else:
            continue
        return struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    raise Refused(Reason.BROKEN, _BROKEN)


def _directory(data: bytes) -> tuple[int, list[tuple[int, int, int, bytes]], bytes]:
    """Offset of the first directory, its entries (tag, type, count, value or offset), the offset of the next."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        start = struct.unpack_from(order + "I", data, 4)[0]
        count = struct.unpack_from(order + "H", data, start)[0]
        entries = [struct.unpack_from(order + "HHI4s", data, start + 2 + _ENTRY * number) for number in range(count)]
        following = data[start + 2 + _ENTRY * count :][:4]
        if len(following) != 4:  # noqa: PLR2004  # an offset
            raise Refused(Reason.BROKEN, _BROKEN)
    except struct.error as error:
        raise Refused(Reason.BROKEN, _BROKEN) from error
    return start, [(tag, kind, size, value) for tag, kind, size, value in entries], following


def _tiff_value(data: bytes, entry: tuple[int, int, int, bytes]) -> bytes:
    order = "<" if data[:2] == b"II" else ">"
    start = struct.unpack(order + "I", entry[3])[0]
    return entry[3][: entry[2]] if entry[2] <= 4 else data[start : start + entry[2]]  # noqa: PLR2004  # fits inside


def _tiff(data: bytes, packet: bytes | None) -> bytes:
    """A new first directory at the end of the file; the trailer remembers what to cut off and to restore."""
    order = "<" if data[:2] == b"II" else ">"
    if data.endswith(_TRAILER):
        length, first = struct.unpack_from(order + "II", data, len(data) - len(_TRAILER) - 8)
        data = data[:4] + struct.pack(order + "I", first) + data[8:length]
    if packet is None or packet == packet_of(data, Kind.TIFF):
        return data
    first, entries, following = _directory(data)
    padded = data + b"\x00" * (len(data) % 2)
    entries = sorted([one for one in entries if one[0] != _TIFF_XMP] + [(_TIFF_XMP, 1, len(packet), b"")])
    after = len(padded) + 2 + _ENTRY * len(entries) + 4
    body = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(order + "HHI4s", tag, kind, count, value or struct.pack(order + "I", after))
    trailer = struct.pack(order + "II", len(data), first) + _TRAILER
    return padded[:4] + struct.pack(order + "I", len(padded)) + padded[8:] + body + following + packet + trailer
