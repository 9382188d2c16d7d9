"""A progress line on a terminal; nothing where the output is no terminal."""

import sys
import time
from typing import Self, TextIO

_EVERY = 0.1
_WIDTH = 30
_KILO = 1024


class Progress:
    """Counts bytes towards a total."""

    def __init__(self, total: int, what: str, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self.out = out or sys.stderr
        self.total, self.what, self.done = total, what, 0
        self._shown = not quiet and self.out.isatty()
        self._began = self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown:
            self._show()
            self.out.write("\n")

    def reach(self, done: int) -> None:
        """So many bytes are done in all."""
        self.done = done
        if self._shown and time.monotonic() - self._last >= _EVERY:
            self._show()

    def _show(self) -> None:
        self._last = time.monotonic()
        share = min(1.0, self.done / self.total) if self.total else 1.0
        bar = ("█" * int(share * _WIDTH)).ljust(_WIDTH, "·")
        rate = self.done / max(self._last - self._began, 1e-6)
        self.out.write(f"\r{self.what} {bar} {share:4.0%} {size(self.done)}，每秒 {size(int(rate))}  ")
        self.out.flush()


def size(count: int) -> str:
    """Bytes in words."""
    number = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < _KILO or unit == "GiB":
            break
        number /= _KILO
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
