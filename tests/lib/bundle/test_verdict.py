"""The same verdict from the library and from `verify.py`, on every good and every tampered bundle."""

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.bundle.container import Unsound, pack, unpack
from midun.lib.bundle.contents import read_bundle
from midun.lib.bundle.single_file import verify_py
from midun.lib.bundle.verdict import SENTENCE_OF
from midun.lib.bundle.verifying import verify_bundle
from tests.lib.bundle import tampering


@pytest.fixture(scope="session")
def single():
    """`check_bundle` of the one file."""
    names = {"__name__": "verify"}
    exec(compile(verify_py(), "verify.py", "exec"), names)  # noqa: S102  # it is ours
    return names["check_bundle"]


def both(single, data, given):
    ours = verify_bundle(data, **given)
    file = given.get("file")
    beside = {**given, **({"file": (file.size, file.sha256, file.sm3)} if file else {})}
    theirs = single(data, **beside)
    assert json.loads(ours.encode()) == json.loads(json.dumps(theirs))
    return ours


def test_what_holds_is_valid_for_both(single, one, many):
    for name, data, beside, status in tampering.good(one, many):
        verdict = both(single, data, beside)
        assert (verdict.status.value, verdict.reason) == (status, ""), (name, verdict)


def test_every_hurt_is_named_the_same_by_both(single, one, many):
    wrong, names = [], set()
    for hurt in tampering.cases(one, many):
        verdict = both(single, hurt.data, hurt.given)
        if (verdict.status.value, verdict.reason, verdict.where) != ("invalid", hurt.reason, hurt.where):
            wrong.append((hurt.name, verdict.reason, verdict.where, verdict.detail))
        elif verdict.steps[-1].state != "failed" or SENTENCE_OF[hurt.reason] not in verdict.sentence:
            wrong.append((hurt.name, verdict.sentence))
        names.add(hurt.name)
    assert not wrong, repr(wrong)[:3000]
    assert len(names) > 150


def test_a_bit_of_any_byte_is_noticed(one):
    """Also in headers, times and names, and in the papers nobody signs."""
    data = one.bundle.encode()
    generator = random.Random(1)  # noqa: S311  # no secret
    for at in range(len(data)):
        hurt = data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :]
        with pytest.raises(Unsound, match="container-"):
            unpack(hurt)


def test_a_bit_of_any_byte_of_any_member_is_noticed_after_resealing(single, one):
    """The list fits again, the seal fits again: what is signed must still say no. Papers are not signed."""
    data = one.bundle.encode()
    members = unpack(data)
    generator = random.Random(2)  # noqa: S311  # no secret
    for name in ("proof.tlog-proof", "checkpoint.txt", "timestamps/01.tsr", "timestamps/02.tsr"):
        content = members[name]
        for at in generator.sample(range(len(content)), 40):
            hurt = content[:at] + bytes([content[at] ^ 1 << generator.randrange(8)]) + content[at + 1 :]
            verdict = both(single, tampering.resealed({**members, name: hurt}), {})
            if verdict.status == "valid":  # a bit that no signature covers and no meaning has: none may be left
                unsigned = unsigned_of(members, name)
                assert any(begin <= at < end for begin, end in unsigned), (name, at)


def unsigned_of(members, name):
    """Ranges nobody signs. Of a token: its frame, before the signed statement and after the certificates. Of a proof:
    name and key ID of one of the log's two signatures, without which it is a stranger's, and one is enough."""
    content = members[name]
    if name.endswith(".tsr"):
        return [(0, content.index(bytes.fromhex("060b2a864886f70d0109100104")))]
    lines = [found.start() for found in re.finditer("— log".encode(), content)]
    return [(begin, content.index(b" ", begin + 4) + 7) for begin in lines]


def test_equal_contents_give_equal_bytes(one):
    data = one.bundle.encode()
    assert read_bundle(data) == one.bundle
    assert read_bundle(data).encode() == data
    assert pack(unpack(data)) == data


@given(st.binary(max_size=400))
def test_nothing_but_unsound_comes_out_of_any_bytes(data):
    for prefix in (b"", b"PK\3\4"):
        with pytest.raises(Unsound):
            unpack(prefix + data)


@given(st.dictionaries(st.sampled_from(["README.txt", "policy.txt", "verify.py"]), st.binary(max_size=99)))
def test_any_members_come_back(members):
    assert unpack(pack(members)) == members
