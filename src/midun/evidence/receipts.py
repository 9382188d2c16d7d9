"""Receipts (docs/formats/receipt.md): what a depositor holds, fresh from the engine or read again from the log."""

import base64
import json
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from midun.evidence import numbers
from midun.evidence.anchored import MISSING, Covered, teller
from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Deposit
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.merkle import inclusion_proof
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.proof import MAGIC, Proof
from midun.lib.tlog.tiles import TILE_WIDTH

FORMAT = "midun-receipt/1"


class NotInLog(Exception):
    """The log's files lack an entry that the index has: damage, or the wrong folder."""


@dataclass(frozen=True)
class Receipt:
    """A receipt in parts; `text` is its JSON."""

    deposit: Deposit
    stage: str
    proof: Proof
    covered: Covered
    duplicate: bool = False

    @property
    def entry(self) -> bytes:
        """The 112 bytes of the leaf."""
        return self.proof.extra or b""

    def data(self) -> dict[str, object]:
        """The receipt as JSON data."""
        return {
            "format": FORMAT,
            "deposit": str(self.deposit.uuid),
            "stage": self.stage,
            "duplicate": self.duplicate,
            "index": self.deposit.index,
            "entry": base64.b64encode(self.entry).decode(),
            "proof": self.proof.encode().decode(),
            "accepted_at": instant(self.deposit.accepted_at),
            "claimed_at": self.deposit.claimed_at,
            "missing": list(self.covered.missing),
            "timestamps": [base64.b64encode(token).decode() for token in self.covered.tokens],
        }


def instant(at: datetime) -> str:
    """A moment in UTC with microseconds, as receipts have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def receipt_of(deposit: Deposit, *, duplicate: bool = False) -> Receipt:
    """The receipt of a deposit at its present stage: under the first final checkpoint that covers it, else the newest.

    Raises `NotInLog`.
    """
    place = Place.of(deposit.log_number)
    records = CheckpointRecord.objects.unscoped("what covers a deposit").filter(
        log_id=deposit.log_number, size__gt=deposit.index
    )
    final = records.filter(final_at__isnull=False).order_by("size").first()
    record = final or records.order_by("-size").first()
    note = bytes(final.note) if final else place.checkpoint()
    if note is None:
        raise NotInLog(f"no checkpoint in {place.public}")
    covered = teller().covered(record) if record else Covered()
    if not final:
        covered = Covered(covered.missing or MISSING)
    proof = prove(place, deposit.index, note)
    return Receipt(deposit, "final" if final else "accepted", proof, covered, duplicate)


def prove(place: Place, index: int, note: bytes) -> Proof:
    """The proof of an entry under a checkpoint of this log. Raises `NotInLog`, `Refused`."""
    size = parse_checkpoint(parse_note(note).text).size
    if index >= size:
        raise NotInLog(f"index {index} in a log of {size}")
    tree = place.tree(size)
    entry = tree.entries(index // TILE_WIDTH)[index % TILE_WIDTH]
    return Proof(index, tuple(inclusion_proof(index, size, tree)), note, entry)


@lru_cache(maxsize=8)
def _quoted(note: bytes) -> bytes:
    return json.dumps(note.decode(), ensure_ascii=False)[1:-1].encode()


@lru_cache(maxsize=8)
def _moment(at: int) -> bytes:
    when = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{when}.{at % 1_000_000:06d}Z".encode()


_FRESH = (
    b'{"format": "%b", "deposit": "%%b", "stage": "accepted", "duplicate": %%b, "index": %%d, "entry": "%%b", '
    b'"proof": "%b\\nextra %%b\\nindex %%d\\n%%b\\n%%b", "accepted_at": "%%b", "claimed_at": %%d, '
    b'"missing": ["witness", "time-stamp"], "timestamps": []}'
) % (FORMAT.encode(), MAGIC.encode())
_BOOLEANS = (b"false", b"true")


def fresh(*, number: int, prefix: int, entry: bytes, lines: bytes, note: bytes, at: int, duplicate: bool) -> bytes:
    """The JSON of a new deposit's receipt, put together from what the engine said; `at` in microseconds.

    `lines` are the proof's, each ended by a backslash and an n as in JSON. The same text as `Receipt.data` gives for
    it; written by hand because it is made thousands of times a second.
    """
    extra, index = b2a_base64(entry, newline=False), numbers.index_of(number)
    return _FRESH % (
        numbers.uuid_text(number, prefix).encode(),
        _BOOLEANS[duplicate],
        index,
        extra,
        extra,
        index,
        lines,
        _quoted(note),
        _moment(at),
        int.from_bytes(entry[-8:], "big"),
    )
