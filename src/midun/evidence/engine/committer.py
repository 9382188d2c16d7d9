"""From requests to entries, rows and answers: one batch at a time, each step durable before the next.

Order: what was deposited before is answered with the first number; the rest is appended to the log; then the rows are
written; then answers are given. A crash in between leaves entries without rows, which the next start rebuilds from the
log (`rebuild.py`): nobody was told of them yet.
"""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.utils.timezone import localtime

from midun.evidence.engine import index
from midun.evidence.engine.frames import Answer, Placed, Request, Status
from midun.evidence.engine.index import Account, Row, Written
from midun.evidence.engine.quota import Quotas
from midun.evidence.numbers import number_at, prefix_from
from midun.evidence.tags import tag_of
from midun.lib.tlog.batch import BatchPaths
from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.sequencer import Sequencer

_ACCOUNTS_SECONDS = 5.0
_DAY = 86_400


@dataclass(slots=True)
class _New:
    """A commitment that will be appended, and everybody in this batch who asked for it."""

    row: Row
    entry: bytes


@dataclass
class _Batch:
    """What is being prepared."""

    at: datetime
    day: date
    answers: list[Answer | None]
    new: dict[tuple[int, bytes], _New] = field(default_factory=dict)
    earlier: dict[tuple[int, bytes], int] = field(default_factory=dict)
    seen_keys: dict[bytes, int] = field(default_factory=dict)
    tokens: set[int] = field(default_factory=set)


class Committer:
    """Works off batches of requests. For one thread."""

    def __init__(self, sequencer: Sequencer, log: int) -> None:
        self._sequencer = sequencer
        self._log = log
        self._quotas = Quotas()
        self._accounts: dict[int, tuple[float, Account | None, int | None]] = {}
        self._tags: dict[tuple[int, int], bytes] = {}

    def commit(self, requests: Sequence[Request], now: float) -> list[Answer]:
        """Answer every request, in order; `now` in seconds since 1970.

        Raises `Stopped` and the database's errors: then nobody knows what was written, and the process must end.
        """
        at = datetime.fromtimestamp(now, UTC)
        batch = _Batch(at, localtime(at).date(), [None] * len(requests))
        self._look_up(requests, batch)
        for place, request in enumerate(requests):
            if batch.answers[place] is None:
                batch.answers[place] = self._prepare(request, place, batch)
        first = self._sequencer.size
        new = list(batch.new.values())
        for offset, one in enumerate(new):
            one.row.number = number_at(self._log, first + offset)
        if new:
            self._sequencer.commit([one.entry for one in new], int(now))
        self._write(requests, batch)
        return self._answer(requests, batch, first, new)

    # ---- before the log

    def _look_up(self, requests: Sequence[Request], batch: _Batch) -> None:
        known = index.earlier_requests([request.key for request in requests if request.key])
        wanted: dict[int, list[bytes]] = {}
        for place, request in enumerate(requests):
            if request.key in known:
                body, numbers = known[request.key]
                same = hmac.compare_digest(body, request.body)
                placed = [Placed(number, duplicate=True) for number in numbers]
                batch.answers[place] = Answer(Status.ACCEPTED, placed=placed) if same else Answer(Status.KEY_REUSED)
            else:
                wanted.setdefault(request.tenant, []).extend(item.commitment for item in request.items)
        batch.earlier = index.first_of(wanted)

    def _prepare(self, request: Request, place: int, batch: _Batch) -> Answer | None:
        """Take a request into the batch; an answer if it is refused."""
        if request.key and request.key in batch.seen_keys:
            return None  # answered with the first of the two
        account, enterprise = self._account(request.tenant)
        if account is None:
            return Answer(Status.NO_TENANT)
        if not self._projects_fit(request, enterprise):
            return Answer(Status.NO_PROJECT)
        fresh = {
            item.commitment
            for item in request.items
            if (request.tenant, item.commitment) not in batch.earlier
            and (request.tenant, item.commitment) not in batch.new
        }
        clock = time.monotonic()
        refused = self._quotas.refuse(request.tenant, account, len(fresh), at=batch.at, day=batch.day, clock=clock)
        if refused:
            return Answer(refused[0], refused[1])
        self._quotas.take(request.tenant, len(fresh))
        if request.key:
            batch.seen_keys[request.key] = place
        if request.token:
            batch.tokens.add(request.token)
        tag = self._tag(request.tenant, account, int(batch.at.timestamp()) // _DAY)
        for item in request.items:
            at = (request.tenant, item.commitment)
            if item.commitment in fresh and at not in batch.new:
                head = b"MDE1" + bytes([item.kind, 0, 0, 0])
                entry = head + item.commitment + tag + item.claimed_at.to_bytes(8, "big")
                row = Row(
                    0,
                    request.tenant,
                    item.commitment,
                    prefix_from(SHA256.leaf(entry)),
                    item.kind,
                    item.claimed_at,
                    item.project,
                    item.label,
                )
                batch.new[at] = _New(row, entry)
        return None

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

    def _write(self, requests: Sequence[Request], batch: _Batch) -> None:
        kept = []
        for key, place in batch.seen_keys.items():
            numbers = [self._number(requests[place], item.commitment, batch) for item in requests[place].items]
            kept.append((key, requests[place].tenant, requests[place].body, index.packed(numbers)))
        rows = [one.row for one in batch.new.values()]
        if rows or kept:
            index.write(Written(rows, batch.at, batch.day, kept, batch.tokens))

    def _number(self, request: Request, commitment: bytes, batch: _Batch) -> int:
        at = (request.tenant, commitment)
        return batch.earlier[at] if at in batch.earlier else batch.new[at].row.number

    def _answer(self, requests: Sequence[Request], batch: _Batch, first: int, new: list[_New]) -> list[Answer]:
        size, when = self._sequencer.size, int(batch.at.timestamp() * 1_000_000)
        paths = None
        if new and any(request.proofs for request in requests):
            paths = BatchPaths(first, [SHA256.leaf(one.entry) for one in new], self._sequencer.nodes)
        told: set[int] = set()
        answers = []
        for place, request in enumerate(requests):
            answer = batch.answers[place]
            if answer is None:
                answer = self._shared(request, requests, batch) or self._placed(request, batch, paths, told)
            if answer.status is Status.ACCEPTED:
                answer.size, answer.at = size, when
            answer.number = request.number
            answers.append(answer)
        return answers

    def _shared(self, request: Request, requests: Sequence[Request], batch: _Batch) -> Answer | None:
        """The answer to a key that came twice in one batch with different bodies."""
        first = requests[batch.seen_keys[request.key]] if request.key else request
        return None if first.body == request.body else Answer(Status.KEY_REUSED)

    def _placed(self, request: Request, batch: _Batch, paths: BatchPaths | None, told: set[int]) -> Answer:
        placed = []
        for item in request.items:
            new = batch.new.get((request.tenant, item.commitment))
            if new is None:
                placed.append(Placed(batch.earlier[request.tenant, item.commitment], duplicate=True))
                continue
            number = new.row.number
            piece = b""
            if paths is not None and request.proofs:
                piece = new.entry + paths.lines(number - (self._log << 40)).encode()
            placed.append(Placed(number, number in told, piece))
            told.add(number)
        return Answer(Status.ACCEPTED, placed=placed)


def request_key(tenant: int, key: str) -> bytes:
    """What is kept of an idempotency key: nobody reads it again, and keys of tenants never meet."""
    return hashlib.sha256(f"{tenant}\n{key}".encode()).digest()
