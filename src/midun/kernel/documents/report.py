"""An editable Word report whose generated blocks can be refreshed without losing what a person changed.

Each generated block is enclosed by a bookmark named `_midun_<hash>_<key>`; the hash is over the text and pictures that
were generated. Bookmarks, unlike content controls, survive Word, WPS and LibreOffice alike. On regeneration with the
person's edited copy as `previous`: a block whose content still has its hash is replaced; one that was changed stays as
edited and is reported; one that was deleted stays deleted and is reported; everything outside the blocks stays where
it is. A paragraph belongs to a block as a whole, so what is typed at its edge counts as a change of the block.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import docx

from midun.kernel.documents.report_marks import Mark, digest, enclose, forget_pictures, marks_of
from midun.kernel.documents.report_parts import Chart, Paragraph, Part, Photo, Photos, Table, Title, elements_of, styled
from midun.kernel.documents.word import at_fixed_time, official_page, saved

__all__ = [
    "BadPrevious",
    "Block",
    "Chart",
    "Kept",
    "Paragraph",
    "Part",
    "Photo",
    "Photos",
    "Report",
    "Table",
    "Title",
    "report_docx",
]

_KNOWN = "midun"
CHANGED, DELETED = "已被修改，保留修改后的内容", "已被删除，不再加入"


class BadPrevious(Exception):
    """The uploaded copy cannot be used; `str()` says what to do."""


@dataclass(frozen=True)
class Block:
    """What is generated, kept or refreshed as one.

    `key` is stable from one generation to the next: at most 20 of `a-z`, `0-9` and `-`.
    """

    key: str
    parts: Sequence[Part]
    heading: str = ""
    level: int = 1


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Kept:
    """A block that was not refreshed, and why (changed or deleted by a person)."""

    key: str
    heading: str
    why: str


def report_docx(report: Report, *, at: datetime, previous: bytes | None = None) -> tuple[bytes, list[Kept]]:
    """The report as Word, and which blocks were left as a person made them. Raises `BadPrevious`."""
    if previous is None:
        document = docx.Document()
        official_page(document)
        styled(document)
        for block in report.blocks:
            for element in _block(document, block, at):
                _end(document).addprevious(element)
        _remember(document, {block.key for block in report.blocks})
        kept: list[Kept] = []
    else:
        document = _open(previous)
        kept = _refresh(document, report, at)
    at_fixed_time(document, at, title=report.title)
    return saved(document), kept


def _open(previous: bytes) -> Any:
    try:
        document = docx.Document(io.BytesIO(previous))
    except Exception as error:  # python-docx raises many kinds for a broken file
        raise BadPrevious("上传的文件不是可读的 Word 文档（.docx），请用 Word 或 WPS 另存为 .docx 后重试") from error
    if not _known(document) and not marks_of(document):
        raise BadPrevious(
            "上传的文档里没有本平台生成报告时留下的标记（可能不是由本平台生成，或另存为其他格式时丢失了标记）。"
            "请生成新的报告，把您写的内容复制过去"
        )
    return document


def _end(document: Any) -> Any:
    """The section properties: the last element of the body, before which content goes."""
    return document.element.body.sectPr


def _block(document: Any, block: Block, at: datetime) -> list[Any]:
    made = list(elements_of(document, block.heading, block.level, block.parts, at))
    enclose(document, made, block.key)
    return made


def _refresh(document: Any, report: Report, at: datetime) -> list[Kept]:
    known, marks = _known(document), marks_of(document)
    kept: list[Kept] = []
    last: Any = None
    for block in report.blocks:
        mark = marks.get(block.key)
        if mark is None and block.key in known:
            kept.append(Kept(block.key, block.heading, DELETED))
        elif mark is None:
            last = _insert(document, _block(document, block, at), last)
        elif mark.digest == digest(document, mark.elements):
            last = _replace(document, mark, _block(document, block, at))
        else:
            kept.append(Kept(block.key, block.heading, CHANGED))
            last = mark.elements[-1]
    _remember(document, known | {block.key for block in report.blocks})
    return kept


def _insert(document: Any, made: list[Any], after: Any) -> Any:
    for element in made:
        if after is None:
            _end(document).addprevious(element)
        else:
            after.addnext(element)
            after = element
    return made[-1]


def _replace(document: Any, mark: Mark, made: list[Any]) -> Any:
    for element in made:
        mark.elements[0].addprevious(element)
    for element in mark.elements:
        element.getparent().remove(element)
    forget_pictures(document, mark.elements)
    return made[-1]


def _known(document: Any) -> set[str]:
    """The keys ever generated into this copy: kept in its properties, so that a deletion can be told from a novelty."""
    words = re.findall(r"[a-z0-9-]+", document.core_properties.keywords or "")
    return set(words[1:]) if words[:1] == [_KNOWN] else set()


def _remember(document: Any, keys: set[str]) -> None:
    document.core_properties.keywords = " ".join([_KNOWN, *sorted(keys)])
