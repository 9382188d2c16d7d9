"""The canonical JSON of a form, and its digest (docs/formats/statistics-form.md). No database here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from midun.kernel.trail.chain import canonical, instant

FORMAT = "midun-form/1"


class BadBody(Exception):
    """The text is not a form of this format; `str()` says what is wrong."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of a cell: counted from the records, carried up from below, and reported, with the reason.

    `carried` is what the adjustments of accepted forms below add (only for figures that add up over units).
    """

    computed: int
    reported: int
    carried: int = 0
    reason: str = ""

    @property
    def automatic(self) -> int:
        """What the form states unless a person adjusts it."""
        return self.computed + self.carried


@dataclass(frozen=True)
class Below:
    """What an accepted form below states beyond its records, and why. `added` says whether it was carried up."""

    unit: str
    figure: str
    delta: int
    reason: str
    added: bool


@dataclass(frozen=True)
class Finding:
    """A check that the numbers break, with the explanation ("" where there is none)."""

    id: str
    severity: str
    text: str
    explanation: str = ""


@dataclass(frozen=True)
class Body:
    """A form's content as it stands in a snapshot."""

    data: Mapping[str, Any]

    @property
    def numbers(self) -> dict[str, Numbers]:
        """The numbers by figure, in the order of the form."""
        return {
            c["figure"]: Numbers(c["computed"], c["reported"], c["carried"], c["reason"]) for c in self.data["cells"]
        }

    @property
    def below(self) -> list[Below]:
        """What the forms below state beyond their records."""
        return [Below(b["unit"], b["figure"], b["delta"], b["reason"], b["added"]) for b in self.data["below"]]

    @property
    def findings(self) -> list[Finding]:
        """The checks that were broken."""
        return [Finding(c["id"], c["severity"], c["text"], c["explanation"]) for c in self.data["checks"]]

    @property
    def counted_at(self) -> datetime | None:
        """When the records were counted; None for a form that is not handed in."""
        return datetime.fromisoformat(self.data["counted_at"]) if self.data["counted_at"] else None

    @property
    def missing_units(self) -> list[str]:
        """Units whose forms were not accepted when this summary was frozen."""
        return list(self.data["missing"]["units"])

    @property
    def missing_reason(self) -> str:
        """Why the summary went ahead without them."""
        return str(self.data["missing"]["reason"])

    def deltas(self) -> list[tuple[str, int, str]]:
        """For each cell that states something else than its records: figure, difference, reason."""
        told: dict[str, list[str]] = {}
        for b in self.below:
            if b.added:
                told.setdefault(b.figure, []).append(f"{b.unit} {b.delta:+d}：{b.reason}")
        return [
            (name, n.reported - n.computed, n.reason or "；".join(told.get(name, [])))
            for name, n in self.numbers.items()
            if n.reported != n.computed
        ]

    def at_stage(self, stage: str, *, at: datetime, previous: str) -> "Body":
        """The same numbers at a later stage: a form is accepted as it was submitted."""
        return Body({**self.data, "stage": stage, "taken_at": instant(at), "previous": previous})

    @property
    def text(self) -> str:
        """The canonical JSON."""
        return canonical(self.data)


def digest_of(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def parse(text: str) -> Body:
    """Read a body. Raises `BadBody` for anything but the canonical text of this format."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise BadBody(f"不是 {FORMAT} 格式")
        made = Body(data)
        _ = made.numbers, made.below, made.findings, made.missing_units, made.missing_reason
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadBody(f"统计表快照无法读取（{error}）") from error
    if made.text != text:
        raise BadBody("统计表快照不是规范的 JSON（键的顺序或空白不同）")
    return made
