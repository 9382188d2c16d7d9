"""The tables of marked documents for docs/benchmarks.md."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.documents.amounts import copies_a_minute, large
from bench.documents.channels import CHANNELS
from bench.documents.colluders import MIXES, mixed
from bench.documents.pages import BODIES, RENDERERS, Gray, document, renderers
from bench.documents.texts import WHOLE, survived
from bench.marking.corpus import corpus
from bench.table import Report, Table, count
from midun.lib.marking.documents.pdf import mark_pdf_and_glyphs
from midun.lib.marking.glyphs.copy import find_copy
from midun.lib.marking.image.detector import detect
from midun.lib.marking.keys import MarkKey

KEY = MarkKey(bytes(range(32)), 1)
RESOLUTIONS = (72, 96, 110, 150, 200)
SEEN, SCANNED, _ISSUED = 110, 150, 1_000
_PAGES, _TEXTS, _COPIES, _DECOYS = 1_000, 50, 40, 20_000


def run(size: float = 1.0) -> Report:
    """Everything. `size` below 1 takes fewer pages, texts, copies and decoys."""
    with tempfile.TemporaryDirectory() as folder:
        marked = _marked(Path(folder))
        rest = [_renderers(marked), _channels(marked)]
    return Report(
        "documents",
        "密标：文档、文本、批量与合谋",
        [*rest, _texts(max(5, round(_TEXTS * size))), *_amounts(size), _colluders(size)],
    )


@dataclass(frozen=True)
class _Marked:
    """A marked page, whose it is, and what it was made of."""

    file: Path
    copy_id: bytes
    original: bytes


def _marked(folder: Path) -> dict[str, _Marked]:
    """A marked page of each style and whose it is."""
    found = {}
    for number, style in enumerate(BODIES):
        copy_id = bytes([9, number, 5, 5, 200 - number, 3, 2, 1])
        target = folder / f"{number}.pdf"
        original = document(style, 40 + number)
        target.write_bytes(mark_pdf_and_glyphs(original, copy_id, KEY)[0])
        found[style] = _Marked(target, copy_id, original)
    return found


def _whose(shown: Gray) -> bytes | None:
    found = detect(np.ascontiguousarray(shown), KEY)
    return found and found.copy_id


def _renderers(marked: Mapping[str, _Marked]) -> Table:
    rows, wrong, have = [], 0, renderers()
    for name, show in have.items():
        cells = [name]
        for dpi in RESOLUTIONS:
            read = [(_whose(show(one.file, dpi)), one.copy_id) for one in marked.values()]
            wrong += sum(found not in (None, mine) for found, mine in read)
            cells.append(f"{sum(found == mine for found, mine in read)}/{len(read)}")
        rows.append(cells)
    missing = "、".join(name for name in RENDERERS if name not in have)
    note = f"{len(marked)} 种页面（{'、'.join(marked)}），矢量 PDF；表中是完整读出的页数，错误编号 {wrong} 个。"
    note += f"本机没有 {missing}，未测。" if missing else ""
    return Table("PDF：三种渲染器，五种分辨率", ["渲染器", *(f"{dpi} dpi" for dpi in RESOLUTIONS)], rows, note)


def _channels(marked: Mapping[str, _Marked]) -> Table:
    show, rows, wrong = renderers()["pdfium"], [], 0
    ids = [*(one.copy_id for one in marked.values()), *(n.to_bytes(8, "big") for n in range(1, _ISSUED))]
    for name, act in CHANNELS.items():
        layer, glyphs = [], []
        for style, one in marked.items():
            found = _whose(act(show(one.file, SEEN), f"{style}/{name}"))
            by_glyphs = find_copy(one.original, [act(show(one.file, SCANNED), f"{style}/{name}")], ids, KEY)
            wrong += found not in (None, one.copy_id)
            wrong += by_glyphs is not None and by_glyphs.copy_id != one.copy_id
            layer += [style] if found != one.copy_id else []
            glyphs += [style] if by_glyphs is None else []
        rows.append([name, *(part for missed in (layer, glyphs) for part in _missed(len(marked), missed))])
    note = (
        f"底纹看 {SEEN} dpi 的画面，字位（凭原件，登记 {len(ids):,} 份）看 {SCANNED} dpi 的画面；错误编号 {wrong} 个。"
        "打印扫描是程序模拟的。图纸上几乎没有文字。"
    )
    return Table("PDF：显示之后又经过", ["经过", "底纹", "没有读出", "字位", "没有读出"], rows, note)


def _missed(of: int, missed: Sequence[str]) -> tuple[str, str]:
    return f"{of - len(missed)}/{of}", "、".join(missed) or "—"


def _texts(texts: int) -> Table:
    rows = [[name, f"{right}/{tried}", str(wrong)] for name, (right, wrong, tried) in survived(texts, KEY).items()]
    note = f"每份 {WHOLE:,} 字，含措辞通道；指认的概率上界 10⁻⁹。"
    return Table("文本：经过各种渠道之后", ["渠道", "正确指认", "错误指认"], rows, note)


def _amounts(size: float) -> list[Table]:
    most = max(20, round(_PAGES * size))
    rows = [
        [
            count(one.pages),
            f"{one.size / 1e6:.1f} MB",
            f"{one.seconds:.2f} s",
            f"{1e3 * one.seconds / one.pages:.2f} ms",
            f"{one.memory / 1e6:.0f} MB（{one.memory / one.size:.1f} 倍）",
            f"{one.grown / 1e3:.0f} KB",
        ]
        for one in large((most // 10, most))
    ]
    heads = ["页数", "原件", "CPU", "每页", "多占内存（与原件之比）", "文件增大"]
    note = "密标是全文件共用的一个图案，每页只加一个引用。内存为加密标时的进程峰值减去已加过一个小文件的进程。"
    speed = copies_a_minute(max(3, round(_COPIES * size)), KEY)
    kinds = [[name, count(minute), f"{each:.0f} ms"] for name, (minute, each) in speed.items()]
    told = "写入新文件并读回核对在内，一个核。"
    return [
        Table("大文件", heads, rows, note),
        Table("批量：每分钟每核的副本数", ["文件", "份/分钟", "每份 CPU"], kinds, told),
    ]


def _colluders(size: float) -> Table:
    chosen = {}
    for picture in corpus("reporting", None):
        chosen.setdefault(picture.kind, []).append(picture)
    pictures = [one for kind in chosen.values() for one in kind[: 2 if size == 1 else 1]]
    decoys = max(500, round(_DECOYS * size))
    rows = [
        [
            f"{row.mix}，{row.copies} 份",
            f"{row.named}/{row.leaks}",
            str(row.innocent),
            f"{row.decoys}/{count(decoys * row.leaks)}",
            f"10^{row.strongest_decoy:.1f}",
        ]
        for row in mixed(pictures, KEY.secret, decoys)
    ]
    heads = ["混合", "指认了合谋者", "冤枉", "未发出的编号被指认", "未发出的编号中最强的"]
    note = (
        f"登记一千份，取其中几份按{'、'.join(MIXES)}混合后再压缩为 JPEG 70；{len(pictures)} 张图。"
        "“未发出的编号”从未写入任何副本，是虚警的对照。"
    )
    return Table("合谋：把几份副本混成一份", heads, rows, note)
