"""Reading a whole log: every tile of every level is compared, whatever its size and however it was pruned."""

import io

import pytest

from midun.client.audit import read_all
from midun.client.progress import Progress, size
from midun.lib.tlog.commitment import Commitment, Entry, Kind
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.note import open_checkpoint
from midun.lib.tlog.tiles import tiles_of
from tests.lib.tlog.building import KEY, NOW, in_memory


def entry(number):
    half = number.to_bytes(32, "big")
    return Entry(Kind.FILE, Commitment(half, half), bytes(32)).encode()


def grown(folder, *batches):
    """The store of a log that grew by these batches, and its head."""
    parts = in_memory(folder)
    sequencer, count = parts.start(), 0
    for batch in batches:
        sequencer.commit([entry(count + n) for n in range(batch)], NOW)
        count += batch
    return parts.store, open_checkpoint(parts.store.get("checkpoint"), [KEY.verifier])


@pytest.mark.parametrize("batches", [(1,), (255, 1), (256, 1), (100, 500, 400), (511, 1, 513)])
def test_a_sound_log_is_read(tmp_path, batches):
    store, head = grown(tmp_path, *batches)
    read_all(store.get, head)


def test_a_log_of_three_levels_is_read(tmp_path):
    store, head = grown(tmp_path, 33_000, 32_636, 300)
    asked = []

    def fetch(path):
        asked.append(path)
        return store.get(path)

    read_all(fetch, head)
    assert {"tile/0/256", "tile/0/257.p/144", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"} <= set(asked)


def test_a_changed_byte_of_any_tile_is_found(tmp_path):
    store, head = grown(tmp_path, 700, 300)
    for tile in tiles_of(1000):
        good = store.get(tile.path)
        for hurt in (good[:50] + bytes([good[50] ^ 4]) + good[51:], good[:-1], None):
            with pytest.raises(Refused) as refused:
                read_all(lambda path, tile=tile, hurt=hurt: hurt if path == tile.path else store.get(path), head)
            assert refused.value.reason in {
                Reason.ROOT_WRONG,
                Reason.TILE_LENGTH,
                Reason.TILE_MISSING,
                Reason.BUNDLE_MALFORMED,
                Reason.ENTRY_MALFORMED,
            }, tile.path


def test_progress_is_shown_on_a_terminal_only():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for out, shown in ((Terminal(), True), (io.StringIO(), False)):
        with Progress(100, "计算摘要", out=out) as progress:
            progress.reach(100)
        assert ("100%" in out.getvalue()) is shown
    assert [size(n) for n in (7, 2048, 5 << 20, 3 << 40)] == ["7 B", "2.0 KiB", "5.0 MiB", "3072.0 GiB"]
