"""Run a system over the corpus and count."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from bench.marking.attacks import ATTACKS, attack
from bench.marking.corpus import Picture
from bench.marking.quality import psnr, ssim
from bench.marking.systems import System

SAMPLE_OF_TIMES = ("none", "jpeg50", "photograph")


@dataclass(frozen=True)
class Case:
    """One attacked copy: exactly recovered, or wrong (an id that was never put in), or nothing."""

    picture: str
    kind: str
    attack: str
    exact: bool
    wrong: bool
    milliseconds: float


@dataclass
class Result:
    """Everything about one system."""

    system: str
    cases: list[Case] = field(default_factory=list)
    quality: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    embedding: list[float] = field(default_factory=list)
    rejecting: list[float] = field(default_factory=list)
    false: int = 0
    unmarked: int = 0

    def share(self, *, kind: str = "", group: str = "") -> tuple[int, int]:
        """Recovered and tried, of a kind of picture or a group of attacks."""
        chosen = [c for c in self.cases if kind in ("", c.kind) and group in ("", ATTACKS[c.attack][0])]
        return sum(c.exact for c in chosen), len(chosen)

    def detecting(self) -> float:
        """CPU milliseconds per megapixel on marked pictures, median of clean, JPEG 50 and photograph."""
        return median(c.milliseconds for c in self.cases if c.attack in SAMPLE_OF_TIMES)


def run(system: System, pictures: Iterable[Picture], attacks: Iterable[str]) -> Result:
    """Mark, hurt, read."""
    result, attacks = Result(system.name), list(attacks)
    for number, picture in enumerate(pictures):
        payload = bytes([number + 1, 0x5A, number ^ 0x33, 7, 99, 3 * number & 255, 17, 201])
        megapixels = picture.pixels.shape[0] * picture.pixels.shape[1] / 1e6
        marked, seconds = system.embed(picture.pixels, payload)
        if marked is None or marked.shape != picture.pixels.shape:
            marked = picture.pixels
        result.embedding.append(seconds * 1e3 / megapixels)
        quality = psnr(picture.pixels, marked), ssim(picture.pixels, marked)
        result.quality.setdefault(picture.kind, []).append(quality)
        result.cases += _hurt(system, picture, np.ascontiguousarray(marked), payload, attacks)
        found, seconds = system.detect(picture.pixels)
        result.rejecting.append(seconds * 1e3 / megapixels)
        result.unmarked += 1
        result.false += found is not None
    return result


def _hurt(system: System, picture: Picture, marked: np.ndarray, payload: bytes, attacks: list[str]) -> Iterator[Case]:
    wanted = payload[: system.bits // 8]
    for name in attacks:
        copy = attack(name, marked, picture.name)
        found, seconds = system.detect(copy)
        speed = seconds * 1e9 / (copy.shape[0] * copy.shape[1])
        yield Case(picture.name, picture.kind, name, found == wanted, found is not None and found != wanted, speed)
