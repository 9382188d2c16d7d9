"""What the monitor page and the health check tell of the log, recomputed from its files, not from the index."""

import base64
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from midun.evidence.anchored import teller
from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Log
from midun.evidence.services.logs import open_log
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Algorithm, Verifier
from midun.lib.tlog.merkle import Nodes, consistency_proof, tree_root, verify_consistency
from midun.lib.tlog.note import SignedCheckpoint, open_checkpoint

_NAMES = {
    Algorithm.ED25519: "Ed25519",
    Algorithm.SM2: "SM2（国密）",
    Algorithm.MLDSA44_COSIGNATURE: "ML-DSA-44（抗量子）",
    Algorithm.ED25519_COSIGNATURE: "Ed25519 见证",
}


def keys_of(log: Log) -> list[Verifier]:
    """The log's public keys."""
    return [Verifier.parse(line) for line in log.keys.splitlines()]


def policy_text(log: Log) -> str:
    """The policy a verifier begins with: this log's keys, the witnesses configured and how many of them must sign.

    A configuration that cannot be read raises: a weaker policy is never served instead.
    """
    return teller().policy(log)


@dataclass(frozen=True)
class Consistency:
    """Whether the tree of `old` entries is the beginning of that of `new`: roots, proof, and what came of checking."""

    old: int
    new: int
    old_root: str
    new_root: str
    proof: tuple[str, ...]
    holds: bool


def consistency(place: Place, size: int, old: int, new: int) -> Consistency | None:
    """Prove and then check it with the verifier's own algorithm; None for sizes the log has not reached.

    Raises `Refused` where tiles are missing or damaged.
    """
    if new > size or old > new:
        return None
    nodes: Nodes = place.tree(size)
    roots = tree_root(old, nodes), tree_root(new, nodes)
    proof = list(consistency_proof(old, new, nodes)) if 0 < old < new else []
    try:
        verify_consistency(old=old, new=new, proof=proof, old_root=roots[0], new_root=roots[1])
        holds = True
    except Refused:
        holds = False
    return Consistency(old, new, _b64(roots[0]), _b64(roots[1]), tuple(map(_b64, proof)), holds)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class Health:
    """How the log is. `running` says whether somebody appends right now; `age` is the checkpoint's, in seconds."""

    exists: bool
    size: int = 0
    running: bool = False
    queue: int = 0
    clock_back: int = 0
    age: int | None = None

    @property
    def well(self) -> bool:
        """No log at all is no illness: it was not set up."""
        return not self.exists or (self.running and not self.clock_back)


def health() -> Health:
    """Ask the process that appends and look at the published checkpoint."""
    log = open_log()
    if log is None:
        return Health(exists=False)
    place = Place.of(log.number)
    path = place.public / "checkpoint"
    age = max(0, int(time.time() - path.stat().st_mtime)) if path.is_file() else None
    try:
        told = door.status(place.socket)
    except door.Unavailable:
        return Health(exists=True, size=_size(place), age=age)
    return Health(True, int(told["size"]), True, int(told["queue"]), int(told["clock_back"]), age)


def _size(place: Place) -> int:
    note = place.checkpoint()
    return int(note.split(b"\n", 2)[1]) if note else 0


@dataclass(frozen=True)
class Signed:
    """A signature line of the checkpoint, checked."""

    name: str
    algorithm: str
    key: str
    at: datetime | None


def monitored(log: Log | None, *, at: datetime, sizes: tuple[int, int] | None) -> dict[str, Any]:
    """Everything the page shows of a log. Files that cannot be verified are told as such, not hidden."""
    records = CheckpointRecord.objects.unscoped("what the log publishes").select_related("log").filter(log=log)
    shown: dict[str, Any] = {
        "log": log,
        "health": health() if log is None or log.closed_at is None else Health(exists=True),
        "others": Log.objects.unscoped("logs are public").exclude(pk=log.pk if log else None),
        "final": records.filter(final_at__isnull=False).order_by("-size").first(),
        "published": records.filter(published_on__isnull=False).order_by("-published_on")[:10],
        "parties": teller().parties(),
        "at": at,
    }
    if log is None:
        return shown
    place, keys = Place.of(log.number), keys_of(log)
    note = place.checkpoint()
    shown["keys"] = [(key, _NAMES[key.algorithm]) for key in keys]
    shown["note"] = note.decode() if note else ""
    try:
        opened = open_checkpoint(note, keys) if note else None
        shown["consistency"] = _consistency(place, opened, sizes)
    except Refused as refused:
        shown["fault"] = refused.reason.sentence
        return shown
    if opened:
        shown |= {"head": opened.checkpoint, "root": _b64(opened.checkpoint.root), "signed": _signed(opened)}
    return shown


def _consistency(place: Place, opened: SignedCheckpoint | None, sizes: tuple[int, int] | None) -> Consistency | None:
    head: Checkpoint | None = opened.checkpoint if opened else None
    return consistency(place, head.size, *sizes) if head and sizes else None


def _signed(opened: SignedCheckpoint) -> list[Signed]:
    return [
        Signed(key.name, _NAMES[key.algorithm], key.key_id.hex(), datetime.fromtimestamp(when, UTC) if when else None)
        for key, when in opened.signed.items()
    ]
