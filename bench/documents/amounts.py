"""Large PDF and many copies: time by page, peak memory, copies per minute and core."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from bench.documents.pages import document
from midun.lib.marking.issue import Order, make
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.signing import SigningKey
from tests.lib.marking.office import word
from tests.lib.marking.prose import SOURCE

PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from midun.lib.marking.documents.pdf import mark_pdf
from midun.lib.marking.keys import MarkKey
key = MarkKey(bytes(range(32)), 1)
source = Path(sys.argv[1])
mark_pdf(Path(sys.argv[2]), bytes(8), key)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
made = mark_pdf(source, bytes(range(8)), key)
spent = time.process_time() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": spent, "memory": (peak - before) * 1024, "grown": len(made) - source.stat().st_size}))
"""


@dataclass(frozen=True)
class Large:
    """One PDF: pages, bytes, CPU seconds to mark it, memory over a marked small file (bytes), growth (bytes)."""

    pages: int
    size: int
    seconds: float
    memory: int
    grown: int


def large(pages: tuple[int, ...]) -> Iterator[Large]:
    """Mark PDF of so many pages, each in a process of its own that has marked a small one before."""
    with tempfile.TemporaryDirectory() as folder:
        small, source = Path(folder) / "small.pdf", Path(folder) / "large.pdf"
        small.write_bytes(document("正文", 1))
        for count in pages:
            source.write_bytes(document("正文", 2, copies=count))
            command = [sys.executable, "-c", PROGRAM, str(source), str(small)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            yield Large(count, source.stat().st_size, row["seconds"], row["memory"], row["grown"])


def _originals(folder: Path) -> Iterator[tuple[str, Path]]:
    pdf = folder / "page.pdf"
    pdf.write_bytes(document("正文", 3))
    yield "PDF，1 页", pdf
    text = folder / "text.docx"
    text.write_bytes(word())
    yield "DOCX，含图片", text
    drawing = np.full((1200, 900), 255, np.uint8)
    for n in range(12):
        cv2.rectangle(drawing, (40 + 30 * n, 60 + 40 * n), (500 + 20 * n, 300 + 60 * n), 0, 2)
    png = folder / "drawing.png"
    cv2.imwrite(str(png), drawing)
    yield "PNG 图纸，1.1 百万像素", png
    code = folder / "code.py"
    code.write_text(SOURCE * 6, encoding="utf-8")
    yield "源代码", code


def copies_a_minute(each: int, key: MarkKey) -> dict[str, tuple[float, float]]:
    """By kind: copies per minute of CPU, read back included, and CPU milliseconds a copy."""
    signer, at, found = SigningKey.new(), datetime(2026, 6, 1, tzinfo=UTC), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, source in _originals(folder):
            begin = time.process_time()
            for n in range(each):
                target = folder / "out" / str(n) / source.name
                target.parent.mkdir(parents=True, exist_ok=True)
                make(Order(source, target, n.to_bytes(8, "big"), f"接收人{n}", key, at, "保密员", signer))
                target.unlink()
            spent = time.process_time() - begin
            found[title] = (60 * each / spent, 1000 * spent / each)
    return found
