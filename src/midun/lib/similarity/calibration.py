"""What a score means: how often unrelated material of the same field reaches it (measured, `bench/matching`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Rate:
    """A false-positive rate: at most `rate` (share of unrelated queries), seen in `hits` of `trials`."""

    hits: int
    trials: int

    @property
    def upper(self) -> float:
        """95 % upper bound (rule of three for no hit, otherwise Wilson's score bound)."""
        if not self.trials:
            return 1.0
        if not self.hits:
            return 3 / self.trials
        z, n, p = 1.645, self.trials, self.hits / self.trials
        centre = p + z * z / (2 * n)
        return float((centre + z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5) / (1 + z * z / n))

    def sentence(self) -> str:
        """For a report."""
        if not self.trials:
            return "未校准"
        return f"无关材料 {self.trials} 件中有 {self.hits} 件达到此分值（误报率 95% 置信上限 {self.upper:.2%}）"


@cache
def _table() -> dict[str, dict[str, list[float]]]:
    path = Path(__file__).resolve().parent / "data" / "calibration.json"
    loaded: dict[str, dict[str, list[float]]] = json.loads(path.read_text(encoding="utf-8"))["families"]
    return loaded


def threshold(family: str) -> float:
    """The evidence in bits that at most 0.1 % of unrelated queries reach."""
    return float(_table()[family]["threshold"][0])


def rate(family: str, evidence: float) -> Rate:
    """How often unrelated material reached `evidence`."""
    known = _table()[family]
    hits = sum(score >= evidence for score in known["highest"])
    return Rate(hits, int(known["trials"][0]))
