"""Two sets of dropped files compared, and the reports kept below the keys: contents stay on this machine."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from midun.desk.web import Wrong

NAMES = {
    "report.pdf": "application/pdf",
    "report.html": "text/html; charset=utf-8",
    "report.json": "application/json",
    "summary.json": "application/json",
}
Named = Sequence[tuple[Path, str]]


def compared(ours: Named, theirs: Named, points: str, titles: bool, at: dt.datetime) -> dict[str, bytes]:
    """The files of the report; runs in a worker. Raises `Refused` with what to do.

    The compiled kernels are loaded there only: the desk opens without waiting for them.
    """
    made: dict[str, bytes] = import_module("midun.desk.compared").run(ours, theirs, points, titles, at)
    return made


@dataclass(frozen=True)
class Comparison:
    """A kept report by its number, 16 hexadecimal digits."""

    folder: Path

    @classmethod
    def _under(cls, home: Path) -> Path:
        return home / "desk" / "comparisons"

    @classmethod
    def keep(cls, home: Path, files: dict[str, bytes]) -> Self:
        """Keep one."""
        folder = cls._under(home) / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return cls(folder)

    @classmethod
    def all(cls, home: Path) -> list[Self]:
        """Newest first; half-written ones are left out."""
        found = [cls(folder) for folder in cls._under(home).glob("*") if (folder / "summary.json").is_file()]
        return sorted(found, key=lambda one: (one.at, one.number), reverse=True)

    @classmethod
    def of(cls, home: Path, number: str) -> Self:
        """One of them. Raises `Wrong` (404)."""
        folder = cls._under(home) / number
        if not (folder / "summary.json").is_file():
            raise Wrong(404, "没有这份报告。")
        return cls(folder)

    @property
    def number(self) -> str:
        """Its name in addresses."""
        return self.folder.name

    def file(self, name: str) -> bytes:
        """One of its files. Raises `Wrong` (404)."""
        if name not in NAMES:
            raise Wrong(404, "没有这个文件。")
        return (self.folder / name).read_bytes()

    @property
    def facts(self) -> dict[str, Any]:
        """What the report states."""
        made: dict[str, Any] = json.loads(self.file("report.json"))
        return made

    @property
    def at(self) -> dt.datetime:
        """When it was made."""
        return dt.datetime.fromisoformat(json.loads(self.file("summary.json"))["made_at"])

    @property
    def sha256(self) -> str:
        """Of `report.json`: what is deposited."""
        return hashlib.sha256(self.file("report.json")).hexdigest()

    @property
    def points(self) -> list[dict[str, Any]]:
        """The share table, shares in percent."""
        shares = ("covered", "verbatim", "adapted", "reordered", "public")
        return [{**f, **{name: f"{f[name]:.1%}" for name in shares}} for f in self.facts["findings"]]
