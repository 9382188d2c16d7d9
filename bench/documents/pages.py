"""PDF pages to mark, made by typst with the product's fonts, and what shows them: pdfium, poppler, MuPDF."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
import typst

from midun.kernel import documents
from tests.lib.marking.prose import prose

Gray = npt.NDArray[np.uint8]
_FONTS = Path(documents.__file__).parent / "fonts"
_HEAD = '#set page(paper: "a4", margin: 2cm)\n#set text(font: "{font}", lang: "zh", size: {size}pt)\n'


def _table(seed: int) -> str:
    cells = "".join(f"[{prose(seed + n, 8)}]," for n in range(80))
    return f"#table(columns: 4, inset: 6pt, {cells})"


def _drawing(seed: int) -> str:
    lines = [
        f"#place(dx: {20 + 3 * n}mm, dy: {15 + (seed + 7 * n) % 90}mm, rect(width: {30 + n}mm, height: {10 + 2 * n}mm))"
        for n in range(14)
    ]
    rounds = [f"#place(dx: {10 + 11 * n}mm, dy: {120 + 5 * n}mm, circle(radius: {5 + n}mm))" for n in range(9)]
    return "\n".join([*lines, *rounds, f"#place(dx: 90mm, dy: 235mm)[{prose(seed, 20)}]"])


BODIES: dict[str, Callable[[int], str]] = {
    "正文": lambda seed: prose(seed, 1500),
    "两栏": lambda seed: f"#columns(2)[{prose(seed, 1800)}]",
    "信函": lambda seed: f"#v(3cm)\n{prose(seed, 256)}",
    "表格": _table,
    "图纸": _drawing,
    "幻灯片": lambda seed: f"= {prose(seed, 12)}\n" + "\n".join(f"- {prose(seed + n, 30)}" for n in range(8)),
}


def document(style: str, seed: int, copies: int = 1) -> bytes:
    """A PDF of one page of a style, or of several."""
    size = 22 if style == "幻灯片" else 11
    text = _HEAD.format(font="Noto Serif CJK SC", size=size)
    text += "\n#pagebreak()\n".join(BODIES[style](seed + 100 * n) for n in range(copies))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.typ"
        source.write_text(text.replace("　", " "), encoding="utf-8")
        made = typst.compile(str(source), font_paths=[str(_FONTS)], format="pdf")
    assert isinstance(made, bytes)
    return made


def _pdfium(source: Path, dpi: int) -> Gray:
    with pypdfium2.PdfDocument(source) as opened:
        shown = opened[0].render(scale=dpi / 72, grayscale=True).to_numpy()
        return np.ascontiguousarray(shown.reshape(shown.shape[:2]))


def _by_command(*command: str) -> Callable[[Path, int], Gray]:
    def show(source: Path, dpi: int) -> Gray:
        with tempfile.TemporaryDirectory() as folder:
            words = [w.format(dpi=dpi, source=source, out=Path(folder) / "page.png") for w in command]
            subprocess.run(words, check=True, capture_output=True)
            shown = cv2.imread(str(next(Path(folder).glob("*.png"))), cv2.IMREAD_GRAYSCALE)
        assert shown is not None
        return shown.astype(np.uint8)

    return show


RENDERERS: dict[str, Callable[[Path, int], Gray]] = {
    "pdfium": _pdfium,
    "poppler": _by_command("pdftoppm", "-png", "-singlefile", "-r", "{dpi}", "{source}", "{out}"),
    "MuPDF": _by_command("mutool", "draw", "-q", "-r", "{dpi}", "-o", "{out}", "{source}", "1"),
}
_NEEDS = {"poppler": "pdftoppm", "MuPDF": "mutool"}


def renderers() -> dict[str, Callable[[Path, int], Gray]]:
    """Those that this machine has."""
    return {name: show for name, show in RENDERERS.items() if name not in _NEEDS or shutil.which(_NEEDS[name])}
