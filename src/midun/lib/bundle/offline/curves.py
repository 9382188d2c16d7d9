"""Signatures in plain Python, for verifying only: Ed25519 (RFC 8032), ECDSA, SM2 (GB/T 32918.2), RSA.

Nothing secret is handled, so nothing needs constant time. All Weierstrass curves here have a = -3.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from midun.lib.bundle.offline.sm3 import sm3_of

WINDOW = 5
SM2_ID = b"1234567812345678"
MAX_RSA_BITS = 8192
DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DER of DigestInfo before the digest (RFC 8017 §9.2 note 1)."""


class Curve(NamedTuple):
    """A curve y² = x³ - 3x + b over the field of p elements, its base point and the number of points."""

    p: int
    b: int
    n: int
    x: int
    y: int


P256 = Curve(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
P521 = Curve(
    int(
        "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        16,
    ),
    int(
        "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e1"
        "56193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        16,
    ),
    int(
        "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        16,
    ),
    int(
        "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dba"
        "a14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        16,
    ),
    int(
        "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662"
        "c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        16,
    ),
)
SM2_CURVE = Curve(
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def signed_digits(scalar: int) -> list[int]:
    """The scalar's windowed non-adjacent form, lowest digit first: odd digits below 2^(WINDOW-1), or 0."""
    digits, whole, half = [], 1 << WINDOW, 1 << (WINDOW - 1)
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (whole - 1)
            if digit >= half:
                digit -= whole
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


def double_point(point: tuple[int, int, int], p: int) -> tuple[int, int, int]:
    """Twice a point in Jacobian coordinates (z = 0 is infinity), for a = -3."""
    x, y, z = point
    yy, zz = y * y % p, z * z % p
    s = 4 * x * yy % p
    m = 3 * (x - zz) * (x + zz) % p
    x = (m * m - 2 * s) % p
    return x, (m * (s - x) - 8 * yy * yy) % p, 2 * y * z % p


def add_points(one: tuple[int, int, int], two: tuple[int, int, int], p: int) -> tuple[int, int, int]:
    """The sum of two points in Jacobian coordinates."""
    if not one[2]:
        return two
    if not two[2]:
        return one
    x1, y1, z1 = one
    x2, y2, z2 = two
    zz1, zz2 = z1 * z1 % p, z2 * z2 % p
    u, s = x1 * zz2 % p, y1 * zz2 * z2 % p
    h, r = (x2 * zz1 - u) % p, (y2 * zz1 * z1 - s) % p
    if not h:
        return (1, 1, 0) if r else double_point(one, p)
    hh = h * h % p
    hhh, v = h * hh % p, u * hh % p
    x = (r * r - hhh - 2 * v) % p
    return x, (r * (v - x) - s * hhh) % p, h * z1 * z2 % p


def odd_multiples(point: tuple[int, int, int], p: int) -> list[tuple[int, int, int]]:
    """1, 3, 5 … times the point, as many as `signed_digits` may ask for."""
    twice, row = double_point(point, p), [point]
    for _more in range((1 << (WINDOW - 2)) - 1):
        row.append(add_points(row[-1], twice, p))
    return row


def joint_x(curve: Curve, base_scalar: int, scalar: int, point: tuple[int, int]) -> int | None:
    """The x of base_scalar·G + scalar·point; None at infinity."""
    p, result = curve.p, (1, 1, 0)
    parts = [
        (signed_digits(base_scalar), odd_multiples((curve.x, curve.y, 1), p)),
        (signed_digits(scalar), odd_multiples((point[0], point[1], 1), p)),
    ]
    for place in range(max(len(digits) for digits, _row in parts) - 1, -1, -1):
        result = double_point(result, p)
        for digits, row in parts:
            digit = digits[place] if place < len(digits) else 0
            if digit:
                x, y, z = row[abs(digit) >> 1]
                result = add_points(result, (x, y if digit > 0 else -y % p, z), p)
    if not result[2]:
        return None
    inverse = pow(result[2], curve.p - 2, p)
    return result[0] * inverse * inverse % p


def decode_point(curve: Curve, public: bytes) -> tuple[int, int] | None:
    """The point of 0x04 ‖ x ‖ y (SEC 1 §2.3.3); None if it is none of the curve."""
    size = (curve.p.bit_length() + 7) // 8
    if len(public) != 1 + 2 * size or public[0] != 4:
        return None
    x, y, p = int.from_bytes(public[1 : 1 + size], "big"), int.from_bytes(public[1 + size :], "big"), curve.p
    return (x, y) if x < p and y < p and (y * y - x * x * x + 3 * x - curve.b) % p == 0 else None


def ecdsa_holds(curve: Curve, public: bytes, digest: bytes, r: int, s: int) -> bool:
    """Whether (r, s) is the key's signature of a digest of any length (FIPS 186-4 §6.4)."""
    point = decode_point(curve, public)
    if point is None or not (0 < r < curve.n and 0 < s < curve.n):
        return False
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, curve.n - 2, curve.n)
    x = joint_x(curve, number * inverse % curve.n, r * inverse % curve.n, point)
    return x is not None and x % curve.n == r


def sm2_holds(public: bytes, message: bytes, r: int, s: int, signer_id: bytes = SM2_ID) -> bool:
    """Whether (r, s) is the SM2 key's signature of the message, hashed with SM3 under that ID."""
    curve, point = SM2_CURVE, decode_point(SM2_CURVE, public)
    total = (r + s) % curve.n
    if point is None or not (0 < r < curve.n and 0 < s < curve.n and total):
        return False
    constants = b"".join(n.to_bytes(32, "big") for n in (curve.p - 3, curve.b, curve.x, curve.y))
    z = sm3_of((len(signer_id) * 8).to_bytes(2, "big") + signer_id + constants + public[1:])
    x = joint_x(curve, s, total, point)
    return x is not None and (int.from_bytes(sm3_of(z + message), "big") + x) % curve.n == r


def rsa_holds(modulus: int, exponent: int, name: str, digest: bytes, signature: bytes) -> bool:
    """Whether it is an RSASSA-PKCS1-v1_5 signature (RFC 8017 §8.2.2) of a digest of that name."""
    size = (modulus.bit_length() + 7) // 8
    if not 2048 <= modulus.bit_length() <= MAX_RSA_BITS or not 3 <= exponent < 1 << 33 or len(signature) != size:
        return False
    number = int.from_bytes(signature, "big")
    if number >= modulus:
        return False
    info = DIGEST_INFO[name] + digest
    return (
        pow(number, exponent, modulus).to_bytes(size, "big")
        == b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    )


ED_P = 2**255 - 19
ED_L = 2**252 + 27742317777372353535851937790883648493
ED_D = -121665 * pow(121666, ED_P - 2, ED_P) % ED_P
ED_ROOT = pow(2, (ED_P - 1) // 4, ED_P)


def ed_decode(data: bytes) -> tuple[int, int, int, int] | None:
    """A point in extended coordinates (RFC 8032 §5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= ED_P:
        return None
    u, v = (y * y - 1) % ED_P, (ED_D * y * y + 1) % ED_P
    x = u * v**3 * pow(u * v**7 % ED_P, (ED_P - 5) // 8, ED_P) % ED_P
    if (v * x * x - u) % ED_P:
        x = x * ED_ROOT % ED_P
    if (v * x * x - u) % ED_P or (not x and sign):
        return None
    x = x if x & 1 == sign else -x % ED_P
    return x, y, 1, x * y % ED_P


def ed_double(point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Twice a point (RFC 8032 §5.1.4)."""
    x, y, z, _t = point
    a, b = x * x % ED_P, y * y % ED_P
    h = a + b
    e, g = h - (x + y) * (x + y) % ED_P, a - b
    f = 2 * z * z % ED_P + g
    return e * f % ED_P, g * h % ED_P, f * g % ED_P, e * h % ED_P


def ed_add(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The sum of two points (RFC 8032 §5.1.4); complete."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % ED_P
    b = (one[1] + one[0]) * (two[1] + two[0]) % ED_P
    c, d = 2 * one[3] * two[3] * ED_D % ED_P, 2 * one[2] * two[2] % ED_P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % ED_P, g * h % ED_P, f * g % ED_P, e * h % ED_P


def ed_row(point: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """1, 3, 5 … times the point."""
    twice, row = ed_double(point), [point]
    for _more in range((1 << (WINDOW - 2)) - 1):
        row.append(ed_add(row[-1], twice))
    return row


ED_BASE_ROW: list[tuple[int, int, int, int]] = []


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether it is the key's signature: R = S·B - h·A, compared as bytes (RFC 8032 §5.1.7, without cofactor)."""
    key, s = ed_decode(public), int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or s >= ED_L:
        return False
    if not ED_BASE_ROW:
        y = 4 * pow(5, ED_P - 2, ED_P) % ED_P
        base = ed_decode(y.to_bytes(32, "little"))
        ED_BASE_ROW.extend(ed_row(base) if base else [])
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ED_L
    minus = (-key[0] % ED_P, key[1], 1, -key[3] % ED_P)
    parts = [(signed_digits(s), ED_BASE_ROW), (signed_digits(h), ed_row(minus))]
    result = (0, 1, 1, 0)
    for place in range(max(len(digits) for digits, _row in parts) - 1, -1, -1):
        result = ed_double(result)
        for digits, row in parts:
            digit = digits[place] if place < len(digits) else 0
            if digit:
                x, y, z, t = row[abs(digit) >> 1]
                result = ed_add(result, (x, y, z, t) if digit > 0 else (-x % ED_P, y, z, -t % ED_P))
    inverse = pow(result[2], ED_P - 2, ED_P)
    x, y = result[0] * inverse % ED_P, result[1] * inverse % ED_P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
