"""The one file's own signatures against published vectors and against the library's, in Python and in script."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.bundle.offline import curves
from midun.lib.bundle.offline.sm3 import PlainSm3
from midun.lib.sm import sm2

VECTORS = Path(__file__).resolve().parents[1] / "tlog/vectors/wycheproof-ed25519.json"
SM2 = Path(__file__).resolve().parents[1] / "sm/vectors/sm2.json"
CURVES = ((ec.SECP256R1(), curves.P256), (ec.SECP384R1(), curves.P384), (ec.SECP521R1(), curves.P521))


def ed25519_cases():
    for case in json.loads(VECTORS.read_bytes())["cases"]:
        public, message, signature = (bytes.fromhex(case[name]) for name in ("pk", "msg", "sig"))
        yield case["tcId"], public, message, signature, case["result"] == "valid"


def test_ed25519_does_what_wycheproof_says():
    wrong = [
        number
        for number, public, message, signature, good in ed25519_cases()
        if curves.ed25519_holds(public, message, signature) != good
    ]
    assert wrong == []


@pytest.mark.parametrize(("named", "curve"), CURVES)
@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_ecdsa_agrees_with_openssl(named, curve, digest):
    key = ec.generate_private_key(named)
    size = (named.key_size + 7) // 8
    numbers = key.public_key().public_numbers()
    public = b"\4" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
    r, s = decode_dss_signature(key.sign(b"message", ec.ECDSA(digest)))
    value = hashlib.new(digest.name, b"message").digest()
    assert curves.ecdsa_holds(curve, public, value, r, s)
    assert curves.ecdsa_holds(curve, public, value, r, curve.n - s)
    for wrong in ((r + 1, s), (r, s + 1), (0, s), (r, 0), (r + curve.n, s), (r, curve.n)):
        assert not curves.ecdsa_holds(curve, public, value, *wrong)
    assert not curves.ecdsa_holds(curve, public[:-1] + bytes([public[-1] ^ 1]), value, r, s)


def test_sm2_holds_for_the_signature_of_the_standard():
    case = json.loads(SM2.read_bytes())
    public = bytes.fromhex(f"04{case['x']}{case['y']}")
    r, s = int(case["r"], 16), int(case["s"], 16)
    assert curves.sm2_holds(public, case["message"].encode(), r, s)
    assert not curves.sm2_holds(public, case["message"].encode(), r, s, b"another signer")


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_sm2_agrees_with_the_library(message):
    private = hashlib.sha256(message + b"key").digest()
    public = sm2.public_key(private)
    signature = sm2.sign(private, public, message)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    assert curves.sm2_holds(public, message, r, s)
    assert not curves.sm2_holds(public, message + b".", r, s)
    assert not curves.sm2_holds(public, message, s, r)


def test_rsa_agrees_with_openssl_and_takes_one_padding_only():
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_numbers()
    for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        signature, value = key.sign(b"m", PKCS1v15(), digest), hashlib.new(digest.name, b"m").digest()
        assert curves.rsa_holds(public.n, public.e, digest.name, value, signature)
        assert not curves.rsa_holds(public.n, public.e, digest.name, value[::-1], signature)
        assert not curves.rsa_holds(public.n, public.e, digest.name, value, signature + b"\0")
        assert not curves.rsa_holds(public.n >> 1024, public.e, digest.name, value, signature[:128])


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(min_value=0, max_value=300))
def test_plain_sm3_agrees_with_openssl(data, cut):
    running = PlainSm3()
    running.update(data[:cut])
    running.update(data[cut:])
    assert running.digest() == hashlib.new("sm3", data).digest()
