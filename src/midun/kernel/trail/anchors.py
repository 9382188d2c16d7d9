"""Heads of the trail noted outside the database, so that a cut-off end or a wholly new chain is seen.

A chain cannot show that its newest entries are missing. Each anchor is one line `{"at", "seq", "digest"}` of
`MIDUN_HOME/trail/anchors.jsonl`, appended by the daily job and by every backup; whoever can change the database but
not the file system cannot hide a cut made after the last anchor. The file can be copied elsewhere at any time.
"""

import json
import os
from datetime import datetime
from pathlib import Path

from midun.kernel.trail.chain import instant

_NAME = "trail/anchors.jsonl"


class BadAnchors(Exception):
    """The file of anchors is damaged; `str()` says where."""


def path_in(home: Path) -> Path:
    """Where the anchors of an installation lie."""
    return home / _NAME


def note(home: Path, *, seq: int, digest: str, at: datetime) -> None:
    """Append one anchor; the same head is noted once."""
    path = path_in(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": instant(at), "seq": seq, "digest": digest})
    if seq == 0 or (read(home) or [(0, "")])[-1] == (seq, digest):
        return
    with path.open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(home: Path) -> list[tuple[int, str]]:
    """All anchors as `(seq, digest)`, oldest first; none when there is no file. Raises `BadAnchors`."""
    path = path_in(home)
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            anchor = json.loads(line)
            found.append((int(anchor["seq"]), str(anchor["digest"])))
        except (ValueError, KeyError, TypeError) as error:
            raise BadAnchors(f"{path} 第 {number} 行不是锚点记录") from error
    return found
