"""From requests to entries, rows and answers: one batch at a time, each step durable before the next.

Order: what was deposited before is answered with the first number; the rest is appended to the log (`append`); then
the rows are written (`store`); then answers are given. A crash in between leaves entries without rows, which the next
start rebuilds from the log (`rebuild.py`): nobody was told of them yet. While one thread stores a batch, another may
append the next: what is appended and not yet stored counts as deposited before.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from threading import Lock

import numpy as np
from django.utils.timezone import localtime

from midun.evidence.engine import index
from midun.evidence.engine.batch import Batch
from midun.evidence.engine.index import Account, Written
from midun.evidence.engine.quota import Quotas
from midun.evidence.numbers import number_at
from midun.evidence.tags import tag_of
from midun.lib import exchange as frames
from midun.lib.exchange import Answer, Request, Status
from midun.lib.exchange.singles import Single
from midun.lib.tlog.batch import BatchPaths
from midun.lib.tlog.sequencer import Sequencer

_ACCOUNTS_SECONDS = 5.0
_DAY = 86_400


@dataclass(eq=False)
class Appended:
    """A batch that is in the log: its answers, to be given once `written` is stored, and the checkpoint they need.

    `placed` are the answers to plain deposits, `refused` those of them that were not taken. `new` are offsets behind
    the number `begin`.
    """

    answers: list[Answer]
    placed: list[bytes]
    refused: Mapping[int, Answer]
    written: Written
    size: int
    at: int
    checkpoint: bytes
    begin: int
    new: Mapping[int, Mapping[bytes, int]]
    keys: Mapping[bytes, tuple[bytes, list[int]]]


class Committer:
    """Works off batches of requests: `append` for one thread, `store` for one (perhaps another), in the same order."""

    def __init__(self, sequencer: Sequencer, log: int) -> None:
        self._sequencer = sequencer
        self._log = log
        self._quotas = Quotas()
        self._accounts: dict[int, tuple[float, Account | None, int | None]] = {}
        self._tags: dict[tuple[int, int], bytes] = {}
        self._lock = Lock()
        self._unstored: list[Appended] = []

    def commit(self, requests: Sequence[Request], now: float) -> list[Answer]:
        """Answer every request, in order; `now` in seconds since 1970. Raises as `append` and `store`."""
        appended = self.append(requests, now)
        self.store(appended)
        return appended.answers

    def append(self, requests: Sequence[Request], now: float, singles: Sequence[Single] = ()) -> Appended:
        """Put into the log what is new; `now` in seconds since 1970.

        Raises `Stopped` and the database's errors: then nobody knows what was written, and the process must end.
        """
        at, number = datetime.fromtimestamp(now, UTC), len(requests)
        commitments = [request.commitments() for request in requests]
        batch = Batch(at, localtime(at).date(), requests, singles, [None] * number, [range(0)] * number, commitments)
        places = batch.places_of() if singles else {}
        self._look_up(batch, places)
        for place, request in enumerate(requests):
            if batch.answers[place] is None:
                batch.answers[place] = self._prepare(request, place, batch)
        batch.begun = len(batch.entries)
        for tenant, theirs in places.items():
            self._prepare_singles(tenant, theirs, batch)
        leaves: Sequence[bytes] = ()
        first = self._sequencer.size
        if batch.entries:
            leaves = self._sequencer.commit(batch.entries, int(now)).leaves
            batch.rows.numbers = range(number_at(self._log, first), number_at(self._log, first) + len(leaves))
            # As `numbers.prefix_from` of each leaf hash.
            batch.rows.prefixes = (np.frombuffer(b"".join(leaves), ">u8")[::4] >> np.uint64(4)).tolist()
        appended = self._appended(batch, first, leaves)
        with self._lock:
            self._unstored.append(appended)
        return appended

    def store(self, appended: Appended) -> None:
        """Write the rows of a batch, durable when it returns. Raises the database's errors: as above."""
        if len(appended.written.rows) or appended.written.requests:
            index.write(appended.written)
        with self._lock:
            self._unstored.remove(appended)

    # ---- before the log

    def _look_up(self, batch: Batch, places: Mapping[int, Sequence[int]]) -> None:
        with self._lock:
            unstored = list(self._unstored)  # before the database is asked: what is stored meanwhile is found twice
        known = index.earlier_requests([request.key for request in batch.requests if request.key])
        for one in unstored:
            known.update(one.keys)
        wanted: dict[int, list[bytes]] = {}
        for place, request in enumerate(batch.requests):
            if request.key in known:
                body, numbers = known[request.key]
                same = hmac.compare_digest(body, request.body)
                told = frames.known_places(zip(numbers, repeat(True), strict=False))
                batch.answers[place] = Answer(Status.ACCEPTED, places=told) if same else Answer(Status.KEY_REUSED)
            else:
                wanted.setdefault(request.tenant, []).extend(batch.commitments[place])
        for tenant, theirs in places.items():
            wanted.setdefault(tenant, []).extend([batch.singles[place_][4] for place_ in theirs])
        batch.earlier = index.first_of(wanted)
        for one in unstored:
            for tenant, commitments in wanted.items():
                new = one.new.get(tenant, {})
                for commitment in new.keys() & commitments:
                    batch.earlier[tenant][commitment] = one.begin + new[commitment]

    def _prepare(self, request: Request, place: int, batch: Batch) -> Answer | None:
        """Take a request into the batch; an answer if it is refused."""
        if request.key and request.key in batch.seen_keys:
            return None  # answered with the first of the two
        account, enterprise = self._account(request.tenant)
        if account is None:
            return Answer(Status.NO_TENANT)
        if not self._projects_fit(request, enterprise):
            return Answer(Status.NO_PROJECT)
        fresh = batch.fresh(request.tenant, batch.commitments[place])
        clock = time.monotonic()
        refused = self._quotas.refuse(request.tenant, account, len(fresh), at=batch.at, day=batch.day, clock=clock)
        if refused:
            return Answer(refused[0], refused[1])
        self._quotas.take(request.tenant, len(fresh))
        if request.key:
            batch.seen_keys[request.key] = place
        if request.token:
            batch.tokens.add(request.token)
        if fresh:
            begin = len(batch.entries)
            batch.own[place] = range(begin, begin + len(fresh))
            tag = self._tag(request.tenant, account, int(batch.at.timestamp()) // _DAY)
            batch.add(request, fresh, batch.commitments[place], tag)
        return None

    def _prepare_singles(self, tenant: int, places: Sequence[int], batch: Batch) -> None:
        """Take a tenant's plain deposits into the batch, as many as its quota allows."""
        account, _ = self._account(tenant)
        if account is None:
            batch.refused.update(zip(places, repeat(Answer(Status.NO_TENANT)), strict=False))
            return
        fresh = batch.fresh(tenant, [batch.singles[place][4] for place in places])
        clock = time.monotonic()
        allowed, refusal = self._quotas.take_some(tenant, account, len(fresh), at=batch.at, day=batch.day, clock=clock)
        if refusal:
            answer, over = Answer(*refusal), set(fresh[allowed:])
            batch.refused.update((place, answer) for place in places if batch.singles[place][4] in over)
            fresh = fresh[:allowed]
            places = [place for place in places if place not in batch.refused]
        if fresh:
            tag = self._tag(tenant, account, int(batch.at.timestamp()) // _DAY)
            batch.add_singles(tenant, places, fresh, tag)

    def _account(self, tenant: int) -> tuple[Account | None, int | None]:
        kept = self._accounts.get(tenant)
        if kept is None or time.monotonic() - kept[0] > _ACCOUNTS_SECONDS:
            found = index.account(tenant)
            kept = self._accounts[tenant] = (time.monotonic(), found, index.enterprise_of(tenant))
        return kept[1], kept[2]

    def _projects_fit(self, request: Request, enterprise: int | None) -> bool:
        wanted = {item.project for item in request.items if item.project}
        found = index.projects_of(wanted)
        return all(project in found and found[project] == enterprise for project in wanted)

    def _tag(self, tenant: int, account: Account, day: int) -> bytes:
        if (tenant, day) not in self._tags:
            self._tags = {at: tag for at, tag in self._tags.items() if at[1] >= day - 1}
            self._tags[tenant, day] = tag_of(account.key, day)
        return self._tags[tenant, day]

    # ---- after the log

    def _appended(self, batch: Batch, first: int, leaves: Sequence[bytes]) -> Appended:
        paths = None
        if leaves and (batch.singles or any(request.proofs for request in batch.requests)):
            paths = BatchPaths(first, leaves, self._sequencer.nodes)
        answers = self._answers(batch, first, paths)
        begin = number_at(self._log, first)
        keys = {key: (batch.requests[at].body, answers[at].numbers) for key, at in batch.seen_keys.items()}
        kept = [
            (key, batch.requests[batch.seen_keys[key]].tenant, body, index.packed(numbers))
            for key, (body, numbers) in keys.items()
        ]
        return Appended(
            answers,
            batch.placed(first, begin, leaves, paths),
            batch.refused,
            Written(batch.rows, batch.at, batch.day, kept, batch.tokens),
            self._sequencer.size,
            _microseconds(batch.at),
            self._sequencer.checkpoint,
            begin,
            batch.new,
            keys,
        )

    def _answers(self, batch: Batch, first: int, paths: BatchPaths | None) -> list[Answer]:
        size, when = self._sequencer.size, _microseconds(batch.at)
        answers = []
        for place, request in enumerate(batch.requests):
            answer = batch.answers[place]
            if answer is None:
                answer = batch.shared(request) or self._placed(place, batch, first, paths)
            if answer.status is Status.ACCEPTED:
                answer.size, answer.at = size, when
            answer.number = request.number
            answers.append(answer)
        return answers

    def _placed(self, place: int, batch: Batch, first: int, paths: BatchPaths | None) -> Answer:
        """Numbers and, if asked for, entry and proof lines of what is new."""
        request, commitments, own = batch.requests[place], batch.commitments[place], batch.own[place]
        begin, proofs = number_at(self._log, first), paths if request.proofs else None
        if len(own) == len(commitments):
            places, offsets = frames.places(range(begin + own.start, begin + own.stop)), list[int | None](own)
        else:
            earlier, new = batch.earlier[request.tenant], batch.new[request.tenant]
            offsets, found, told = [new.get(one) for one in commitments], [], set[int | None]()
            for one, offset in zip(commitments, offsets, strict=True):
                number = earlier[one] if offset is None else begin + offset
                found.append((number, offset is None or offset not in own or offset in told))
                told.add(offset)
            places = frames.known_places(found)
        if proofs is None:
            return Answer(Status.ACCEPTED, places=places)
        if len(own) == len(commitments):
            lines = proofs.lines(first + own.start, first + own.stop)
            pieces = [entry + line for entry, line in zip(batch.entries[own.start : own.stop], lines, strict=True)]
        else:
            pieces = [b"" if offset is None else _piece(batch, first, offset, proofs) for offset in offsets]
        return Answer(Status.ACCEPTED, places=places, pieces=pieces)


def _piece(batch: Batch, first: int, offset: int, paths: BatchPaths) -> bytes:
    return batch.entries[offset] + paths.lines(first + offset, first + offset + 1)[0]


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def request_key(tenant: int, key: str) -> bytes:
    """What is kept of an idempotency key: nobody reads it again, and keys of tenants never meet."""
    return hashlib.sha256(f"{tenant}\n{key}".encode()).digest()
