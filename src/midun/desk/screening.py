"""Indexes of protected documents and scans against them, as the desk keeps them; each runs in a process of its own.

The compiled kernels are loaded there only: the desk opens without waiting for them, stays quick meanwhile, and a scan
can be ended at any moment. Its journal says where it goes on.
"""

import hashlib
import json
import multiprocessing
import os
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from midun.desk.background import Work, replaced
from midun.desk.keys import Home
from midun.desk.web import Wrong
from midun.lib.marking.errors import Reason, Refused

_LOOK = 0.2
ADD, VERIFY, SCAN = "add", "verify", "scan"


@dataclass(frozen=True)
class Known:
    """An index this desk was told of: its folder and its key file."""

    folder: Path
    key: Path

    @property
    def number(self) -> str:
        """Its name in addresses."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """As people call it."""
        return self.folder.name

    @property
    def there(self) -> bool:
        """Whether folder and key can be found."""
        return self.folder.is_dir() and self.key.is_file()


class Shelf:
    """The indexes this desk knows of, in `desk/indexes.json`: places, no content."""

    def __init__(self, home: Home) -> None:
        self._path = home.path / "desk" / "indexes.json"

    def all(self) -> list[Known]:
        """In the order in which they were told."""
        try:
            listed = json.loads(self._path.read_text("utf-8"))
            return [Known(Path(one["folder"]), Path(one["key"])) for one in listed]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(Reason.BROKEN, f"{self._path} 已损坏，请删除后重新登记索引。") from error

    def get(self, number: str) -> Known:
        """One of them.

        Raises:
            Wrong: 404.

        """
        found = next((one for one in self.all() if one.number == number), None)
        if found is None:
            raise Wrong(404, "工作台不知道这个索引，请重新登记。")
        return found

    def add(self, known: Known) -> None:
        """Remember one; another key for the same folder takes the place of the first."""
        self._write([one for one in self.all() if one.folder != known.folder] + [known])

    def forget(self, number: str) -> None:
        """Do not list it any more; nothing of it is removed."""
        self._write([one for one in self.all() if one.number != number])

    def _write(self, listed: list[Known]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replaced(self._path, [{"folder": str(one.folder), "key": str(one.key)} for one in listed])


class Screening(Work):
    """Adding to an index, verifying one, or scanning a folder: `progress.json` while it runs, `done.json` at the end.

    A scan leaves `result.json` (docs/formats/similarity-comparison.md) and `hits.json`, what its page shows of it. An
    error that ended it stands in `done.json` as `error`; going on takes it away and tries again.
    """

    shelf, missing = "screenings", "没有这次任务。"

    @classmethod
    def begin(cls, home: Home, act: str, index: Known, **wanted: Any) -> "Screening":
        """Begin one of `add`, `verify`, `scan`."""
        told = {"act": act, "index": str(index.folder), "key": str(index.key), **wanted}
        made = cls.create(home, told)
        made.start()
        return made

    @property
    def index(self) -> Known:
        """The index it works with."""
        return Known(Path(self.wanted["index"]), Path(self.wanted["key"]))

    @property
    def finished(self) -> bool:
        """Done, or ended by an error."""
        return (self.folder / "done.json").is_file()

    @property
    def result(self) -> dict[str, Any]:
        """What came out, in numbers; empty until then."""
        return _json(self.folder / "done.json")

    @property
    def found(self) -> dict[str, Any]:
        """The hits of a scan, strongest first, and the first notices."""
        return {"hits": [], "notices": [], **_json(self.folder / "hits.json")}

    @property
    def error(self) -> str:
        """Why it ended without a result."""
        return str(self.result.get("error", ""))

    def progress(self) -> dict[str, Any]:
        """For the page and its script: files done of all files (0 while they are counted), and a sentence."""
        held = {"total": 0, "done": 0, "said": "正在准备……", **_json(self.folder / "progress.json")}
        return {**held, "state": self.state}

    def again(self) -> None:
        """Go on; one that an error ended is tried again."""
        if self.error:
            (self.folder / "done.json").unlink()
        self.start()

    def work(self, stop: threading.Event) -> None:
        """Watch over the process."""
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=run, args=(self.folder, os.getpid()), daemon=True)
        process.start()
        while process.is_alive() and not stop.wait(_LOOK):
            pass
        if stop.is_set():
            process.terminate()
        process.join()
        if not stop.is_set() and not self.finished:
            sentence = "处理时程序意外结束，可能占用内存过多。点“继续”从中断处再试。"
            replaced(self.folder / "done.json", {"error": sentence})


def run(folder: Path, parent: int) -> None:
    """What the process does."""
    import_module("midun.desk.screened").run(folder, parent)


def listed(index: Known) -> dict[str, Any]:
    """What an index holds; runs in a worker. Raises `Refused` with what to do."""
    made: dict[str, Any] = import_module("midun.desk.screened").listed(index.folder, index.key)
    return made


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found
