"""Message and code: properties, published check values, golden vectors."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.marking.code import convolution
from midun.lib.marking.code.message import crc8, pack, read_id, unpack, write_id
from midun.lib.marking.errors import Refused
from midun.lib.marking.keys import MarkKey, keystream, permutation

VECTORS = json.loads((Path(__file__).parent / "vectors" / "code.json").read_text())
KEY = MarkKey(bytes(range(32)), 3)
IDS = st.binary(min_size=8, max_size=8)


def test_crc_is_the_published_one():
    assert crc8(b"123456789") == 0xDF


def test_vectors_of_version_1():
    key = MarkKey(bytes.fromhex(VECTORS["secret"]), VECTORS["number"])
    assert key.derive("mac").hex() == VECTORS["mac_key"]
    assert [int(word) for word in keystream(key.derive("data-signs"), 3)] == VECTORS["words"]
    assert permutation(key.derive("data-order"), 8).tolist() == VECTORS["permutation"]
    bits = pack(bytes.fromhex(VECTORS["copy_id"]), key)
    assert np.packbits(bits).tobytes().hex() == VECTORS["message"]
    assert np.packbits(convolution.encode(bits).astype(np.uint8)).tobytes().hex() == VECTORS["code"]


@settings(max_examples=15)
@given(IDS, st.integers(0, 31))
def test_what_was_encoded_is_decoded(copy_id, number):
    key = MarkKey(bytes(32), number)
    soft = (1.0 - 2.0 * convolution.encode(pack(copy_id, key))).astype(np.float32)
    assert unpack(convolution.decode(soft), key) == copy_id


def test_it_corrects_what_the_documents_say():
    """At Eb/N0 = 1.5 dB 25 of 25 words come back."""
    random, sigma = np.random.default_rng(5), (6 / (2 * 10**0.15)) ** 0.5
    for _ in range(25):
        copy_id = random.bytes(8)
        code = 1.0 - 2.0 * convolution.encode(pack(copy_id, KEY))
        soft = (code + random.normal(0, sigma, len(code))).astype(np.float32)
        assert unpack(convolution.decode(soft), KEY) == copy_id


@given(IDS, st.integers(0, 111))
def test_a_changed_bit_is_noticed(copy_id, place):
    bits = pack(copy_id, KEY).copy()
    bits[place] ^= 1
    assert unpack(bits, KEY) is None


@given(IDS)
def test_another_key_reads_nothing(copy_id):
    bits = pack(copy_id, KEY)
    assert unpack(bits, MarkKey(bytes(range(32)), 4)) is None
    assert unpack(bits, MarkKey(bytes(32), 3)) is None


@given(IDS)
def test_a_written_id_is_read_as_people_type_it(copy_id):
    written = write_id(copy_id)
    assert read_id(written) == read_id(f" {written.lower().replace('-', ' ')} ") == copy_id


@given(IDS, st.integers(0, 14), st.integers(1, 31))
def test_a_mistyped_letter_is_noticed(copy_id, place, change):
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    written = write_id(copy_id).replace("-", "")
    other = letters[(letters.index(written[place]) + change) % 32]
    with pytest.raises(Refused):
        read_id(written[:place] + other + written[place + 1 :])


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_it_rejects_a_key_of_another_length(secret):
    with pytest.raises(Refused):
        MarkKey(secret)


def test_a_key_is_not_shown():
    assert "secret" not in repr(KEY)
