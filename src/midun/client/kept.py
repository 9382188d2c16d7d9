"""What a depositor keeps beside the original: opening or manifest, the request, the receipt. Written before sending."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from midun.client.outcome import Exit, Failed
from midun.lib.tlog.commitment import Digests, Kind, commit_file
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.manifest import Manifest
from midun.lib.tlog.opening import Opening

FORMAT = "midun-request/1"
OPENING, MANIFEST, REQUEST, RECEIPT, BUNDLE = (
    "开启信息.json",
    "文件清单.jsonl",
    "request.json",
    "receipt.json",
    "证明包.zip",
)
_SALT_BYTES = 32


@dataclass(frozen=True)
class Request:
    """What is sent, and under which idempotency key."""

    kind: int
    sha256: str
    sm3: str
    claimed_at: int
    project: str | None
    label: str | None
    key: str

    def body(self) -> dict[str, object]:
        """The JSON of the API."""
        fields = asdict(self)
        del fields["key"]
        return fields


@dataclass(frozen=True)
class Kept:
    """The folder of one deposit."""

    folder: Path

    @classmethod
    def beside(cls, original: Path, folder: Path | None) -> Self:
        """Where the deposit of a file or folder is kept: `<name>.存证` beside it, unless told otherwise."""
        return cls(folder or original.parent / f"{original.name}.存证")

    def read(self, name: str) -> bytes | None:
        """A file's bytes, if it is there."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, readable by its owner only, durable before this returns."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{name}.part"
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        path.replace(self.folder / name)
        if os.name == "posix":
            handle = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def request(self) -> Request | None:
        """The request of an earlier run. Raises `Failed` if it cannot be read."""
        data = self.read(REQUEST)
        if data is None:
            return None
        try:
            fields = json.loads(data)
            if fields.pop("format") != FORMAT:
                raise ValueError("format")  # noqa: TRY301  # one place says unreadable
            return Request(**fields)
        except (ValueError, TypeError, KeyError) as error:
            raise Failed(Exit.USAGE, f"{self.folder / REQUEST} 读不出；请移走该文件夹后重试") from error

    def prepare_file(self, digests: Digests, statement: bytes) -> tuple[Kind, bytes, bytes]:
        """The commitments to a file: those of an earlier run if it was this file, else new ones, kept first."""
        data = self.read(OPENING)
        opening = Opening(secrets.token_bytes(_SALT_BYTES), statement, digests) if data is None else self._opened(data)
        if opening.file != digests or opening.meta != statement:
            raise Failed(Exit.USAGE, self._changed())
        if data is None:
            self.write(OPENING, opening.encode())
        made = commit_file(digests, salt=opening.salt, meta=statement)
        return Kind.FILE, made.sha256, made.sm3

    def prepare_set(self, files: dict[str, Digests], statement: bytes) -> tuple[Kind, bytes, bytes]:
        """The same for a set of files."""
        data = self.read(MANIFEST)
        if data is None:
            manifest = Manifest(secrets.token_bytes(_SALT_BYTES), files, statement)
            self.write(MANIFEST, b"".join(manifest.lines()))
        else:
            manifest = self._listed(data)
        if manifest.files != files or manifest.meta != statement:
            raise Failed(Exit.USAGE, self._changed())
        made = manifest.commitment()
        return Kind.SET, made.sha256, made.sm3

    def _opened(self, data: bytes) -> Opening:
        try:
            return Opening.parse(data)
        except Refused as refused:
            raise Failed(Exit.USAGE, f"{self.folder / OPENING}：{refused.reason.sentence}") from refused

    def _listed(self, data: bytes) -> Manifest:
        try:
            return Manifest.read(data.splitlines())
        except Refused as refused:
            raise Failed(Exit.USAGE, f"{self.folder / MANIFEST}：{refused.reason.sentence}") from refused

    def _changed(self) -> str:
        return (
            f"{self.folder} 里是另一次存证：内容或来源说明与那时不同。"
            "要另存一次，请用 --keep 指定别的文件夹；原来的文件夹请继续保存。"
        )
