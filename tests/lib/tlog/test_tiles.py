import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import SHA256, Frontier, consistency_proof, inclusion_proof, tree_root, verify_inclusion
from midun.lib.tlog.tiles import (
    ENTRIES,
    Tile,
    TiledTree,
    decode_entries,
    decode_tile,
    encode_entries,
    parse_path,
    tile_at,
    tiles_of,
)
from tests.lib.tlog import naive


def stored(entries):
    """The files of a log over these entries, from the definition of tiles, not by our writer."""
    files, size = {}, len(entries)
    for tile in tiles_of(size):
        span = 256 ** max(tile.level, 0)
        first = tile.number * 256 * span
        if tile.level == ENTRIES:
            files[tile.path] = b"".join(len(e).to_bytes(2, "big") + e for e in entries[first : first + tile.width])
        else:
            starts = range(first, first + tile.width * span, span)
            files[tile.path] = b"".join(naive.mth(entries[start : start + span]) for start in starts)
    return files


def entries_of(size):
    return [str(n).encode() for n in range(size)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(1, 1000, 255), "tile/1/x001/000.p/255"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths(tile, path):
    assert tile.path == path
    assert parse_path(path) == tile


@given(st.integers(-1, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_path_reads_back(level, index, width):
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile
    assert tile.full.path + ".p/" == tile.partials


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/x001/x234",
        "tile/0/001/067",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/2",
        "tile/entries/../000",
        "tile/0/０００",
        "tile/0/000\n",
    ],
)
def test_it_rejects_paths_in_any_other_form(path):
    with pytest.raises(Refused) as refused:
        parse_path(path)
    assert refused.value.reason is Reason.PATH_MALFORMED


@given(st.text(alphabet="tile/0123456789x.pentris-", max_size=40))
def test_any_path_is_canonical_or_refused(path):
    try:
        tile = parse_path(path)
    except Refused:
        return
    assert tile.path == path


def test_the_example_of_the_specification():
    tiles = list(tiles_of(70_000))
    count = {level: [t for t in tiles if t.level == level] for level in (ENTRIES, 0, 1, 2)}
    assert len(count[0]) == len(count[ENTRIES]) == 274
    assert count[0][-1].width == 112
    assert [t.width for t in count[1]] == [256, 17]
    assert [t.width for t in count[2]] == [1]
    assert [t.path for t in tiles_of(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 3000))
def test_growing_writes_exactly_the_new_tiles(since, more):
    size = since + more
    new = set(tiles_of(size, since=since))
    assert new == set(tiles_of(size)) - set(tiles_of(since))
    assert all(tile == tile_at(tile.level, tile.number, size) for tile in new)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_read_back(entries):
    assert decode_entries(encode_entries(entries), len(entries)) == entries


@given(st.binary(max_size=80), st.integers(0, 5))
def test_any_bundle_is_canonical_or_refused(data, width):
    try:
        entries = decode_entries(data, width)
    except Refused as refused:
        assert refused.reason is Reason.BUNDLE_MALFORMED
    else:
        assert encode_entries(entries) == data


def test_it_rejects_an_entry_too_large():
    encode_entries([b"x" * 65535])
    with pytest.raises(Refused) as refused:
        encode_entries([b"x" * 65536])
    assert refused.value.reason is Reason.ENTRY_TOO_LARGE


def test_it_rejects_a_tile_of_wrong_length():
    with pytest.raises(Refused) as refused:
        decode_tile(b"x" * 33, 1)
    assert refused.value.reason is Reason.TILE_LENGTH


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([1, 2, 255, 256, 257, 511, 512, 700, 1500]), st.data())
def test_proofs_from_tiles_equal_the_recursive_definition(size, data):
    entries = entries_of(size)
    tree = TiledTree(stored(entries).get, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert tree_root(size, tree) == naive.mth(entries)
    assert inclusion_proof(index, size, tree) == naive.path(index, entries)
    assert consistency_proof(old, size, tree) == naive.proof(old, entries)
    assert tree.entries(index // 256)[index % 256] == entries[index]


def test_a_vanished_partial_tile_is_replaced_by_the_full_one():
    files = stored(entries_of(512))
    files["tile/1/000.p/1"] = files["tile/1/000.p/2"][:32]  # its full tile does not exist yet, so it stays
    old = TiledTree(files.get, 300)
    root = naive.mth(entries_of(300))
    assert tree_root(300, old) == root
    proof = inclusion_proof(299, 300, old)
    verify_inclusion(leaf=SHA256.leaf(b"299"), index=299, size=300, proof=proof, root=root)
    assert old.entries(1) == entries_of(300)[256:]


def test_it_names_the_missing_tile():
    files = stored(entries_of(300))
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):
        less = {name: data for name, data in files.items() if name != path}
        tree = TiledTree(less.get, 300)
        with pytest.raises(Refused) as refused:
            tree.entries(1) if "entries" in path else tree_root(300, tree)
        assert (refused.value.reason, refused.value.detail) == (Reason.TILE_MISSING, path)


def test_it_rejects_nodes_beyond_its_size():
    with pytest.raises(Refused) as refused:
        inclusion_proof(3, 5, TiledTree(stored(entries_of(4)).get, 4))
    assert refused.value.reason is Reason.INDEX_BEYOND_TREE


def test_the_edge_loads_from_tiles():
    entries = entries_of(900)
    edge = Frontier()
    edge.load(700, TiledTree(stored(entries[:700]).get, 700))
    edge.extend(SHA256.leaf(entry) for entry in entries[700:])
    assert edge.root() == naive.mth(entries)
