"""Normalisation and fingerprints are what docs/formats says, byte for byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.fingerprint import code_stream, fingerprints, prose_stream
from midun.lib.similarity.kernels.grams import U, siphash
from midun.lib.similarity.keys import Key
from midun.lib.similarity.languages import LANGUAGES
from midun.lib.similarity.tables import table_fingerprints
from tests.lib.similarity.building import KEY, OTHER, code, prose

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))


def hexed(hashes, digits):
    return [f"{int(h):0{digits}x}" for h in hashes]


def test_siphash_is_the_published_one():
    """SipHash paper, appendix A: key 00…0f; the 8-byte message of the reference vectors (entry 8)."""
    keys = [int.from_bytes(bytes(range(a, a + 8)), "little") for a in (0, 8)]
    assert siphash(U(0x0706050403020100), U(keys[0]), U(keys[1])) == 0x93F5F5799A932462


def test_the_key_is_named_as_documented():
    key = Key(bytes.fromhex(VECTORS["key"]))
    assert (key.check, f"{int(key.base):016x}") == (VECTORS["check"], VECTORS["base"])
    assert key.secret.hex() not in repr(key)


@pytest.mark.parametrize("vector", VECTORS["prose"], ids=lambda v: v["text"])
def test_prose_vectors(vector):
    stream = prose_stream(vector["text"], KEY)
    assert [vector["text"][a:b] for a, b in zip(stream.starts, stream.ends, strict=True)] == vector["units"]
    assert hexed(stream.hashes, 16) == vector["hashes"]
    assert hexed(fingerprints(Part(Kind.PROSE, vector["text"]), KEY, window=1)[0].hashes, 12) == vector["fingerprints"]


@pytest.mark.parametrize("vector", VECTORS["code"], ids=lambda v: v["language"])
def test_code_vectors(vector):
    stream = code_stream(vector["text"], vector["language"], KEY)
    assert [vector["text"][a:b] for a, b in zip(stream.starts, stream.ends, strict=True)] == vector["tokens"]
    assert stream.kinds.tolist() == vector["kinds"]
    made = fingerprints(Part(Kind.CODE, vector["text"], (), vector["language"]), KEY, window=1)[1]
    assert hexed(made.hashes, 12) == vector["shape"] + vector["literal"]


@pytest.mark.parametrize("vector", VECTORS["table"], ids=lambda v: v["cell"])
def test_table_vectors(vector):
    assert hexed(table_fingerprints(f'"{vector["cell"]}"', KEY).hashes, 12) == vector["forms"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("電腦軟體的設計，共１２３件", "电脑软件的设计 共123件"),
        ("一百二十度", "120度"),
        ("二〇二四年", "2024年"),
        ("knowl-\nedge BASE", "knowledge base"),
        ("1,234 件", "1234件"),
        ("ﬁle №５", "file no5"),
        ("软\u200b件", "软件"),
        ("раssword", "password"),
    ],
)
def test_forms_that_are_the_same(one, other):
    assert prose_stream(one, KEY).hashes.tolist() == prose_stream(other, KEY).hashes.tolist()


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.name)
def test_every_language_drops_comments_and_survives_renaming(language):
    comment = {
        "python": "# x y", "ruby": "# x", "shell": "# x", "perl": "# x", "r": "# x", "julia": "# x", "elixir": "# x",
        "sql": "-- x", "lua": "-- x", "haskell": "-- x", "vhdl": "-- x", "matlab": "% x", "erlang": "% x",
        "lisp": "; x", "assembler": "; x", "visual basic": "' x", "fortran": "! x",
    }.get(language.name, "// x")  # fmt: skip
    text = "\n".join(f"alpha{n % 5} = beta{n % 3} * alpha{n % 2} + 12" for n in range(20))
    renamed = text.replace("alpha", "qq").replace("beta", "zzz").replace("\n", f"  {comment}\n")
    plain, other = (fingerprints(Part(Kind.CODE, t, (), language.name), KEY)[1] for t in (text, renamed))
    shapes = plain.lengths == 12
    assert shapes.sum() > 50
    assert plain.hashes[shapes].tolist() == other.hashes[other.lengths == 12].tolist()


def test_another_key_gives_nothing_in_common():
    for part in (Part(Kind.PROSE, prose(1)), Part(Kind.CODE, code(1), (), "python")):
        for mine, theirs in zip(fingerprints(part, KEY), fingerprints(part, OTHER), strict=True):
            assert not set(mine.hashes.tolist()) & set(theirs.hashes.tolist())


@given(st.text(max_size=400))
def test_any_text_has_units_in_order(text):
    stream = prose_stream(text, KEY)
    spans = list(zip(stream.starts.tolist(), stream.ends.tolist(), strict=True))
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert spans == sorted(spans)


@given(st.text(alphabet="ab1'\"`/*#-;{}()\\\n =%!", max_size=300), st.sampled_from([each.name for each in LANGUAGES]))
def test_any_code_has_tokens_in_order(text, language):
    stream = code_stream(text, language, KEY)
    spans = list(zip(stream.starts.tolist(), stream.ends.tolist(), strict=True))
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert spans == sorted(spans)


@given(st.text(alphabet='a1,"\n年-./万%', max_size=200))
def test_any_table_has_cells_within_it(text):
    cells = table_fingerprints(text, KEY)
    assert cells.places.size == 0 or int(cells.places.max() >> 8) < cells.rows


def test_winnowing_keeps_its_guarantee():
    """Of any w consecutive k-grams at least one is kept (Schleimer et al., density about 2/(w+1))."""
    part = Part(Kind.PROSE, prose(3))
    (every,), (some,) = fingerprints(part, KEY, window=1), fingerprints(part, KEY, window=4)
    assert max(some.positions[1:] - some.positions[:-1]) <= 4
    assert set(some.hashes.tolist()) <= set(every.hashes.tolist())
    assert 0.35 < some.hashes.size / every.hashes.size < 0.45
