import hashlib
import json
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.tlog import commitment as module
from midun.lib.tlog.commitment import (
    Commitment,
    Digests,
    Entry,
    Kind,
    commit,
    commit_file,
    derive_salt,
    digest_chunks,
    digest_file,
    parse_entry,
)
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.manifest import Manifest, scan
from midun.lib.tlog.opening import Opening
from tests.lib.tlog import naive

KEY = bytes(range(32))
TAG = b"t" * 32
FORMAT = (Path(__file__).resolve().parents[3] / "docs/formats/commitment.md").read_text(encoding="utf-8")


def reason(call, *args):
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.reason


def digests(content):
    return digest_chunks([content])


def test_the_vector_of_the_format():
    made = commit_file(digests(b"abc"), salt=KEY, meta="来源".encode())
    assert made.sha256.hex() == re.search(r"SHA-256  ([0-9a-f]{64})", FORMAT)[1]
    assert made.sm3.hex() == re.search(r"SM3      ([0-9a-f]{64})", FORMAT)[1]


def test_a_salt_is_derived_by_rfc_5869():
    """An independent HKDF gives the same."""
    expected = HKDF(SHA256(), 32, salt=b"deposit-1", info=b"midun-salt/v1").derive(b"m" * 40)
    assert derive_salt(b"m" * 40, b"deposit-1") == expected
    assert derive_salt(b"m" * 40, b"deposit-2") != expected
    for master, deposit in ((b"short", b"id"), (b"m" * 32, b"")):
        with pytest.raises(ValueError, match="master key"):
            derive_salt(master, deposit)


@given(st.lists(st.binary(max_size=100), max_size=6))
def test_digests_do_not_depend_on_the_pieces(chunks):
    whole, seen = b"".join(chunks), []
    found = digest_chunks(chunks, seen.append)
    assert found == Digests(len(whole), hashlib.sha256(whole).digest(), hashlib.new("sm3", whole).digest())
    assert seen == sorted(seen)
    assert len(seen) == len(chunks)


def test_a_file_is_streamed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 1000)
    content, seen = os.urandom(123_456), []
    (tmp_path / "big").write_bytes(content)
    assert digest_file(tmp_path / "big", seen.append) == digests(content)
    assert len(seen) == 124
    assert max(b - a for a, b in pairwise(seen)) == 1000


def test_a_file_that_changes_meanwhile_is_refused(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(b"x" * 10)

    def grow(_done):
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(Refused) as refused:
        digest_file(path, lambda done: grow(done) if done < 40 else None)
    assert refused.value.reason is Reason.FILE_CHANGING


parts = st.tuples(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**63),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=20),
)


@given(st.sampled_from(Kind), parts, st.sampled_from(Kind), parts)
def test_different_things_have_different_commitments(kind, one, other_kind, two):
    """Both halves bind every part: nothing can be moved from one part into the next."""
    names = ("salt", "number", "sha256", "sm3_digest", "meta")
    first = commit(kind, **dict(zip(names, one, strict=True)))
    second = commit(other_kind, **dict(zip(names, two, strict=True)))
    same = (kind, one) == (other_kind, two)
    assert (first.sha256 == second.sha256) is same
    assert (first.sm3 == second.sm3) is same


def test_parts_of_wrong_length_are_refused():
    good = {"salt": KEY, "number": 1, "sha256": KEY, "sm3_digest": KEY, "meta": b""}
    for wrong in ({"salt": b"x"}, {"sha256": KEY + b"x"}, {"sm3_digest": b""}, {"meta": b"x" * 65536}):
        with pytest.raises(ValueError, match="32 bytes"):
            commit(Kind.FILE, **good | wrong)


entries = st.builds(
    Entry,
    st.sampled_from(Kind),
    st.builds(Commitment, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**64 - 1),
)


@given(entries)
def test_entries_read_back(entry):
    assert len(entry.encode()) == 112
    assert parse_entry(entry.encode()) == entry


@given(st.binary(min_size=100, max_size=120), st.booleans())
def test_any_entry_is_canonical_or_refused(data, led):
    data = (b"MDE1\2\0\0\0" + data)[:112] if led else data
    try:
        entry = parse_entry(data)
    except Refused as refused:
        assert refused.reason is Reason.ENTRY_MALFORMED
    else:
        assert entry.encode() == data


def test_malformed_entries_are_refused():
    good = Entry(Kind.FILE, Commitment(KEY, KEY), TAG, 5).encode()
    for wrong in (b"", good[:-1], good + b"\0", b"MDE2" + good[4:], b"MDE1\0" + good[5:], b"MDE1\1\0\0\1" + good[8:]):
        assert reason(parse_entry, wrong) is Reason.ENTRY_MALFORMED
    with pytest.raises(ValueError, match="32 bytes"):
        Entry(Kind.FILE, Commitment(KEY, KEY), b"tag").encode()


# ---- openings of one file


@pytest.fixture
def deposit():
    opening = Opening(KEY, "张三，研发一部".encode(), digests(b"secret recipe"))
    kind, made = opening.commitment()
    return opening, Entry(kind, made, TAG)


def test_an_opening_opens_its_deposit(deposit):
    opening, entry = deposit
    opening.verify(entry)
    opening.verify(entry, digests(b"secret recipe"))
    assert Opening.parse(opening.encode()) == opening


def test_it_rejects_another_file_or_another_deposit(deposit):
    opening, entry = deposit
    assert reason(opening.verify, entry, digests(b"secret recipE")) is Reason.FILE_WRONG
    other = Opening(KEY, opening.meta, digests(b"another"))
    assert reason(other.verify, entry) is Reason.COMMITMENT_WRONG
    assert reason(opening.verify, Entry(Kind.SET, entry.commitment, TAG)) is Reason.ENTRY_WRONG


@pytest.mark.parametrize("field", ["salt", "meta", "size", "sha256", "sm3"])
def test_every_changed_field_is_refused(deposit, field):
    opening, entry = deposit
    fields = json.loads(opening.encode())
    value = fields[field]
    fields[field] = value + 1 if isinstance(value, int) else ("A" if value[0] != "A" else "B") + value[1:]
    if field in ("salt", "sha256", "sm3"):
        fields[field] = ("a" if value[0] != "a" else "b") + value[1:]
    changed = Opening.parse(json.dumps(fields).encode())
    assert reason(changed.verify, entry) is Reason.COMMITMENT_WRONG


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.pop("salt"),
        lambda f: f.update(more=1),
        lambda f: f.update(format="midun-opening/2"),
        lambda f: f.update(kind=3),
        lambda f: f.update(kind="1"),
        lambda f: f.update(kind=2),
        lambda f: f.update(size=-1),
        lambda f: f.update(size=True),
        lambda f: f.update(size=1.0),
        lambda f: f.update(size="1"),
        lambda f: f.update(size=2**63),
        lambda f: f.update(salt="00"),
        lambda f: f.update(salt=f["salt"].upper().replace("0", "A")),
        lambda f: f.update(sha256=None),
        lambda f: f.update(meta=5),
        lambda f: f.update(meta="???"),
    ],
)
def test_it_rejects_malformed_openings(deposit, change):
    fields = json.loads(deposit[0].encode())
    change(fields)
    assert reason(Opening.parse, json.dumps(fields).encode()) is Reason.OPENING_MALFORMED


def test_it_rejects_what_is_no_opening(deposit):
    twice = deposit[0].encode().replace(b'"size"', b'"sm3": "00", "size"')
    for data in (b"", b"[]", b"1", b"null", b"{", b"\xff", twice, b"[" * 100_000, b'{"format": NaN}'):
        assert reason(Opening.parse, data) is Reason.OPENING_MALFORMED
    assert reason(Opening.parse, b" " * (1 << 21)) is Reason.TOO_LARGE


@given(st.binary(max_size=200))
def test_any_opening_is_read_or_refused(data):
    reason(Opening.parse, data)


# ---- sets


def files_of(count):
    return {f"项目/文件 {number}.txt": digests(f"content {number}".encode()) for number in range(count)}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.data())
def test_each_file_of_a_set_opens_alone(count, data):
    manifest = Manifest(KEY, files_of(count), b"meta")
    entry = Entry(Kind.SET, manifest.commitment(), TAG)
    number = data.draw(st.integers(0, count - 1))
    opening = Opening.parse(manifest.open(f"项目/文件 {number}.txt").encode())
    opening.verify(entry, digests(f"content {number}".encode()))
    assert reason(opening.verify, entry, digests(b"content")) is Reason.FILE_WRONG


def test_the_roots_are_those_of_the_recursive_definition():
    files = files_of(13)
    manifest = Manifest(KEY, files)
    leaves = sorted(commit_file(files[p], salt=manifest.file_salt(p), meta=p.encode()).leaf for p in files)
    roots = [naive.mth(leaves, name) for name in ("sha256", "sm3")]
    made = commit(Kind.SET, salt=manifest.set_salt, number=13, sha256=roots[0], sm3_digest=roots[1], meta=b"")
    assert manifest.commitment() == made
    opening = manifest.open("项目/文件 7.txt")
    place = opening.in_set
    assert list(place.proof_sha256) == naive.path(place.index, leaves, "sha256")
    assert list(place.proof_sm3) == naive.path(place.index, leaves, "sm3")


def test_an_opening_tells_nothing_of_the_siblings():
    manifest = Manifest(KEY, files_of(20))
    shown = manifest.open("项目/文件 3.txt").encode()
    for number in set(range(20)) - {3}:
        path = f"项目/文件 {number}.txt"
        found = manifest.files[path]
        for secret in (found.sha256.hex(), found.sm3.hex(), manifest.file_salt(path).hex()):
            assert secret.encode() not in shown
        assert f"文件 {number}.txt".encode() not in shown
    assert KEY.hex().encode() not in shown


def test_places_tell_nothing_of_names():
    """Under another key the same files stand in another order."""
    orders = []
    for key in (KEY, bytes(32)):
        manifest = Manifest(key, files_of(20))
        orders.append([manifest.open(f"项目/文件 {n}.txt").in_set.index for n in range(20)])
    assert sorted(orders[0]) == list(range(20))
    assert orders[0] != orders[1]
    assert orders[0] != list(range(20))


@pytest.mark.parametrize("field", ["salt", "meta", "size", "sha256", "sm3", "path", "file_salt", "index", "count"])
def test_every_changed_field_of_a_set_is_refused(field):
    manifest = Manifest(KEY, files_of(9), b"meta")
    entry = Entry(Kind.SET, manifest.commitment(), TAG)
    fields = json.loads(manifest.open("项目/文件 3.txt").encode())
    value = fields[field]
    if isinstance(value, int):
        fields[field] = value + 1
    elif field in ("path", "meta"):
        fields[field] = "QQ==" if field == "meta" else "项目/文件 4.txt"
    else:
        fields[field] = ("a" if value[0] != "a" else "b") + value[1:]
    changed = Opening.parse(json.dumps(fields).encode())
    assert reason(changed.verify, entry) in {Reason.MANIFEST_WRONG, Reason.PROOF_LENGTH, Reason.INDEX_BEYOND_TREE}


@pytest.mark.parametrize("field", ["proof_sha256", "proof_sm3"])
def test_every_changed_proof_of_a_set_is_refused(field):
    manifest = Manifest(KEY, files_of(9))
    entry = Entry(Kind.SET, manifest.commitment(), TAG)
    whole = json.loads(manifest.open("项目/文件 3.txt").encode())
    for place, item in enumerate(whole[field]):
        changed = whole | {field: [*whole[field][:place], "AAAA" + item[4:], *whole[field][place + 1 :]]}
        assert reason(Opening.parse(json.dumps(changed).encode()).verify, entry) is Reason.MANIFEST_WRONG
    shorter = whole | {field: whole[field][:-1]}
    assert reason(Opening.parse(json.dumps(shorter).encode()).verify, entry) is Reason.PROOF_LENGTH
    for wrong in ([1], "text", [["x"]], ["AAAA"], ["A" * 43 + "="] * 64):
        assert reason(Opening.parse, json.dumps(whole | {field: wrong}).encode()) is Reason.OPENING_MALFORMED


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a//b", "../up", "a/./b", "a\0b", "x" * 4097, "a/", "\udcff"])
def test_it_rejects_paths_no_set_can_hold(path):
    assert reason(Manifest, KEY, {path: digests(b"")}) is Reason.FILE_NAME


def test_a_set_needs_a_key_and_files():
    for key, files in ((b"short", files_of(1)), (KEY, {})):
        with pytest.raises(ValueError, match="32 bytes"):
            Manifest(key, files)


def test_a_manifest_file_reads_back():
    manifest = Manifest(KEY, files_of(5), "说明".encode())
    again = Manifest.read(manifest.lines())
    assert (again.files, again.meta, again.commitment()) == (manifest.files, manifest.meta, manifest.commitment())
    lines = list(manifest.lines())
    assert json.loads(lines[1])[0] == "项目/文件 0.txt"
    for wrong in (
        [],
        lines[:-1],
        [*lines, lines[-1]],
        lines[1:],
        [lines[0].replace(b"manifest/1", b"manifest/2"), *lines[1:]],
        [lines[0], b"[1, 2, 3, 4]\n", *lines[2:]],
        [lines[0], b"[]\n", *lines[2:]],
        [lines[0], b"nonsense\n", *lines[2:]],
        [lines[0], lines[1].replace(b"9, ", b"-9, "), *lines[2:]],
        [lines[0], lines[1][:-4] + b'"]\n', *lines[2:]],
    ):
        assert reason(Manifest.read, wrong) is Reason.OPENING_MALFORMED


@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_any_manifest_is_read_or_refused(lines, place, junk):
    reason(Manifest.read, lines)
    whole = b"".join(Manifest(KEY, files_of(2)).lines())
    place %= len(whole)
    damaged = whole[:place] + junk + whole[place + len(junk) :]
    try:
        manifest = Manifest.read(damaged.splitlines(keepends=True))
    except Refused:
        return
    assert len(manifest.files) == 2


def test_a_folder_with_links_and_subfolders(tmp_path):
    (tmp_path / "图纸/旧").mkdir(parents=True)
    (tmp_path / "空").mkdir()
    for path in ("a.txt", "图纸/b.dwg", "图纸/旧/c.dwg"):
        (tmp_path / path).write_bytes(path.encode())
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to(tmp_path / "图纸")
    os.mkfifo(tmp_path / "pipe")
    found = scan(tmp_path)
    assert found.files == ("a.txt", "图纸/b.dwg", "图纸/旧/c.dwg")
    assert found.skipped == ("folder", "link", "pipe")
    seen = []
    manifest = Manifest.of_folder(tmp_path, KEY, progress=lambda path, done: seen.append((path, done)))
    assert seen[0] == ("a.txt", 5)
    entry = Entry(Kind.SET, manifest.commitment(), TAG)
    manifest.open("图纸/旧/c.dwg").verify(entry, digest_file(tmp_path / "图纸/旧/c.dwg"))
    with pytest.raises(KeyError):
        manifest.open("link")


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / os.fsdecode(b"\xb9\xfa")).write_bytes(b"")
    assert reason(scan, tmp_path) is Reason.FILE_NAME


def test_a_hundred_thousand_files(tmp_path):
    """The tree and each opening stay small: 17 hashes for each of the two roots."""
    one = digests(b"same content in every file")
    manifest = Manifest(KEY, {f"{number // 1000:03d}/{number:06d}": one for number in range(100_000)})
    entry = Entry(Kind.SET, manifest.commitment(), TAG)
    opening = manifest.open("042/042042")
    opening.verify(entry, one)
    assert len(opening.in_set.proof_sha256) == len(opening.in_set.proof_sm3) <= 17
    assert len(opening.encode()) < 4000
