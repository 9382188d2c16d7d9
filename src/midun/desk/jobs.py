"""Batches of copies started on a page: they run in the background, can be stopped, and go on where they broke off."""

import concurrent.futures
import hashlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from midun.desk import workers
from midun.desk.background import Work
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


@dataclass(frozen=True)
class Refusal:
    """A copy that was not made."""

    file: str
    recipient: str
    reason: str


class Job(Work):
    """A batch in its folder: `wanted.json` says what is wanted, `files` are the originals, `done.jsonl` the answers."""

    shelf, missing = "jobs", "没有这批副本。"

    @classmethod
    def begin(cls, home: Home, files: Path, wanted: dict[str, Any]) -> "Job":
        """A new batch of the files in a folder, which becomes the batch's own."""
        total = len(list(files_under(files))) * len(wanted["recipients"])
        return cls.create(home, {**wanted, "total": total}, files)

    @property
    def out(self) -> Path:
        """Where the copies go."""
        return Path(self.wanted["out"])

    @property
    def finished(self) -> bool:
        """The originals are not kept once every copy has its answer."""
        return not (self.folder / "files").is_dir()

    def answers(self) -> list[dict[str, str]]:
        """The last answer for each file and recipient."""
        return list({(one["file"], one["recipient"]): one for one in self.noted()}.values())

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
            "done": len(answers),
            "made": len(answers) - len(refused),
            "refused": [Refusal(one["file"], one["recipient"], one["refused"]).__dict__ for one in refused],
        }

    def work(self, stop: threading.Event) -> None:
        """Make what is not made yet; copies under way are made to the end."""
        registry = Registry(self.home.registry)
        try:
            finished = self._all(registry, stop)
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
            self.note(file=place, recipient=given.recipient, path=given.target.relative_to(self.out).as_posix())
        else:
            self.note(file=place, recipient=given.recipient, refused=str(answer))

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
                    self.note(file=str(place), recipient=recipient, refused=str(refused))
                    continue
                target = self.out / folder / place
                found = order(source, digest, target, recipient, terms, registry)
                if found is None:
                    self.note(file=str(place), recipient=recipient, path=target.relative_to(self.out).as_posix())
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
