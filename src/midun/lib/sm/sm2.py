"""SM2 with SM3 (GB/T 32918.2-2016, GM/T 0003.2, GM/T 0009) by libcrypto if it passes a self-test, else in Python."""

import secrets
from contextlib import suppress
from functools import cache

from midun.lib.sm import sm2_pure
from midun.lib.sm.sm2_native import Native, NativeFailed, load

SIGNER_ID = b"1234567812345678"
"""The signer's ID where parties agreed on none (GM/T 0009-2012 §10)."""
PUBLIC_BYTES = 65
PRIVATE_BYTES = 32
SIGNATURE_BYTES = 64

_SELF_TEST = (
    bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    ),
    b"message digest",
    bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    ),
)
"""Key, message and signature of GM/T 0003.5 A.2."""


@cache
def native() -> Native | None:
    """Libcrypto, if it verifies the standard's signature and refuses a changed one."""
    found = load()
    if found is None:
        return None
    public, message, signature = _SELF_TEST
    try:
        good = found.verify(public, SIGNER_ID, message, signature)
        bad = found.verify(public, SIGNER_ID, message + b".", signature)
    except NativeFailed:
        return None
    return found if good and not bad else None


def generate() -> bytes:
    """A new private key: d as 32 bytes, 1 ≤ d ≤ n-2."""
    return (secrets.randbelow(sm2_pure.N - 2) + 1).to_bytes(PRIVATE_BYTES, "big")


def public_key(private: bytes) -> bytes:
    """0x04 ‖ x ‖ y. Raises ValueError for a number that is no private key."""
    d = int.from_bytes(private, "big")
    if len(private) != PRIVATE_BYTES or not 1 <= d <= sm2_pure.N - 2:
        raise ValueError("not an SM2 private key")
    return sm2_pure.public_key(d)


def is_public_key(public: bytes) -> bool:
    """Whether the bytes are 0x04 ‖ x ‖ y of a point of the curve."""
    return sm2_pure.decode_public(public) is not None


def sign(private: bytes, public: bytes, message: bytes, signer_id: bytes = SIGNER_ID) -> bytes:
    """Give r ‖ s, 64 bytes, over the message. `public` is the key's own public key."""
    d, library = int.from_bytes(private, "big"), native()
    if library is not None:
        with suppress(NativeFailed):
            return library.sign(d, public, signer_id, message)
    return sm2_pure.sign(d, public, signer_id, message)


def verify(public: bytes, message: bytes, signature: bytes, signer_id: bytes = SIGNER_ID) -> bool:
    """Whether `signature` (r ‖ s) is the key's signature of the message under that ID."""
    library = native()
    if library is not None:
        with suppress(NativeFailed):
            return library.verify(public, signer_id, message, signature)
    return sm2_pure.verify(public, signer_id, message, signature)
