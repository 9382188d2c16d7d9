"""A rate is never typed: it is shown with the counts it comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    part: int
    whole: int

    @classmethod
    def of(cls, part: int | None, whole: int | None) -> "Rate | None":
        """The rate of two counts; None when one of them is unknown."""
        return None if part is None or whole is None else cls(part, whole)

    @property
    def percent(self) -> str:
        """79.2%; a dash when there is nothing to divide by."""
        return f"{self.part * 100 / self.whole:.1f}%" if self.whole else "—"

    def __str__(self) -> str:
        return f"{self.part:,} / {self.whole:,}（{self.percent}）"
