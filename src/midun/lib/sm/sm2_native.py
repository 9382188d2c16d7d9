"""SM2 signatures by the system's libcrypto (OpenSSL 3) through ctypes; `load` gives None where it cannot.

Keys go in as DER (SPKI, PKCS #8) because that is the one door open in every OpenSSL 3; signatures come out as DER and
are turned into r ‖ s.
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from midun.lib.sm.sm2_pure import BYTES

_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
"""AlgorithmIdentifier: id-ecPublicKey on the curve SM2 (1.2.156.10197.1.301)."""
_SPKI = b"\x30\x59" + _ALGORITHM + b"\x03\x42\x00"
_PKCS8 = b"\x30\x81\x87\x02\x01\x00" + _ALGORITHM + b"\x04\x6d\x30\x6b\x02\x01\x01\x04\x20"
_PUBLIC_IN_PKCS8 = b"\xa1\x44\x03\x42\x00"
_MAX_DER = 80

_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
_FUNCTIONS = {
    "d2i_PUBKEY": (_POINTER, [_POINTER, _POINTER, ctypes.c_long]),
    "d2i_AutoPrivateKey": (_POINTER, [_POINTER, _POINTER, ctypes.c_long]),
    "EVP_PKEY_free": (None, [_POINTER]),
    "EVP_sm3": (_POINTER, []),
    "EVP_MD_CTX_new": (_POINTER, []),
    "EVP_MD_CTX_free": (None, [_POINTER]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [_POINTER, _POINTER]),
    "EVP_PKEY_CTX_new": (_POINTER, [_POINTER, _POINTER]),
    "EVP_PKEY_CTX_free": (None, [_POINTER]),
    "EVP_PKEY_CTX_set1_id": (_INT, [_POINTER, ctypes.c_char_p, _SIZE]),
    "EVP_DigestSignInit": (_INT, [_POINTER, _POINTER, _POINTER, _POINTER, _POINTER]),
    "EVP_DigestSign": (_INT, [_POINTER, _POINTER, _POINTER, ctypes.c_char_p, _SIZE]),
    "EVP_DigestVerifyInit": (_INT, [_POINTER, _POINTER, _POINTER, _POINTER, _POINTER]),
    "EVP_DigestVerify": (_INT, [_POINTER, ctypes.c_char_p, _SIZE, ctypes.c_char_p, _SIZE]),
    "ERR_clear_error": (None, []),
}


class NativeFailed(RuntimeError):
    """Libcrypto refused an operation that should work; callers fall back to plain Python."""


class Native:
    """The two operations, on a loaded libcrypto. Safe to use from several threads."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Bind the functions. Raises AttributeError where one is missing (OpenSSL before 3)."""
        self._lib = library
        self._lock = Lock()
        self._kept: tuple[bytes, int] | None = None
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments

    def _read(self, read: str, der: bytes) -> int | None:
        buffer = ctypes.create_string_buffer(der, len(der))
        at = ctypes.c_void_p(ctypes.addressof(buffer))
        key: int | None = getattr(self._lib, read)(None, ctypes.byref(at), len(der))
        self._lib.ERR_clear_error()
        ctypes.memset(buffer, 0, len(der))
        return key

    @contextmanager
    def _key(self, read: str, der: bytes) -> Iterator[int | None]:
        key = self._read(read, der)
        try:
            yield key
        finally:
            self._lib.EVP_PKEY_free(key)
            self._lib.ERR_clear_error()

    @contextmanager
    def _signing_key(self, der: bytes) -> Iterator[int | None]:
        """The key that signed last is kept ready: to read it costs more than to sign, and a log signs all day."""
        with self._lock:
            if self._kept is None or self._kept[0] != der:
                key = self._read("d2i_AutoPrivateKey", der)
                if self._kept is not None:
                    self._lib.EVP_PKEY_free(self._kept[1])
                self._kept = (der, key) if key else None
            yield self._kept[1] if self._kept else None
            self._lib.ERR_clear_error()

    @contextmanager
    def _context(self, key: int, signer_id: bytes) -> Iterator[int]:
        lib = self._lib
        context, key_context = lib.EVP_MD_CTX_new(), lib.EVP_PKEY_CTX_new(key, None)
        try:
            if not context or not key_context or lib.EVP_PKEY_CTX_set1_id(key_context, signer_id, len(signer_id)) != 1:
                raise NativeFailed("SM2 context")
            lib.EVP_MD_CTX_set_pkey_ctx(context, key_context)
            yield context
        finally:
            lib.EVP_MD_CTX_free(context)
            lib.EVP_PKEY_CTX_free(key_context)

    def sign(self, private: int, public: bytes, signer_id: bytes, message: bytes) -> bytes:
        """Give r ‖ s. Raises `NativeFailed`."""
        der = _PKCS8 + private.to_bytes(BYTES, "big") + _PUBLIC_IN_PKCS8 + public
        lib = self._lib
        with self._signing_key(der) as key:
            if not key:
                raise NativeFailed("private key")
            with self._context(key, signer_id) as context:
                out, length = ctypes.create_string_buffer(_MAX_DER), ctypes.c_size_t(_MAX_DER)
                done = lib.EVP_DigestSignInit(context, None, lib.EVP_sm3(), None, key) == 1 and (
                    lib.EVP_DigestSign(context, out, ctypes.byref(length), message, len(message)) == 1
                )
                if not done:
                    raise NativeFailed("sign")
                return _from_der(out.raw[: length.value])

    def verify(self, public: bytes, signer_id: bytes, message: bytes, signature: bytes) -> bool:
        """Whether r ‖ s is the key's signature; False also for a key that is no point of the curve."""
        if len(signature) != 2 * BYTES:
            return False
        der, lib = _to_der(signature), self._lib
        with self._key("d2i_PUBKEY", _SPKI + public) as key:
            if not key or len(public) != 1 + 2 * BYTES:
                return False
            with self._context(key, signer_id) as context:
                started = lib.EVP_DigestVerifyInit(context, None, lib.EVP_sm3(), None, key) == 1
                return bool(started and lib.EVP_DigestVerify(context, der, len(der), message, len(message)) == 1)


def _to_der(signature: bytes) -> bytes:
    parts = []
    for number in (signature[:BYTES], signature[BYTES:]):
        body = number.lstrip(b"\0") or b"\0"
        body = b"\0" + body if body[0] & 0x80 else body
        parts.append(bytes([2, len(body)]) + body)
    body = b"".join(parts)
    return bytes([0x30, len(body)]) + body


def _from_der(der: bytes) -> bytes:
    numbers, at = [], 2
    for _number in range(2):
        length = der[at + 1]
        numbers.append(der[at + 2 : at + 2 + length].lstrip(b"\0").rjust(BYTES, b"\0"))
        at += 2 + length
    return b"".join(numbers)


def load() -> Native | None:
    """Libcrypto if the system has one with SM2; whoever uses it must test it on a known signature first."""
    name = ctypes.util.find_library("crypto")
    if name is None:
        return None
    try:
        return Native(ctypes.CDLL(name))
    except (OSError, AttributeError):
        return None
