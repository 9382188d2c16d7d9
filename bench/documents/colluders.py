"""Copies made out of several copies: who is accused, and what ids that were never issued score."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.marking.attacks import jpeg
from bench.marking.corpus import Picture
from midun.lib.marking.collusion.accuse import LIMIT, accuse
from midun.lib.marking.image.detector import detect_all
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.luminance import luminance
from midun.lib.marking.image.tile import tile_of
from midun.lib.marking.image.trial import Budget
from midun.lib.marking.keys import MarkKey

Pixels = npt.NDArray[np.uint8]
ISSUED = [bytes([1]) + n.to_bytes(7, "big") for n in range(1_000)]
MIXES: dict[str, Callable[[Sequence[Pixels]], npt.NDArray[np.floating]]] = {
    "平均": lambda copies: np.mean(copies, axis=0),
    "取最小": lambda copies: np.min(copies, axis=0).astype(np.float64),
    "取最大": lambda copies: np.max(copies, axis=0).astype(np.float64),
}


@dataclass
class Row:
    """One way of mixing so many copies: leaks, leaks where a colluder was accused, innocent accused, decoys accused."""

    mix: str
    copies: int
    leaks: int = 0
    named: int = 0
    innocent: int = 0
    decoys: int = 0
    strongest_decoy: float = 0.0


def mixed(pictures: Sequence[Picture], secret: bytes, decoys: int, most: int = 5) -> Iterator[Row]:
    """Every mix of two to `most` copies of every picture, JPEG 70 after it; a thousand copies are issued."""
    key = MarkKey(secret, 1, tracing=True)
    never = [bytes([2]) + n.to_bytes(7, "big") for n in range(decoys)]
    copies = {p.name: [embed(p.pixels, tile_of(one, key)) for one in ISSUED[:most]] for p in pictures}
    for mix, act in MIXES.items():
        for count in range(2, most + 1):
            row = Row(mix, count)
            for picture in pictures:
                leak = jpeg(np.rint(act(copies[picture.name][:count])).astype(np.uint8), 70)
                _read(row, leak, key, never)
            yield row


def _read(row: Row, leak: Pixels, key: MarkKey, never: Sequence[bytes]) -> None:
    budget, took_part = Budget(), set(ISSUED[: row.copies])
    blind = {one.copy_id for one in detect_all(luminance(leak), key, budget)}
    accused = {one.copy_id for one in accuse(budget.dimensions, ISSUED, key)} | blind
    row.leaks += 1
    row.named += bool(accused & took_part)
    row.innocent += len(accused - took_part)
    loose = accuse(budget.dimensions, never, key, limit=1.0)
    row.decoys += sum(one.log10_error <= np.log10(LIMIT) for one in loose)
    row.strongest_decoy = min([row.strongest_decoy, *(one.log10_error for one in loose)])
