"""Work that goes on while pages come and go: a thread each, stopped on request, gone on with later, also by a new desk.

What is wanted and what was done stand in a folder; the thread is only what is being done now.
"""

import datetime as dt
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from midun.desk.keys import Home
from midun.desk.web import Wrong

RUNNING, STOPPED, DONE = "running", "stopped", "done"
_LOCK = threading.Lock()
_LIVE: dict[Path, "_Run"] = {}


@dataclass
class _Run:
    """A piece of work in this process."""

    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)


class Work:
    """A piece of work in a folder below the keys: `wanted.json` says what is wanted, the rest is the subclass's.

    Subclasses name the `shelf` their folders stand on, say whether it `finished`, and do it in `work`.
    """

    shelf: ClassVar[str]
    missing: ClassVar[str]
    """What is said of one that is not there."""

    def __init__(self, home: Home, number: str) -> None:
        self.home, self.number = home, number
        self.folder = home.path / "desk" / self.shelf / number
        try:
            self.wanted: dict[str, Any] = json.loads((self.folder / "wanted.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Wrong(404, self.missing) from error

    @classmethod
    def create(cls, home: Home, wanted: dict[str, Any], files: Path | None = None) -> Self:
        """A new one, not begun; the folder `files` becomes its own."""
        number = secrets.token_hex(8)
        folder = home.path / "desk" / cls.shelf / number
        folder.mkdir(parents=True, mode=0o700)
        if files is not None:
            files.rename(folder / "files")
        stamped = {**wanted, "at": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()}
        replaced(folder / "wanted.json", stamped)
        return cls(home, number)

    @classmethod
    def all(cls, home: Home) -> list[Self]:
        """Every one, newest first."""
        folder = home.path / "desk" / cls.shelf
        found = [cls(home, path.parent.name) for path in folder.glob("*/wanted.json")]
        return sorted(found, key=lambda one: (str(one.wanted["at"]), one.number), reverse=True)

    @property
    def at(self) -> dt.datetime:
        """When it was begun."""
        return dt.datetime.fromisoformat(self.wanted["at"])

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        raise NotImplementedError

    def progress(self) -> dict[str, Any]:
        """How far it is, for its page and the page's script; `state` is one of it."""
        raise NotImplementedError

    def work(self, stop: threading.Event) -> None:
        """Do what is left, until done or asked to stop."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """Running, stopped or done."""
        run = _LIVE.get(self.folder)
        if run is not None and run.thread.is_alive():
            return RUNNING
        return DONE if self.finished else STOPPED

    def start(self) -> None:
        """Begin, or go on; nothing if it is running or done."""
        with _LOCK:
            if self.state != STOPPED:
                return
            stop = threading.Event()
            run = _Run(threading.Thread(target=self.work, args=(stop,), daemon=True), stop)
            _LIVE[self.folder] = run
            run.thread.start()

    def again(self) -> None:
        """Go on when a person asks for it."""
        self.start()

    def stop(self) -> None:
        """Stop; gives back once it stands still."""
        run = _LIVE.get(self.folder)
        if run is not None:
            run.stop.set()
            run.thread.join()

    def wait(self) -> None:
        """Until it stands still."""
        run = _LIVE.get(self.folder)
        if run is not None:
            run.thread.join()

    def note(self, **answer: Any) -> None:
        """Write an answer down. The break comes first: it also ends a line that a power cut left half written."""
        with (self.folder / "done.jsonl").open("a", encoding="utf-8") as lines:
            lines.write("\n" + json.dumps(answer, ensure_ascii=False))

    def noted(self) -> Iterator[dict[str, Any]]:
        """The answers in order."""
        path = self.folder / "done.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the line that was being written when the machine went down


def replaced(path: Path, content: object) -> None:
    """Write JSON in one step: a reader finds the old or the new."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    os.replace(temporary, path)  # noqa: PTH105  # atomic on every system
