"""Several leaks looked at one after the other, in the background, with a progress bar and a way to stop."""

import concurrent.futures
import datetime as dt
import shutil
import threading
from pathlib import Path
from typing import Any

from midun.desk import workers
from midun.desk.background import Work
from midun.desk.drafts import files_under
from midun.desk.keys import Home
from midun.desk.tracing import Report, traced
from midun.lib.marking.errors import Refused

_LOOK = 0.2
_AT_ONCE = 2
"""A leak of a hundred megapixels takes a gigabyte."""


class Tracing(Work):
    """The leaks in `files`, an answer for each: a report, or why there is none. What was looked at is not kept."""

    shelf, missing = "tracings", "没有这次追溯。"

    @classmethod
    def begin(cls, home: Home, files: Path) -> "Tracing":
        """Look at the files of a folder, which becomes its own."""
        made = cls.create(home, {"files": [str(place) for _, place in files_under(files)]}, files)
        made.start()
        return made

    @property
    def finished(self) -> bool:
        """The leaks are removed once each has its answer."""
        return not (self.folder / "files").is_dir()

    def answers(self) -> dict[str, dict[str, Any]]:
        """By file."""
        return {one["file"]: one for one in self.noted()}

    def progress(self) -> dict[str, Any]:
        """For the page and its script."""
        done = self.answers()
        waiting = [name for name in self.wanted["files"] if name not in done]
        said = f"{len(done)}/{len(self.wanted['files'])}" + (f"　{waiting[0]}" if waiting else "")
        return {"state": self.state, "total": len(self.wanted["files"]), "done": len(done), "said": said}

    def reports(self) -> list[tuple[str, Report | None, str]]:
        """Each file with its report, or why there is none; files that wait have neither."""
        done = self.answers()
        answers = [(name, done.get(name, {})) for name in self.wanted["files"]]
        return [
            (name, Report(self.home, one["report"]) if one.get("report") else None, one.get("refused", ""))
            for name, one in answers
        ]

    def work(self, stop: threading.Event) -> None:
        """Look at what was not looked at yet; when stopped, what is under way is dropped and looked at again later."""
        done = self.answers()
        waiting = [(path, str(place)) for path, place in files_under(self.folder / "files") if str(place) not in done]
        flying: dict[concurrent.futures.Future[Any], tuple[tuple[Any, ...], str]] = {}
        while (waiting or flying) and not stop.is_set():
            while waiting and len(flying) < min(_AT_ONCE, workers.COUNT):
                path, name = waiting.pop(0)
                arguments = (path, self.home, dt.datetime.now(dt.UTC).replace(microsecond=0))
                flying[workers.submit(traced, *arguments)] = (arguments, name)
            ready, _ = concurrent.futures.wait(flying, _LOOK, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in ready:
                arguments, name = flying.pop(future)
                self._answered(name, workers.outcome(future, traced, *arguments))
        for future in flying:
            future.cancel()
        if not waiting and not flying:
            shutil.rmtree(self.folder / "files")

    def _answered(self, name: str, answer: Any) -> None:
        if isinstance(answer, Refused):
            self.note(file=name, refused=str(answer))
        else:
            self.note(file=name, report=Report.keep(self.home, *answer).number)
