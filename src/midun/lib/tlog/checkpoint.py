"""The text of a checkpoint: origin, size, root (C2SP tlog-checkpoint@v1), without extension lines."""

from dataclasses import dataclass

from midun.lib.tlog.encoding import from_base64, from_decimal, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES

_LINES = 3


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: the log's origin, the number of leaves, the root of 32 bytes."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text. Raises `Refused`: CHECKPOINT_MALFORMED, CHECKPOINT_EXTENSION."""
    lines = text.split("\n")
    if len(lines) <= _LINES or lines[-1] or not lines[0]:
        raise Refused(Reason.CHECKPOINT_MALFORMED, f"{len(lines) - 1} lines")
    if len(lines) > _LINES + 1:
        raise Refused(Reason.CHECKPOINT_EXTENSION, lines[_LINES][:40])
    size = from_decimal(lines[1], Reason.CHECKPOINT_MALFORMED)
    return Checkpoint(lines[0], size, from_base64(lines[2], Reason.CHECKPOINT_MALFORMED, HASH_BYTES))
