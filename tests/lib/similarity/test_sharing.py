"""Two parties match under agreement: each learns its own overlap; what else either or a third can learn is tested."""

import inspect
import json

import numpy as np
import pytest

from midun.config import matching_commands
from midun.lib.similarity.background import build
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.keys import Key
from midun.lib.similarity.readers.files import read_bytes
from midun.lib.similarity.sharing import (
    BadShare,
    fingerprint_sets,
    join,
    met,
    new_half,
    parse_half,
    read_set,
    write_set,
)
from tests.lib.similarity.building import code, customers, prose

TERMS = "双方约定：只比对，不外传。".encode()
OURS = prose(1)
THEIRS = prose(2) + OURS[600:1100] + prose(3)


def documents(**files):
    return [d for name, text in files.items() for d in read_bytes(text.encode(), name.replace("_", "."))]


@pytest.fixture(scope="module")
def halves():
    return new_half(TERMS), new_half(TERMS)


@pytest.fixture(scope="module")
def joints(halves):
    a, b = halves
    return join(a, b.offer()), join(b, a.offer())


def exchanged(joints, ours, theirs, public=None):
    """What each side finds in its own material."""
    a, b = joints
    from_a = write_set(fingerprint_sets(ours, a.key, public), a)
    from_b = write_set(fingerprint_sets(theirs, b.key, public), b)
    return met(ours, a, read_set(from_b, a), public), met(theirs, b, read_set(from_a, b), public)


def test_both_halves_give_one_key(joints, halves):
    a, b = joints
    assert a.key == b.key
    assert a.fingerprint == b.fingerprint
    assert join(new_half(TERMS), halves[1].offer()).key != a.key
    assert parse_half(halves[0].encode()) == halves[0]


def test_each_finds_its_own_side_of_what_is_shared(joints):
    mine, other = exchanged(
        joints, documents(a_txt=OURS, c_py=code(1)), documents(b_txt=THEIRS, d_py=code(1)[400:1600])
    )
    text = next(m for m in mine if m.family == "text")
    assert abs(text.begin - 600) < 40
    assert abs(text.end - 1100) < 40
    back = next(m for m in other if m.family == "text")
    assert THEIRS[back.begin : back.end][20:-20] in OURS
    assert {m.document for m in mine} == {"a.txt", "c.py"}
    assert {m.document for m in other} == {"b.txt", "d.py"}


def test_tables_meet_by_rows(joints):
    table = customers(1).splitlines()
    moved = "\n".join([table[0], *customers(2).splitlines()[1:30], *table[5:9]])
    mine, _ = exchanged(joints, documents(a_csv="\n".join(table)), documents(b_csv=moved))
    assert [(m.begin, m.end) for m in mine] == [(6, 9)]


def test_unrelated_material_does_not_meet(joints):
    ours = documents(a_txt=prose(1), a_csv=customers(1), a_py=code(1))
    theirs = documents(b_txt=prose(5), b_csv=customers(5), b_py=inspect.getsource(json.decoder))
    mine, other = exchanged(joints, ours, theirs)
    assert not [m for m in (*mine, *other) if m.family != "table"]


def test_public_material_does_not_count(joints):
    public = build([Part(Kind.PROSE, OURS)], joints[0].key, weight=2)
    mine, _ = exchanged(joints, documents(a_txt=OURS), documents(b_txt=OURS), public)
    assert mine == []


def test_a_third_party_learns_the_length_and_nothing_else(joints, halves):
    """It sees both offers and both files: not one known text can be tested, equal sets look different each time."""
    a, _ = joints
    sets = fingerprint_sets(documents(a_txt=OURS), a.key, None)
    data = write_set(sets, a)
    assert write_set(sets, a) != data
    third = join(new_half(TERMS), halves[1].offer())
    for stranger in (third, join(new_half(TERMS), halves[0].offer())):
        with pytest.raises(BadShare):
            read_set(data, stranger)
    plain = np.concatenate(list(sets.values())).tobytes()
    assert plain[:8] not in data
    longer = write_set(fingerprint_sets(documents(a_txt=OURS + prose(9)), a.key, None), a)
    assert len(longer) > len(data)  # the size is what it learns
    assert len(data) == len(write_set({**sets, "text": sets["text"] ^ np.uint64(1)}, a))


def test_the_other_party_can_test_what_it_can_write_and_only_that(joints):
    """The leakage the format states: holding the joint key and the set, guesses can be tried, contents not read."""
    a, b = joints
    got = read_set(write_set(fingerprint_sets(documents(a_txt=OURS), a.key, None), a), b)
    guess = fingerprint_sets(documents(g_txt=OURS[700:760]), b.key, None)["text"]
    wrong = fingerprint_sets(documents(g_txt=prose(77)[:60]), b.key, None)["text"]
    assert np.isin(guess, got["text"]).mean() > 0.6
    assert not np.isin(wrong, got["text"]).any()
    assert got["text"].max() < 1 << 48  # nothing but 48-bit values
    assert (np.diff(got["text"].astype(np.int64)) > 0).all()  # sorted: the order of the text is not told


def test_sets_of_two_exchanges_cannot_be_joined(halves):
    """The same material under two joint keys has no fingerprint in common: a set is of no use elsewhere."""
    first = join(halves[0], halves[1].offer()).key
    second = join(new_half(TERMS), halves[1].offer()).key
    made = [fingerprint_sets(documents(a_txt=OURS), key, None)["text"] for key in (first, second)]
    assert not np.isin(*made).any()
    assert isinstance(first, Key)


def test_it_rejects_what_does_not_belong_to_the_exchange(joints, halves):
    a, b = joints
    data = write_set(fingerprint_sets(documents(a_txt=OURS), a.key, None), a)
    for bad in (b"", b"x", data[:-1], data[:60] + bytes([data[60] ^ 1]) + data[61:]):
        with pytest.raises(BadShare):
            read_set(bad, b)
    with pytest.raises(BadShare, match="自己"):
        read_set(data, a)
    with pytest.raises(BadShare, match="自己的公开文件"):
        join(halves[0], halves[0].offer())
    with pytest.raises(BadShare, match="协议文本不同"):
        join(halves[0], new_half(b"other terms").offer())
    with pytest.raises(BadShare, match="用错"):
        parse_half(json.dumps({"format": "x", "agreement": "", "secret": "00" * 32}).encode())
    with pytest.raises(BadShare):
        join(halves[0], json.dumps({**json.loads(halves[1].offer()), "public": "00" * 32}).encode())


def test_the_commands_of_both_parties(tmp_path, capsys):
    (tmp_path / "协议.txt").write_bytes(TERMS)
    for who, text in (("a", OURS), ("b", THEIRS)):
        (tmp_path / who).mkdir()
        (tmp_path / who / "材料.txt").write_text(text, encoding="utf-8")

    def run(*call):
        return matching_commands.main(["index", "share", *[str(c) for c in call]])

    at = {who: tmp_path / f"share-{who}" for who in "ab"}
    for who in "ab":
        assert run("begin", "--agreement", tmp_path / "协议.txt", "--out", at[who]) == 0
        assert (at[who] / "mine.json").stat().st_mode & 0o077 == 0
    assert run("begin", "--agreement", tmp_path / "协议.txt", "--out", at["a"]) == 2  # a half is not overwritten
    for who, other in ("ab", "ba"):
        keys = ["--mine", at[who] / "mine.json", "--with", at[other] / "offer.json"]
        assert run("set", tmp_path / who, *keys, "--out", tmp_path / f"{who}.set") == 0
    for who, other in ("ab", "ba"):
        keys = ["--mine", at[who] / "mine.json", "--with", at[other] / "offer.json"]
        out = tmp_path / f"{who}.json"
        assert run("match", tmp_path / who, *keys, "--set", tmp_path / f"{other}.set", "--out", out) == 0
        result = json.loads(out.read_text(encoding="utf-8"))
        assert [m["document"] for m in result["met"]] == [f"{who}/材料.txt"]
    assert "不是实质相同的结论" in capsys.readouterr().out
