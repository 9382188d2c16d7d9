"""SM3 (GB/T 32905-2016): by the Python's own OpenSSL where that has it, otherwise in plain Python."""

from __future__ import annotations

import hashlib
from typing import Any

SM3_START = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E
)  # fmt: skip
SM3_CONSTANTS = tuple(
    (t << (j % 32) | t >> (32 - j % 32)) & 0xFFFFFFFF for j, t in enumerate([0x79CC4519] * 16 + [0x7A879D8A] * 48)
)


def sm3_block(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """The compression function."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ ((w[j - 3] << 15 | w[j - 3] >> 17) & 0xFFFFFFFF)
        x ^= (x << 15 | x >> 17) & 0xFFFFFFFF ^ (x << 23 | x >> 9) & 0xFFFFFFFF
        w.append(x ^ (w[j - 13] << 7 | w[j - 13] >> 25) & 0xFFFFFFFF ^ w[j - 6])
    a, b, c, d, e, f, g, h = list(state)
    for j in range(64):
        a12 = (a << 12 | a >> 20) & 0xFFFFFFFF
        s1 = (a12 + e + SM3_CONSTANTS[j]) & 0xFFFFFFFF
        s1 = (s1 << 7 | s1 >> 25) & 0xFFFFFFFF
        ff, gg = (a ^ b ^ c, e ^ f ^ g) if j < 16 else (a & b | a & c | b & c, e & f | ~e & g)
        t1 = (ff + d + (s1 ^ a12) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        t2 = (gg + h + s1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = t1, a, (b << 9 | b >> 23) & 0xFFFFFFFF, c
        e, f, g, h = (
            t2 ^ (t2 << 9 | t2 >> 23) & 0xFFFFFFFF ^ (t2 << 17 | t2 >> 15) & 0xFFFFFFFF,
            e,
            (f << 19 | f >> 13) & 0xFFFFFFFF,
            g,
        )
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h)))


class PlainSm3:
    """A running SM3 in plain Python: some 200 KB a second."""

    def __init__(self) -> None:
        """Begin."""
        self._state: tuple[int, ...] = SM3_START
        self._rest, self._size = b"", 0

    def update(self, data: bytes) -> None:
        """Take in more bytes."""
        self._size += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % 64
        for at in range(0, whole, 64):
            self._state = sm3_block(self._state, data[at : at + 64])
        self._rest = data[whole:]

    def digest(self) -> bytes:
        """The hash of all bytes so far."""
        padded = self._rest + b"\x80" + bytes((55 - len(self._rest)) % 64) + (self._size * 8).to_bytes(8, "big")
        state = self._state
        for at in range(0, len(padded), 64):
            state = sm3_block(state, padded[at : at + 64])
        return b"".join(word.to_bytes(4, "big") for word in state)


def has_quick_sm3() -> bool:
    """Whether this Python's OpenSSL has SM3."""
    try:
        hashlib.new("sm3")
    except ValueError:
        return False
    return True


QUICK_SM3 = has_quick_sm3()


def running_sm3() -> Any:
    """A running SM3."""
    return hashlib.new("sm3") if QUICK_SM3 else PlainSm3()


def sm3_of(data: bytes) -> bytes:
    """SM3 of some bytes."""
    running = running_sm3()
    running.update(data)
    return bytes(running.digest())
