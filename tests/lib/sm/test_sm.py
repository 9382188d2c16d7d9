import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.sm import sm2, sm2_native, sm2_pure, sm3

VECTOR = json.loads((Path(__file__).parent / "vectors" / "sm2.json").read_text())
PRIVATE = bytes.fromhex(VECTOR["d"])
PUBLIC = b"\4" + bytes.fromhex(VECTOR["x"] + VECTOR["y"])
MESSAGE = VECTOR["message"].encode()
SIGNATURE = bytes.fromhex(VECTOR["r"] + VECTOR["s"])
ID = VECTOR["id"].encode()


@pytest.fixture(params=["native", "pure"])
def engine(request, monkeypatch):
    """Each of the two ways; the libcrypto of a supported system has SM2."""
    if request.param == "pure":
        monkeypatch.setattr(sm2, "native", lambda: None)
    else:
        assert sm2.native() is not None
    return request.param


def test_sm3_vectors(monkeypatch):
    for in_hashlib in (True, False):
        monkeypatch.setattr(sm3, "_IN_HASHLIB", in_hashlib)
        assert sm3.sm3(b"abc").hex() == VECTOR["sm3_abc"]
        assert sm3.sm3(b"abcd" * 16).hex() == VECTOR["sm3_abcd_16"]


def test_published_key_digest_and_signature():
    assert sm2.public_key(PRIVATE) == PUBLIC
    assert sm2_pure.message_digest(PUBLIC, ID, MESSAGE) == int(VECTOR["e"], 16)
    signed = sm2_pure.sign(int(VECTOR["d"], 16), PUBLIC, ID, MESSAGE, nonce=int(VECTOR["k"], 16))
    assert signed == SIGNATURE


def test_published_signature_verifies(engine):
    assert sm2.verify(PUBLIC, MESSAGE, SIGNATURE)
    assert not sm2.verify(PUBLIC, MESSAGE, SIGNATURE, b"another ID")


def test_signing_works_and_never_repeats_a_nonce(engine):
    one, two = sm2.sign(PRIVATE, PUBLIC, MESSAGE), sm2.sign(PRIVATE, PUBLIC, MESSAGE)
    assert one[:32] != two[:32]
    assert sm2.verify(PUBLIC, MESSAGE, one)
    assert sm2.verify(PUBLIC, MESSAGE, two)


def test_it_rejects_every_changed_byte(engine):
    for place in range(0, 64, 3 if engine == "native" else 16):
        changed = bytearray(SIGNATURE)
        changed[place] ^= 1
        assert not sm2.verify(PUBLIC, MESSAGE, bytes(changed))
    for place in (1, 33, 64):
        changed = bytearray(PUBLIC)
        changed[place] ^= 1
        assert not sm2.verify(bytes(changed), MESSAGE, SIGNATURE)
    assert not sm2.verify(PUBLIC, MESSAGE + b"!", SIGNATURE)


def test_it_rejects_numbers_out_of_range(engine):
    order = sm2_pure.N.to_bytes(32, "big")
    r, s, zero, over = SIGNATURE[:32], SIGNATURE[32:], bytes(32), b"\xff" * 32
    minus_r = (sm2_pure.N - int.from_bytes(r, "big")).to_bytes(32, "big")
    for wrong in (zero + s, r + zero, zero + zero, order + s, r + order, over + s, r + over, r + minus_r):
        assert not sm2.verify(PUBLIC, MESSAGE, wrong)
    for wrong in (b"", SIGNATURE[:-1], SIGNATURE + b"\0"):
        assert not sm2.verify(PUBLIC, MESSAGE, wrong)


def test_it_rejects_what_is_no_key(engine):
    for wrong in (b"", PUBLIC[1:], b"\2" + PUBLIC[1:33], b"\4" + bytes(64), PUBLIC + b"\0"):
        assert not sm2.verify(wrong, MESSAGE, SIGNATURE)
        assert not sm2.is_public_key(wrong)
    for number in (0, sm2_pure.N - 1, sm2_pure.N):
        with pytest.raises(ValueError, match="private key"):
            sm2.public_key(number.to_bytes(32, "big"))


@settings(max_examples=12, deadline=None)
@given(st.integers(1, sm2_pure.N - 2), st.binary(max_size=200), st.binary(min_size=1, max_size=40))
def test_both_ways_agree(d, message, signer_id):
    private = d.to_bytes(32, "big")
    public = sm2.public_key(private)
    library = sm2.native()
    for signature in (
        library.sign(d, public, signer_id, message),
        sm2_pure.sign(d, public, signer_id, message),
    ):
        assert library.verify(public, signer_id, message, signature)
        assert sm2_pure.verify(public, signer_id, message, signature)
        assert not library.verify(public, signer_id, message + b"x", signature)


def test_a_system_without_libcrypto_falls_back(monkeypatch):
    monkeypatch.setattr(sm2_native.ctypes.util, "find_library", lambda _name: None)
    assert sm2_native.load() is None
    monkeypatch.setattr(sm2_native.ctypes.util, "find_library", lambda _name: "libc.so.6")
    assert sm2_native.load() is None
    monkeypatch.setattr(sm2_native.ctypes.util, "find_library", lambda _name: "libnothing.so.9")
    assert sm2_native.load() is None


def test_a_libcrypto_that_fails_is_replaced_too(monkeypatch):
    class Broken:
        def sign(self, *_arguments):
            raise sm2_native.NativeFailed("sign")

        verify = sign

    monkeypatch.setattr(sm2, "native", Broken)
    assert sm2.verify(PUBLIC, MESSAGE, SIGNATURE)
    assert sm2.verify(PUBLIC, MESSAGE, sm2.sign(PRIVATE, PUBLIC, MESSAGE))


def test_generated_keys_work(engine):
    private = sm2.generate()
    public = sm2.public_key(private)
    assert sm2.verify(public, b"", sm2.sign(private, public, b""))
