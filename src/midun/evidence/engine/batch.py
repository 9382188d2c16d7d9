"""What is being prepared for the log: entries and rows of new commitments, and whose they are."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count, repeat

from midun.evidence.engine.index import Rows
from midun.lib.exchange import Answer, Request, Status
from midun.lib.exchange.singles import ENDING, KNOWN, Single, place_known, place_new
from midun.lib.tlog.batch import BatchPaths

_MAGIC = b"MDE1"
_TIME = struct.Struct(">Q")
_NO_TIME = bytes(8)


@dataclass
class Batch:
    """Requests and plain deposits that become one batch of the log.

    `own` has the offsets, among the new entries, of those each request brought; `owners` the places in `singles` of
    those whose entries are new, in the order of the entries, which begin at the offset `begun`.
    """

    at: datetime
    day: date
    requests: Sequence[Request]
    singles: Sequence[Single]
    answers: list[Answer | None]
    own: list[range]
    commitments: list[list[bytes]]
    earlier: dict[int, dict[bytes, int]] = field(default_factory=dict)
    new: dict[int, dict[bytes, int]] = field(default_factory=dict)
    seen_keys: dict[bytes, int] = field(default_factory=dict)
    tokens: set[int] = field(default_factory=set)
    entries: list[bytes] = field(default_factory=list)
    rows: Rows = field(default_factory=Rows)
    begun: int = 0
    owners: list[int] = field(default_factory=list)
    refused: dict[int, Answer] = field(default_factory=dict)

    def places_of(self) -> dict[int, Sequence[int]]:
        """Where in `singles` each tenant's are."""
        if len({single[1] for single in self.singles}) == 1:
            return {self.singles[0][1]: range(len(self.singles))}
        found: dict[int, list[int]] = {}
        for place, single in enumerate(self.singles):
            found.setdefault(single[1], []).append(place)
        return dict(found)

    def fresh(self, tenant: int, commitments: Sequence[bytes]) -> list[bytes]:
        """Those that the tenant has not deposited before, each once."""
        earlier, new = self.earlier[tenant], self.new.setdefault(tenant, {})
        distinct = dict.fromkeys(commitments)
        if not earlier and not new:
            return list(distinct)
        return [one for one in distinct if one not in earlier and one not in new]

    def add(self, request: Request, fresh: Sequence[bytes], commitments: Sequence[bytes], tag: bytes) -> None:
        """Entries and columns of the commitments that a request brings; of one that it names twice the first counts."""
        kinds, items = request.kinds(), request.items
        if len(fresh) < len(commitments):
            at = dict(zip(reversed(commitments), range(len(commitments) - 1, -1, -1), strict=True))
            kinds = [kinds[at[one]] for one in fresh]
            items = [items[at[one]] for one in fresh] if items else items
        rows, number = self.rows, len(fresh)
        rows.projects += [item.project for item in items] or [0] * number
        rows.labels += [item.label for item in items] or [""] * number
        self._add(request.tenant, fresh, kinds, [item.claimed_at for item in items] or [0] * number, tag)

    def add_singles(self, tenant: int, places: Sequence[int], fresh: Sequence[bytes], tag: bytes) -> None:
        """The same of plain deposits, which are at `places`."""
        singles, owners = self.singles, places
        if len(fresh) < len(places):
            at = {singles[place][4]: place for place in reversed(places)}
            owners = [at[one] for one in fresh]
        self.owners += owners
        rows, number = self.rows, len(fresh)
        rows.projects += [0] * number
        rows.labels += [""] * number
        chosen = [singles[place] for place in owners]
        self._add(tenant, fresh, [one[2] for one in chosen], [one[3] for one in chosen], tag)

    def _add(self, tenant: int, fresh: Sequence[bytes], kinds: Sequence[int], times: Sequence[int], tag: bytes) -> None:
        self.new[tenant].update(zip(fresh, count(len(self.entries)), strict=False))
        rows, number = self.rows, len(fresh)
        rows.tenants += [tenant] * number
        rows.commitments += fresh
        rows.kinds += kinds
        rows.claimed_at += times
        heads = {kind: _MAGIC + bytes([kind, 0, 0, 0]) for kind in set(kinds)}
        tails = [tag + _TIME.pack(time) for time in times] if any(times) else repeat(tag + _NO_TIME, number)
        self.entries += [heads[kind] + one + tail for kind, one, tail in zip(kinds, fresh, tails, strict=True)]

    def shared(self, request: Request) -> Answer | None:
        """The answer to a key that came twice in one batch with different bodies."""
        first = self.requests[self.seen_keys[request.key]] if request.key else request
        return None if first.body == request.body else Answer(Status.KEY_REUSED)

    def placed(self, first: int, number: int, leaves: Sequence[bytes], paths: BatchPaths | None) -> list[bytes]:
        """The answers to the plain deposits, empty where refused; the batch begins at `first`, which has `number`."""
        singles, found = self.singles, [b""] * len(self.singles)
        begin, end = self.begun, self.begun + len(self.owners)
        if self.owners and paths is not None:
            lines = paths.lines(first + begin, first + end, ENDING)
            new = zip(
                self.owners, count(number + begin), leaves[begin:end], self.entries[begin:end], lines, strict=False
            )
            for place, deposit, leaf, entry, line in new:
                found[place] = place_new(singles[place][0], deposit, leaf, entry, line)
        if len(self.owners) == len(singles):
            return found
        for place, (call, tenant, _kind, _time, commitment) in enumerate(singles):
            if found[place] or place in self.refused:
                continue
            offset = self.new[tenant].get(commitment)
            if offset is None or paths is None:
                found[place] = place_known(call, self.earlier[tenant][commitment])
            else:
                [line] = paths.lines(first + offset, first + offset + 1, ENDING)
                deposit = number + offset | KNOWN
                found[place] = place_new(call, deposit, leaves[offset], self.entries[offset], line)
        return found
