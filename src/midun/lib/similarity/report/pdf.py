"""The report as PDF/A-2b by typst. What is long is cut with a note; the HTML and JSON hold everything."""

import copy
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

PASSAGES, ROWS, NAMES, LETTERS = 60, 400, 60, 2400
TEMPLATE = Path(__file__).resolve().parent / "report.typ"


def _cut_pieces(pieces: list[list[Any]]) -> list[list[Any]]:
    out: list[list[Any]] = []
    left = LETTERS
    for text, same in pieces:
        if left <= 0:
            return [*out, ["……（下略，见网页版报告）", False]]
        out.append([text[:left], same])
        left -= len(text)
    return out


def _printable(facts: dict[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(facts)
    for finding in shown["findings"]:
        limits = {"passages": PASSAGES, "rows": ROWS, "renames": NAMES, "functions": ROWS, "uncovered": ROWS}
        cut = [name for name, most in limits.items() if len(finding[name]) > most]
        for name, most in limits.items():
            finding[name] = finding[name][:most]
        for passage in finding["passages"]:
            passage["a_text"], passage["b_text"] = _cut_pieces(passage["a_text"]), _cut_pieces(passage["b_text"])
        for gap in finding["uncovered"]:
            gap["text"] = gap["text"][:LETTERS]
        finding["omitted"] = "本秘点内容较多，此处只印出一部分，全部内容见网页版报告和 JSON。" if cut else ""
    return shown


def to_pdf(facts: dict[str, Any], *, at: datetime, fonts: Path) -> bytes:
    """Compile the PDF; `fonts` is a folder with Noto Serif CJK SC. Equal input gives equal bytes."""
    with tempfile.TemporaryDirectory(prefix="midun-report-") as folder:
        root = Path(folder)
        root.chmod(0o700)
        (root / "report.typ").write_bytes(TEMPLATE.read_bytes())
        (root / "data.json").write_text(json.dumps(_printable(facts), ensure_ascii=False), encoding="utf-8")
        faces = typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[str(fonts)])
        compiler = typst.Compiler(str(root / "report.typ"), root=str(root), font_paths=faces)
        made = compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=at.replace(microsecond=0))
    return made[0] if isinstance(made, list) else made or b""
