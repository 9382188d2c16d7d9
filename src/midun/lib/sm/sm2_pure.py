"""SM2 signatures in plain Python (GB/T 32918.2-2016, GM/T 0003.2): the fallback where libcrypto has no SM2.

Right but slow (some 10 ms), and not in constant time: verify with it freely, sign with it only where nobody can
measure the time it takes.
"""

import secrets
from typing import NamedTuple

from midun.lib.sm.sm3 import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
BYTES = 32


class Point(NamedTuple):
    """A point in Jacobian coordinates; z = 0 is infinity."""

    x: int
    y: int
    z: int = 1


G = Point(GX, GY)
_INFINITY = Point(1, 1, 0)


def _double(p: Point) -> Point:
    if not p.z or not p.y:
        return _INFINITY
    yy = p.y * p.y % P
    s = 4 * p.x * yy % P
    zz = p.z * p.z % P
    m = 3 * (p.x - zz) * (p.x + zz) % P  # a = -3
    x = (m * m - 2 * s) % P
    return Point(x, (m * (s - x) - 8 * yy * yy) % P, 2 * p.y * p.z % P)


def _add(p: Point, q: Point) -> Point:
    if not p.z:
        return q
    if not q.z:
        return p
    zp, zq = p.z * p.z % P, q.z * q.z % P
    u, v = p.x * zq % P, q.x * zp % P
    s, t = p.y * zq * q.z % P, q.y * zp * p.z % P
    if u == v:
        return _double(p) if s == t else _INFINITY
    h, r = (v - u) % P, (t - s) % P
    hh = h * h % P
    hhh, uhh = h * hh % P, u * hh % P
    x = (r * r - hhh - 2 * uhh) % P
    return Point(x, (r * (uhh - x) - s * hhh) % P, h * p.z * q.z % P)


def _affine(p: Point) -> tuple[int, int]:
    inverse = pow(p.z, -1, P)
    square = inverse * inverse % P
    return p.x * square % P, p.y * square * inverse % P


def multiply(scalar: int, point: Point) -> Point:
    """The point added to itself `scalar` times."""
    result = _INFINITY
    for bit in f"{scalar:b}":
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def decode_public(public: bytes) -> Point | None:
    """The point of 0x04 ‖ x ‖ y; None if it is not one of the curve."""
    if len(public) != 1 + 2 * BYTES or public[0] != 4:  # noqa: PLR2004  # uncompressed (SEC 1 §2.3.3)
        return None
    x, y = int.from_bytes(public[1 : 1 + BYTES], "big"), int.from_bytes(public[1 + BYTES :], "big")
    on_curve = x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0
    return Point(x, y) if on_curve else None


def public_key(private: int) -> bytes:
    """0x04 ‖ x ‖ y of the private key d, 1 ≤ d ≤ n-2."""
    x, y = _affine(multiply(private, G))
    return b"\4" + x.to_bytes(BYTES, "big") + y.to_bytes(BYTES, "big")


def message_digest(public: bytes, signer_id: bytes, message: bytes) -> int:
    """E = SM3(Z ‖ M), where Z binds signer's ID, curve and key (GB/T 32918.2 §5.5, §6.1)."""
    curve = b"".join(number.to_bytes(BYTES, "big") for number in (A, B, GX, GY))
    z = sm3((len(signer_id) * 8).to_bytes(2, "big") + signer_id + curve + public[1:])
    return int.from_bytes(sm3(z + message), "big")


def sign(private: int, public: bytes, signer_id: bytes, message: bytes, nonce: int | None = None) -> bytes:
    """Give r ‖ s. `nonce` is for the vectors of the standard only."""
    e = message_digest(public, signer_id, message)
    while True:
        k = nonce or secrets.randbelow(N - 1) + 1
        x, _y = _affine(multiply(k, G))
        r = (e + x) % N
        s = pow(1 + private, -1, N) * (k - r * private) % N
        if r and (r + k) % N and s:
            return r.to_bytes(BYTES, "big") + s.to_bytes(BYTES, "big")


def verify(public: bytes, signer_id: bytes, message: bytes, signature: bytes) -> bool:
    """Whether r ‖ s is the key's signature of the message under that ID."""
    point = decode_public(public)
    if point is None or len(signature) != 2 * BYTES:
        return False
    r, s = int.from_bytes(signature[:BYTES], "big"), int.from_bytes(signature[BYTES:], "big")
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    found = _add(multiply(s, G), multiply(t, point))
    if not found.z:
        return False
    return (message_digest(public, signer_id, message) + _affine(found)[0]) % N == r
