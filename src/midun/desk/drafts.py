"""Files dropped onto a page wait in a folder of their own, below the keys, until they are used or a day old."""

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from midun.desk.web import Wrong
from midun.lib.marking.documents.files import MAX_BYTES

DAY = 86_400
_LONGEST, _DEEPEST = 120, 12
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


class Drafts:
    """The drafts below a folder of keys."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "desk" / "drafts"

    def new(self) -> str:
        """A new draft; those older than a day are removed."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in self.folder.iterdir():
            if old.stat().st_mtime < time.time() - DAY:
                shutil.rmtree(old, ignore_errors=True)
        number = secrets.token_hex(8)
        (self.folder / number).mkdir(mode=0o700)
        return number

    def path(self, number: str) -> Path:
        """The folder of a draft.

        Raises:
            Wrong: 404, there is none.

        """
        found = self.folder / number
        if not re.fullmatch(r"[0-9a-f]{16}", number) or not found.is_dir():
            raise Wrong(404, "这些文件已不在，请重新拖入。")
        return found

    def place(self, number: str, name: str) -> Path:
        """Where a dropped file goes, by the path the browser gave.

        Raises:
            Wrong: 404; 400, a name no file can have.

        """
        return self.path(number).joinpath(*safe_path(name).parts)

    def files(self, number: str) -> list[tuple[Path, PurePosixPath]]:
        """The files of a draft with their places."""
        return list(files_under(self.path(number)))

    def drop(self, number: str) -> None:
        """Remove a draft."""
        shutil.rmtree(self.path(number), ignore_errors=True)


def files_under(folder: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """Regular files below a folder with their places, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, PurePosixPath(path.relative_to(folder).as_posix())


def safe_path(name: str) -> PurePosixPath:
    """A relative path made of names every file system takes.

    Raises:
        Wrong: 400, nothing is left of it, or it is too long or too deep.

    """
    parts = [_FORBIDDEN.sub("_", part).strip(". ") for part in name.split("/")]
    parts = [part for part in parts if part]
    if not parts or len(parts) > _DEEPEST or any(len(part.encode()) > 2 * _LONGEST for part in parts):
        raise Wrong(400, "文件名过长或无法使用，请改名后再试。")
    return PurePosixPath(*parts)


LIMIT = MAX_BYTES
