"""PDF and PNG by typst. Data travels as JSON beside the template, so no name can ever become markup."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import typst

_HERE = Path(__file__).resolve().parent
_TEMPLATES = _HERE / "templates"


class BadTemplate(Exception):
    """The template failed to compile (a programmer's mistake)."""


@cache
def _fonts() -> typst.Fonts:
    """Our own fonts first; the system's only for characters ours lack."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=[str(_HERE / "fonts")])


def _compile(
    template: str,
    data: Mapping[str, object],
    images: Mapping[str, bytes],
    at: datetime,
    kind: Literal["pdf", "png"],
    standard: Literal["a-2b", "a-3b"] = "a-2b",
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="midun-typst-") as folder:
        root = Path(folder)
        for source in _TEMPLATES.glob("*.typ"):
            shutil.copyfile(source, root / source.name)
        (root / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        for name, content in images.items():
            (root / Path(name).name).write_bytes(content)
        compiler = typst.Compiler(str(root / template), root=str(root), font_paths=_fonts())
        try:
            made = compiler.compile(
                format=kind,
                ppi=220 if kind == "png" else None,
                pdf_standards=[standard] if kind == "pdf" else [],
                timestamp=at.astimezone(UTC).replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise BadTemplate(f"{template}: {error.message}") from error
    if isinstance(made, list):
        return made[0]
    return made or b""


def compile_pdf(
    template: str,
    data: Mapping[str, object],
    *,
    at: datetime,
    images: Mapping[str, bytes] | None = None,
    attaches: bool = False,
) -> bytes:
    """Compile `templates/<template>` with `data` (read there by `json("data.json")`) to PDF/A-2b.

    `images` are files the template may name; with `attaches` it may also attach them to the document, which then is
    PDF/A-3b. `at` is the creation time; equal input gives equal bytes. Raises `BadTemplate`.
    """
    return _compile(template, data, images or {}, at, "pdf", "a-3b" if attaches else "a-2b")


def compile_png(template: str, data: Mapping[str, object], *, at: datetime) -> bytes:
    """Compile to a picture (the first page) at 220 dots per inch, for charts in Word documents."""
    return _compile(template, data, {}, at, "png")
