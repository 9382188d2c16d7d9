"""Marks made by version 1 are read by every later version: files that must never be made anew."""

from pathlib import Path

import pytest

from midun.lib.marking.keys import MarkKey
from midun.lib.marking.trace import trace

VECTORS = Path(__file__).parent / "vectors"
KEY = MarkKey(bytes(range(32)), 3)
MINE = bytes.fromhex("0123456789abcdef")


@pytest.mark.parametrize("name", ["marked-v1.txt", "marked-v1.py.txt", "marked-v1.pdf"])
def test_version_1_is_read(name):
    data = (VECTORS / name).read_bytes()
    found = trace(data, "", [KEY], {KEY.fingerprint: [MINE, bytes(7) + b"\x01"]})
    assert {one.copy_id for one in found} == {MINE}
    assert all(one.log10_error <= -9 for one in found)


@pytest.mark.parametrize("name", ["marked-v1.txt", "marked-v1.py.txt"])
def test_another_key_reads_nothing(name):
    other = MarkKey(bytes(32), 3)
    assert trace((VECTORS / name).read_bytes(), "", [other], {other.fingerprint: [MINE]}) == []
