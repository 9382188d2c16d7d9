"""The files of a report, for the command and the desk alike."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from midun.lib.similarity.report.html import to_html
from midun.lib.similarity.report.pdf import to_pdf
from midun.lib.similarity.report.summary import encode, summarised


def text_of(stated: dict[str, Any]) -> bytes:
    """`report.json`: equal facts give equal bytes."""
    return (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode()


def files_of(stated: dict[str, Any], *, at: datetime, fonts: Path, titles: bool) -> dict[str, bytes]:
    """The report in its forms, by file name; the summary names the points only with `titles`."""
    text = text_of(stated)
    return {
        "report.json": text,
        "report.html": to_html(stated).encode(),
        "report.pdf": to_pdf(stated, at=at, fonts=fonts),
        "summary.json": encode(summarised(text, titles=titles)),
    }
