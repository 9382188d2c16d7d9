"""What a place in a text can carry, and which question of the message it answers (docs/formats/marking-documents.md).

Every bit a carrier holds is the inner product, over GF(2), of the 112-bit message with a 112-bit vector that a keyed
hash makes from the words around the carrier: a random linear code without length. So any excerpt in any order can be
read, an id that is not the marked one agrees with each bit with probability exactly 1/2, and 112 independent bits
give the message without a registry.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum

from midun.lib.marking.code.message import MESSAGE_BITS

MASK = (1 << MESSAGE_BITS) - 1


class Channel(StrEnum):
    """Kinds of carriers, each lost in its own way."""

    HIDDEN = "hidden"
    SPACING = "spacing"
    WIDTH = "width"
    WORDING = "wording"
    LINE = "line"


@dataclass(frozen=True)
class Carrier:
    """A place `start:end` of a text and its `forms`; the form at place n says the bits of n.

    `seen` is the form that stands there, or None where none of them does. `context` names the place by its
    surroundings; equal contexts carry equal bits.
    """

    channel: Channel
    start: int
    end: int
    forms: tuple[str, ...]
    seen: int | None
    context: str

    @property
    def width(self) -> int:
        """How many bits it carries."""
        return (len(self.forms) - 1).bit_length()


def questions(carrier: Carrier, key: bytes) -> list[int]:
    """One vector of 112 bits for each bit of the carrier, the highest bit of the form first."""
    name = f"{carrier.channel}\n{carrier.context}\n"
    return [
        int.from_bytes(hmac.digest(key, f"{name}{place}".encode(), "sha256")[: MESSAGE_BITS // 8], "big")
        for place in range(carrier.width)
    ]


def answer(question: int, message: int) -> int:
    """The inner product over GF(2)."""
    return (question & message).bit_count() & 1
