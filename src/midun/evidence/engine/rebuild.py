"""Rows rebuilt from the log: after a crash between log and database, or for a database restored from a backup."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.utils.timezone import localtime

from midun.evidence.engine import index
from midun.evidence.engine.index import Rows, Written
from midun.evidence.numbers import number_at, prefix_from
from midun.evidence.tags import tags_on
from midun.lib.tlog.commitment import Entry, parse_entry
from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.sequencer import NotRecoverable, Sequencer
from midun.lib.tlog.tiles import TILE_WIDTH

_log = logging.getLogger(__name__)
_DAY = 86_400


class _Tags:
    """Whose tag it is. Neighbours in the log have the same day, so that day is tried first, then the older ones."""

    def __init__(self, keys: Mapping[int, bytes], newest: int, oldest: int) -> None:
        self._keys = keys
        self._days: dict[int, dict[bytes, int]] = {}
        self._range = range(newest, oldest - 1, -1)
        self._last = newest

    def find(self, tag: bytes) -> tuple[int, int] | None:
        """The tenant and the day of a tag; None if it is nobody's."""
        for day in (self._last, *self._range):
            if day not in self._days:
                self._days[day] = tags_on(day, self._keys)
            if tag in self._days[day]:
                self._last = day
                return self._days[day][tag], day
        return None


def rebuild(sequencer: Sequencer, log: int, opened_at: datetime) -> int:
    """Write the rows that are missing behind the newest one; gives how many.

    Time of acceptance of such a row is the latest it can have been; label and project are lost with the row. Raises
    `NotRecoverable` if the database has rows of entries the log does not have: the log is older than the database.
    """
    begin, size = index.next_number(log) - number_at(log, 0), sequencer.size
    if begin > size:
        raise NotRecoverable(f"the database knows {begin} entries, the log {size}: the log's folder is too old")
    if begin == size:
        return 0
    keys = {pk: account.key for pk, account in index.accounts().items()}
    tags = _Tags(keys, sequencer.time // _DAY, int(opened_at.timestamp()) // _DAY)
    wrote, nodes = 0, sequencer.nodes
    while begin < size:
        entries = nodes.entries(begin // TILE_WIDTH)[begin % TILE_WIDTH :]
        wrote += _write(log, begin, [parse_entry(entry) for entry in entries], tags, sequencer.time)
        begin += len(entries)
    _log.warning("%s deposits were rebuilt from the log", wrote)
    return wrote


def _write(log: int, begin: int, entries: Sequence[Entry], tags: _Tags, newest: int) -> int:
    found: dict[int, list[tuple[int, int, int, Entry]]] = {}
    for index_, entry in enumerate(entries, begin):
        whose = tags.find(entry.submitter_tag)
        if whose is None:
            _log.error("entry %s has the tag of no tenant: it stays in the log without a row", index_)
            continue
        tenant, day = whose
        prefix = prefix_from(SHA256.leaf(entry.encode()))
        found.setdefault(day, []).append((number_at(log, index_), prefix, tenant, entry))
    for day in sorted(found):
        at = datetime.fromtimestamp(min(newest, (day + 1) * _DAY - 1), UTC)
        index.write(Written(_rows(found[day]), at, localtime(at).date(), [], set(), recovered=True))
    return sum(map(len, found.values()))


def _rows(found: Sequence[tuple[int, int, int, Entry]]) -> Rows:
    numbers, prefixes, tenants, entries = zip(*found, strict=True)
    return Rows(
        numbers,
        prefixes,
        list(tenants),
        [entry.commitment.leaf for entry in entries],
        [entry.kind for entry in entries],
        [entry.time for entry in entries],
        [0] * len(found),
        [""] * len(found),
    )
