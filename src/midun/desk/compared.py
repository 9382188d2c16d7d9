"""The comparison itself, in a worker: it needs the compiled kernels, which the desk does not load."""

import datetime as dt
import hashlib
from pathlib import Path

import midun.kernel
from midun.desk.comparing import Named
from midun.lib.marking.errors import Reason, Refused
from midun.lib.similarity.compare import compare, points_of
from midun.lib.similarity.documents import Document
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.points import parse_points
from midun.lib.similarity.readers.files import read_file
from midun.lib.similarity.report.facts import facts
from midun.lib.similarity.report.files import files_of

FONTS = Path(midun.kernel.__file__).parent / "documents" / "fonts"


def _read(files: Named) -> list[Document]:
    return [document for path, name in files for document in read_file(path, name)]


def run(ours: Named, theirs: Named, points: str, titles: bool, at: dt.datetime) -> dict[str, bytes]:
    """The files of the report; Raises `Refused` with what to do."""
    a, b = _read(ours), _read(theirs)
    try:
        chosen = parse_points(points.encode()) if points else points_of(a)
    except SimilarityError as error:
        raise Refused(Reason.BROKEN, str(error)) from error
    if not chosen:
        raise Refused(Reason.BROKEN, "甲方材料中没有可以比对的内容。")
    command = f"midun compare <甲方材料> <乙方材料> --at {at.isoformat(timespec='seconds')}"
    digest = hashlib.sha256(points.encode()).hexdigest() if points else ""
    stated = facts(compare(chosen, b), a, b, at=at, command=command, points_sha256=digest)
    return files_of(stated, at=at, fonts=FONTS, titles=titles)
