"""The scripts of the deposit page give byte for byte what midun.lib.tlog gives, in a real browser."""

import hashlib
import json
import random
from pathlib import Path

import pytest

from midun.lib.tlog.commitment import Commitment, Digests, Entry, Kind, commit_file, derive_salt, digest_chunks
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.manifest import Manifest
from midun.lib.tlog.opening import Opening
from tests.browser import ScriptPage
from tools.product import find_chromium

STATIC = Path(__file__).resolve().parents[2] / "src/midun/evidence/static/evidence"
SCRIPTS = ("hashes.js", "tlog.js", "opening.js", "digest.js")
PLACES = {"worker": "/digest-worker.js", "scripts": ["/hashes.js", "/tlog.js", "/opening.js"]}


@pytest.fixture(scope="module")
def page():
    if find_chromium() is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with ScriptPage(STATIC, SCRIPTS) as made:
        made.evaluate(HELPERS)
        yield made


def digests(content):
    return digest_chunks([content])


def plain(file):
    return {"size": file.size, "sha256": file.sha256.hex(), "sm3": file.sm3.hex()}


HELPERS = """() => Object.assign(globalThis, {
  b: (text) => Uint8Array.from({length: text.length / 2}, (_n, i) => parseInt(text.substr(i * 2, 2), 16)),
  f: (d) => ({size: d.size, sha256: b(d.sha256), sm3: b(d.sm3)}),
})"""


def test_published_vectors(page):
    """GB/T 32905-2016 annex A and FIPS 180-4."""
    given = page.evaluate(
        """() => { const {hashes, tlog} = midun, t = tlog.utf8;
        return [hashes.sm3(t("abc")), hashes.sm3(t("abcd".repeat(16))), hashes.sha256(t("abc"))].map(tlog.hex); }"""
    )
    assert given == [
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]


def test_hashes_of_every_length_and_cut(page):
    dice = random.Random(32905)  # noqa: S311  # inputs of a test
    cases = []
    for length in [*range(130), 4095, 4096, 4097, 10_000]:
        content = dice.randbytes(length)
        cuts = sorted(dice.randint(0, length) for _ in range(dice.randint(0, 4)))
        cases.append([content.hex(), cuts])
    given = page.evaluate(
        """(cases) => { return cases.map(([text, cuts]) => {
          const data = b(text), pieces = [0, ...cuts].map((at, i) => data.subarray(at, [...cuts, data.length][i]));
          return [midun.hashes.Sha256, midun.hashes.Sm3].map((Hash) => {
            const running = new Hash();
            for (const piece of pieces) running.update(piece);
            return midun.tlog.hex(running.digest()); });
        }); }""",
        cases,
    )
    for (text, _cuts), found in zip(cases, given, strict=True):
        content = bytes.fromhex(text)
        assert found == [hashlib.sha256(content).hexdigest(), digests(content).sm3.hex()]


@pytest.mark.parametrize("size", [0, 55, 56, 2**29 - 1, 2**29, 2**32 + 2**24, 2**40 + 1])
def test_the_length_stands_in_bits_in_the_last_block(page, size):
    """From 2^29 bytes on it needs its upper word; the bytes themselves are only claimed here."""
    given = page.evaluate(
        """(size) => [midun.hashes.Sha256, midun.hashes.Sm3].map((Hash) => {
          let last = 0n;
          class Watched extends Hash { compress(view, at) { last = view.getBigUint64(at + 56); super.compress(view, at); } }
          const running = new Watched();
          running.length = size; running.digest();
          return String(last); })""",
        size,
    )
    assert given == [str(size * 8)] * 2


def test_commitments_entries_and_salts(page):
    dice = random.Random(1)  # noqa: S311  # inputs of a test
    cases = [
        {
            "salt": dice.randbytes(32).hex(),
            "meta": dice.randbytes(length).hex(),
            "file": plain(Digests(size, dice.randbytes(32), dice.randbytes(32))),
            "tag": dice.randbytes(32).hex(),
            "time": dice.choice([0, 1, 2**31, 2**41]),
            "key": dice.randbytes(dice.choice([32, 64, 65, 100])).hex(),
            "id": dice.randbytes(16).hex(),
        }
        for length, size in [(0, 0), (1, 1), (55, 2**32), (64, 2**32 - 1), (65_535, 2**53 - 1), (7, 2**40)]
    ]
    given = page.evaluate(
        """(cases) => { const {tlog} = midun; return cases.map((c) => {
          const made = tlog.commitFile(f(c.file), b(c.salt), b(c.meta));
          const entry = tlog.encodeEntry({kind: 1, commitment: made, submitterTag: b(c.tag), time: c.time});
          const read = tlog.parseEntry(entry);
          if (read.time !== c.time || tlog.hex(read.submitterTag) !== c.tag) throw Error("not read as written");
          return [entry, tlog.deriveSalt(b(c.key), b(c.id))].map(tlog.hex); }); }""",
        cases,
    )
    for case, found in zip(cases, given, strict=True):
        file = case["file"]
        own = Digests(file["size"], bytes.fromhex(file["sha256"]), bytes.fromhex(file["sm3"]))
        made = commit_file(own, salt=bytes.fromhex(case["salt"]), meta=bytes.fromhex(case["meta"]))
        entry = Entry(Kind.FILE, made, bytes.fromhex(case["tag"]), case["time"]).encode()
        assert found == [entry.hex(), derive_salt(bytes.fromhex(case["key"]), bytes.fromhex(case["id"])).hex()]


NAMES = ["研发/配方.xlsx", "a", "b/c", "b/ c", "Ω.txt", "𠮷/野.pdf", "\ue000", "ﬀ", 'quo"te\\', "tab\t\n\x7f\u2028"]


def a_set(count, seed):
    dice = random.Random(seed)  # noqa: S311  # inputs of a test
    paths = NAMES[:count] + [f"目录{i // 10}/{i:04}.dat" for i in range(count - len(NAMES))]
    files = {path: Digests(dice.randint(0, 2**33), dice.randbytes(32), dice.randbytes(32)) for path in paths}
    return Manifest(dice.randbytes(32), files, dice.randbytes(dice.choice([0, 5])))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33, 300])
def test_sets_their_manifest_and_their_openings(page, count):
    own = a_set(count, count)
    paths = [*own.files][:: max(1, count // 40)]
    given = page.evaluate(
        """(c) => { const {tlog} = midun;
          const made = new midun.Manifest(b(c.key), c.files.map(([path, file]) => [path, f(file)]), b(c.meta));
          const {sha256, sm3} = made.commitment(), text = (bytes) => new TextDecoder().decode(bytes);
          return {commitment: [sha256, sm3].map(tlog.hex), manifest: text(made.encode()),
            openings: c.paths.map((path) => text(made.open(path).encode()))}; }""",
        {
            "key": own.set_key.hex(),
            "meta": own.meta.hex(),
            "files": [[path, plain(file)] for path, file in own.files.items()],
            "paths": paths,
        },
    )
    made = own.commitment()
    assert given["commitment"] == [made.sha256.hex(), made.sm3.hex()]
    assert given["manifest"].encode() == b"".join(own.lines())
    for path, text in zip(paths, given["openings"], strict=True):
        assert text.encode() == own.open(path).encode()
        assert Opening.parse(text.encode()).commitment() == (Kind.SET, made)


def test_both_read_openings_alike_and_say_the_same_of_wrong_ones(page):
    own = a_set(9, 9)
    good = [own.open(path) for path in own.files]
    file = digests(b"abc")
    single = Opening(bytes(32), "来源".encode(), file)
    cases = [(o.encode().decode(), own.commitment(), Kind.SET) for o in good]
    cases.append((single.encode().decode(), commit_file(file, salt=bytes(32), meta="来源".encode()), Kind.FILE))
    cases += [(damaged, commitment, kind) for text, commitment, kind in list(cases) for damaged in damage(text)]
    given = page.evaluate(
        """(cases) => cases.map(([text, entry]) => {
          try { midun.Opening.parse(midun.tlog.utf8(text)).verify(midun.tlog.parseEntry(b(entry))); return "valid"; }
          catch (error) { return error.reason ?? String(error); } })""",
        [[text, Entry(kind, made, bytes(32)).encode().hex()] for text, made, kind in cases],
    )
    assert given == [verdict(text, Entry(kind, made, bytes(32))) for text, made, kind in cases]
    assert given.count("valid") >= 10
    assert len(set(given)) >= 6


def damage(text):
    fields = json.loads(text)
    yield text.replace("midun-opening/1", "midun-opening/2")
    yield text.replace('"size":', '"size": 1,\n "size":')
    yield text[:-3]
    yield text.replace('"size": ', '"size": 1')
    yield text.replace('"size": ', '"size": 0.')
    yield text.replace(fields["sha256"], fields["sha256"].upper())
    yield text.replace(fields["sha256"], fields["sm3"])
    yield text.replace('"meta": "', '"meta": " ')
    yield json.dumps(fields | {"more": 1})
    yield json.dumps(fields | {"kind": 3 - fields["kind"]})
    yield json.dumps(fields | {"salt": fields["salt"][:-2]})
    yield json.dumps(fields | {"size": None})
    yield json.dumps([fields])
    if fields["kind"] == 2:
        yield json.dumps(fields | {"path": "../" + fields["path"]})
        yield json.dumps(fields | {"path": "\ud800"})
        yield json.dumps(fields | {"index": fields["count"]})
        yield json.dumps(fields | {"index": fields["index"] ^ 1})
        yield json.dumps(fields | {"count": fields["count"] * 4})
        yield json.dumps(fields | {"proof_sm3": fields["proof_sm3"][:-1]})
        yield json.dumps(fields | {"proof_sm3": fields["proof_sm3"] * 40})
        yield json.dumps(fields | {"proof_sm3": "x"})


def verdict(text, entry):
    try:
        Opening.parse(text.encode()).verify(entry)
    except Refused as refused:
        return str(refused.reason)
    return "valid"


def test_files_are_digested_in_workers_with_progress(page):
    """70 MB, so that a file is split between two workers; and small ones in another order than they end."""
    given = page.evaluate(
        """async (places) => { const told = [];
          const big = new Blob(Array.from({length: 70}, (_n, i) => new Uint8Array(1 << 20).fill(i)));
          const files = [new Blob(["abc"]), big, new Blob([]), new Blob([new Uint8Array(5e6).fill(7)])];
          const made = await midun.digestFiles(places, files, {onProgress: (part) => told.push(part)});
          return {told, made: made.map((d) => [d.size, midun.tlog.hex(d.sha256), midun.tlog.hex(d.sm3)])}; }""",
        PLACES,
    )
    contents = [b"abc", b"".join(bytes([i]) * (1 << 20) for i in range(70)), b"", bytes([7]) * 5_000_000]
    assert given["made"] == [[d.size, d.sha256.hex(), d.sm3.hex()] for d in map(digests, contents)]
    assert given["told"] == sorted(given["told"])
    assert given["told"][-1] == pytest.approx(1)
    assert len(given["told"]) > 30


def test_cancelling_ends_at_once(page):
    given = page.evaluate(
        """async (places) => { const stop = new AbortController();
          const file = new Blob(Array.from({length: 40}, () => new Uint8Array(1 << 20)));
          const started = performance.now();
          let told = 0;
          try {
            await midun.digestFiles(places, [file, file, file], {signal: stop.signal, onProgress: () => {
              told += 1; stop.abort(); }});
          } catch (error) { const after = told; await new Promise((done) => setTimeout(done, 200));
            return [error.reason, after, told]; }
          return ["went on"]; }""",
        PLACES,
    )
    assert given == ["cancelled", 1, 1]


def test_the_manifest_of_ten_thousand_files_is_made_in_a_worker(page):
    own = Manifest(bytes(range(32)), {f"f{i:05}": Digests(i, bytes(32), bytes(32)) for i in range(10_000)}, b"m")
    given = page.evaluate(
        """async (places) => { const zero = new Uint8Array(32);
          const files = Array.from({length: 10000}, (_n, i) =>
            ["f" + String(i).padStart(5, "0"), {size: i, sha256: zero, sm3: zero}]);
          const made = await midun.makeManifest(places, Uint8Array.from({length: 32}, (_n, i) => i), files,
            midun.tlog.utf8("m"));
          const text = await made.file.text();
          return [midun.tlog.hex(made.commitment.sha256), midun.tlog.hex(made.commitment.sm3),
            midun.tlog.hex(midun.hashes.sha256(midun.tlog.utf8(text)))]; }""",
        PLACES,
    )
    made: Commitment = own.commitment()
    assert given == [made.sha256.hex(), made.sm3.hex(), hashlib.sha256(b"".join(own.lines())).hexdigest()]


def test_a_manifest_is_read_again_and_a_damaged_one_refused(page):
    own = a_set(12, 12)
    good = b"".join(own.lines()).decode()
    lines = good.splitlines(keepends=True)
    cases = [good, good[:-1], "".join(lines[:-1]), good + lines[-1], "".join([lines[0], lines[1], *lines[1:-1]])]
    cases += [good.replace("midun-manifest/1", "midun-manifest/2"), "", "{}\n", good.replace(lines[3], "[]\n")]
    given = page.evaluate(
        """(cases) => cases.map((text) => {
          try {
            const read = midun.Manifest.parse(text), {sha256, sm3} = read.commitment();
            const again = new TextDecoder().decode(read.encode());
            return again === text ? tlog_hex([sha256, sm3]) : "not written as read";
          } catch (error) { return error.reason ?? String(error); }
          function tlog_hex(both) { return both.map(midun.tlog.hex).join(""); } })""",
        cases,
    )
    assert given[0] == own.commitment().leaf.hex()
    assert set(given[1:]) == {"opening-malformed"}
