"""What a reader may spend, so that no file can exhaust the machine."""

import lzma
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field

from midun.lib.similarity.errors import Refused

MEGABYTE = 1 << 20
DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError,
    RuntimeError, ValueError, TypeError, KeyError,
)  # fmt: skip
"""What archive readers of the standard library raise for damaged bytes (tarfile: TypeError for a header cut short)."""


@dataclass
class Budget:
    """Shared by everything read out of one file on disk: depth of nesting, members, bytes unpacked, ratio."""

    depth: int = 6
    members: int = 200_000
    bytes: int = 4096 * MEGABYTE
    member_bytes: int = 512 * MEGABYTE
    ratio: int = 200
    used: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def check_ratio(self, packed: int) -> None:
        """For streams that do not say their packed size per member. Raises `Refused`."""
        if self.used > self.ratio * max(MEGABYTE, packed):
            raise Refused(f"压缩比超过 {self.ratio} 倍，疑似压缩炸弹，其余未读。")

    def take(self, size: int, packed: int | None = None) -> None:
        """Account for one member. Raises `Refused`."""
        self.seen += 1
        self.used += size
        if self.seen > self.members:
            raise Refused(f"压缩包内文件超过 {self.members} 个，其余未读。")
        if size > self.member_bytes:
            raise Refused(f"解压后超过 {self.member_bytes // MEGABYTE} MB，未读。")
        if self.used > self.bytes:
            raise Refused(f"累计解压超过 {self.bytes // MEGABYTE} MB，其余未读。")
        if packed is not None and size > MEGABYTE and size > self.ratio * max(1, packed):
            raise Refused(f"压缩比超过 {self.ratio} 倍，疑似压缩炸弹，未读。")
