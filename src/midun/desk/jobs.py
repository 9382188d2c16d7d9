"""Batches of copies started on a page: they run in the background, can be stopped, and go on where they broke off."""

import concurrent.futures
import datetime as dt
import hashlib
import json
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from midun.desk import workers
from midun.desk.batch import Terms, folders, made, order
from midun.desk.drafts import files_under
from midun.desk.keys import Home
from midun.desk.web import Wrong
from midun.lib.marking.documents.files import read
from midun.lib.marking.errors import Refused
from midun.lib.marking.image.strength import PROFILES
from midun.lib.marking.issue import Made, Order
from midun.lib.marking.label.signing import SignedLabel
from midun.lib.marking.manifest import manifest
from midun.lib.marking.registry import Registry

RUNNING, STOPPED, DONE = "running", "stopped", "done"
_LOCK = threading.Lock()
_LIVE: dict[Path, "Run"] = {}


@dataclass
class Run:
    """A batch at work in this process."""

    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Refusal:
    """A copy that was not made."""

    file: str
    recipient: str
    reason: str


class Job:
    """A batch in its folder: `job.json` says what is wanted, `files` holds the originals, `done.jsonl` the answers."""

    def __init__(self, home: Home, number: str) -> None:
        self.home, self.number = home, number
        self.folder = home.path / "desk" / "jobs" / number
        try:
            self.wanted: dict[str, Any] = json.loads((self.folder / "job.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Wrong(404, "没有这批副本。") from error

    @classmethod
    def begin(cls, home: Home, files: Path, wanted: dict[str, Any]) -> "Job":
        """A new batch of the files in a folder, which becomes the batch's own."""
        number = secrets.token_hex(8)
        folder = home.path / "desk" / "jobs" / number
        folder.mkdir(parents=True, mode=0o700)
        files.rename(folder / "files")
        total = len(list(files_under(folder / "files"))) * len(wanted["recipients"])
        wanted = {**wanted, "total": total, "at": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()}
        (folder / "job.json").write_text(json.dumps(wanted, ensure_ascii=False), "utf-8")
        return cls(home, number)

    @classmethod
    def all(cls, home: Home) -> list["Job"]:
        """Every batch, newest first."""
        folder = home.path / "desk" / "jobs"
        found = (
            [cls(home, path.name) for path in folder.iterdir() if (path / "job.json").is_file()]
            if folder.is_dir()
            else []
        )
        return sorted(found, key=lambda job: str(job.wanted["at"]), reverse=True)

    @property
    def out(self) -> Path:
        """Where the copies go."""
        return Path(self.wanted["out"])

    @property
    def at(self) -> dt.datetime:
        """When it was begun."""
        return dt.datetime.fromisoformat(self.wanted["at"])

    @property
    def state(self) -> str:
        """Running, stopped or done."""
        run = _LIVE.get(self.folder)
        if run is not None and run.thread.is_alive():
            return RUNNING
        return STOPPED if (self.folder / "files").is_dir() else DONE

    def answers(self) -> list[dict[str, str]]:
        """The last answer for each file and recipient."""
        path = self.folder / "done.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        last: dict[tuple[str, str], dict[str, str]] = {}
        for line in lines:
            try:
                one = json.loads(line)
            except ValueError:
                continue  # the line that was being written when the machine went down
            last[one["file"], one["recipient"]] = one
        return list(last.values())

    def copies(self) -> list[Path]:
        """The copies that were made and are still where they were put."""
        paths = [self.out / one["path"] for one in self.answers() if one.get("path")]
        return [path for path in paths if path.is_file() and not path.is_symlink()]

    def manifest(self) -> bytes:
        """The registration file of the copies made (docs/formats/issue-batch.md).

        Raises:
            Wrong: 404, none was made.

        """
        registry = Registry(self.home.registry)
        try:
            digests = [hashlib.sha256(read(path)).hexdigest() for path in self.copies()]
            rows = [row for row in map(registry.of_content, digests) if row is not None]
        finally:
            registry.close()
        if not rows:
            raise Wrong(404, "副本已不在原来的文件夹中。")
        keys = {key.fingerprint: key for key in self.home.mark_keys()}
        key = keys[rows[0].key_fingerprint]
        if not self.wanted["label"]:
            return manifest(rows, key)
        label = SignedLabel.decode(self.wanted["label"].encode()).label
        return manifest(rows, key, label.grade.word, label.term.until)

    def progress(self) -> dict[str, Any]:
        """For the page and its script."""
        answers = self.answers()
        refused = [one for one in answers if one.get("refused")]
        return {
            "state": self.state,
            "total": self.wanted["total"],
            "made": len(answers) - len(refused),
            "refused": [Refusal(one["file"], one["recipient"], one["refused"]).__dict__ for one in refused],
        }

    def start(self) -> None:
        """Begin, or go on; nothing if it is running or done."""
        with _LOCK:
            if self.state != STOPPED:
                return
            run = Run(threading.Thread(target=self._work, daemon=True))
            _LIVE[self.folder] = run
            run.thread.start()

    def stop(self) -> None:
        """Stop after the copies that are being made now; gives back once it stands still."""
        run = _LIVE.get(self.folder)
        if run is not None:
            run.stop.set()
            run.thread.join()

    def wait(self) -> None:
        """Until it stands still."""
        run = _LIVE.get(self.folder)
        if run is not None:
            run.thread.join()

    def _work(self) -> None:
        registry = Registry(self.home.registry)
        try:
            finished = self._all(registry, _LIVE[self.folder].stop)
        finally:
            registry.close()
        if finished:
            shutil.rmtree(self.folder / "files")  # the originals are not kept twice

    def _all(self, registry: Registry, stop: threading.Event) -> bool:
        """Whether everything has its answer."""
        waiting = self._orders(registry)
        flying: dict[concurrent.futures.Future[Made | Refused], tuple[Order, str]] = {}
        while True:
            while not stop.is_set() and len(flying) < 2 * workers.COUNT:
                one = next(waiting, None)
                if one is None:
                    break
                flying[workers.submit(made, one[0])] = one
            if not flying:
                return not stop.is_set() or next(waiting, None) is None
            ready, _ = concurrent.futures.wait(flying, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in ready:
                given, place = flying.pop(future)
                self._answered(given, place, workers.outcome(future, made, given), registry)

    def _answered(self, given: Order, place: str, answer: Made | Refused, registry: Registry) -> None:
        if isinstance(answer, Made):
            registry.finish(given.copy_id, copy=answer.copy, carriers=answer.carriers, label=answer.label)
            self._note(place, given.recipient, path=given.target.relative_to(self.out).as_posix())
        else:
            self._note(place, given.recipient, refused=str(answer))

    def _note(self, file: str, recipient: str, **answer: str) -> None:
        with (self.folder / "done.jsonl").open("a", encoding="utf-8") as lines:
            # The break comes first: it also ends a line that a power cut left half written.
            lines.write("\n" + json.dumps({"file": file, "recipient": recipient, **answer}, ensure_ascii=False))

    def _orders(self, registry: Registry) -> Iterator[tuple[Order, str]]:
        """What is still to be made; what cannot be read or is there already is answered at once."""
        terms, names = self._terms(), folders(self.wanted["recipients"])
        answered = {(one["file"], one["recipient"]) for one in self.answers()}
        for source, place in files_under(self.folder / "files"):
            digest = ""
            for recipient, folder in names.items():
                if (str(place), recipient) in answered:
                    continue
                try:
                    digest = digest or hashlib.sha256(read(source)).hexdigest()
                except Refused as refused:
                    self._note(str(place), recipient, refused=str(refused))
                    continue
                target = self.out / folder / place
                found = order(source, digest, target, recipient, terms, registry)
                if found is None:
                    self._note(str(place), recipient, path=target.relative_to(self.out).as_posix())
                else:
                    yield found, str(place)

    def _terms(self) -> Terms:
        label = self.wanted["label"]
        return Terms(
            self.home.mark_key(),
            self.home.author_key(),
            self.at,
            self.wanted["person"],
            self.wanted["purpose"],
            self.wanted["wording"],
            SignedLabel.decode(label.encode()) if label else None,
            PROFILES[self.wanted["strength"]],
        )
