"""One round of anchoring: keep the newest checkpoint, ask witnesses and authorities that are due, say what is final.

A round is safe to repeat and to interrupt anywhere: what was gathered is in the rows, what was not is asked for again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from midun.anchoring import local
from midun.anchoring.configuration import Anchors, Authority, Witness
from midun.anchoring.http import Connection
from midun.anchoring.models import AnchorState, TimeStamp
from midun.anchoring.stamping import Obtained, obtain
from midun.anchoring.states import due, failed, state_of, succeeded
from midun.evidence.models import CheckpointRecord, Log
from midun.lib.timestamp.errors import Refused as TimestampRefused
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.merkle import Nodes
from midun.lib.tlog.note import Signature, SignedCheckpoint, open_checkpoint, parse_note, verified
from midun.lib.tlog.witness import Post, Reply, WitnessClient

FRESH = timedelta(minutes=10)
"""An idle log's checkpoint is cosigned anew after so long: its freshness is the cosignatures' time."""
_THREADS = 8


@dataclass(frozen=True)
class Head:
    """The log as the round finds it: checkpoint, nodes of its tree, and how to publish cosignature lines on it."""

    log: Log
    note: bytes
    nodes: Nodes
    publish: Callable[[int, Sequence[str]], object]

    @property
    def keys(self) -> list[Verifier]:
        """The log's public keys."""
        return [Verifier.parse(line) for line in self.log.keys.splitlines()]


def anchor(head: Head, anchors: Anchors, at: datetime, *, hurry: bool = False) -> CheckpointRecord | None:
    """One round; gives the record it worked on, None for an empty log. `hurry`: do not wait for the next time-stamp.

    Raises `Refused` if the published checkpoint is not the log's own.
    """
    opened = open_checkpoint(head.note, head.keys)
    if not opened.checkpoint.size:
        return None
    record = _record(head, opened, timedelta() if hurry else _pause(anchors), at)
    asked = _asked(record, anchors, at, hurry=hurry)
    with ThreadPoolExecutor(_THREADS) as pool:
        cosigned = [
            (state, pool.submit(_cosign, witness, state, head, bytes(record.note), at)) for witness, state in asked[0]
        ]
        stamped = [
            (authority, state, pool.submit(obtain, authority, record.text.encode(), at))
            for authority, state in asked[1]
        ]
    signatures: list[Signature] = []
    for state, future in cosigned:
        error = future.exception()
        if isinstance(error, Refused):
            failed(state, at, f"{error.reason.sentence}（{error.detail}）")
        else:
            signatures += future.result()
            succeeded(state, at, cosigned=(head.log.number, record.size))
    _keep_cosignatures(record, signatures)
    for authority, state, stamping in stamped:
        error = stamping.exception()
        if isinstance(error, TimestampRefused):
            failed(state, at, f"{error.reason.sentence}（{error.detail}）")
        elif isinstance(error, OSError):
            failed(state, at, f"时间戳机构没有应答（{error}）")
        else:
            keep_stamp(record, authority, stamping.result(), at)
            succeeded(state, at, again=at + timedelta(seconds=authority.every))
    conclude(record, anchors, head.keys, at)
    if signatures:
        head.publish(record.size, [item.line().rstrip("\n") for item in signatures])
    return record


def _pause(anchors: Anchors) -> timedelta:
    return timedelta(seconds=min((one.every for one in anchors.authorities), default=10))


def _record(head: Head, opened: SignedCheckpoint, pause: timedelta, at: datetime) -> CheckpointRecord:
    """The record to work on: a new one for a checkpoint that has grown when a stamp is due, else the newest there is.

    A checkpoint is witnessed at once or not at all: witnesses go forward only. So the record is of the newest tree
    whenever it is made, and an unfinished older one is left behind for it.
    """
    records = CheckpointRecord.objects.unscoped("the log's own checkpoints").filter(log=head.log)
    newest: CheckpointRecord | None = records.order_by("-size").first()
    if newest is not None and (newest.size >= opened.checkpoint.size or at - newest.recorded_at < pause):
        return newest
    made, _new = records.get_or_create(
        log=head.log,
        size=opened.checkpoint.size,
        defaults={"root": opened.checkpoint.root, "note": head.note, "recorded_at": at},
    )
    return made  # type: ignore[no-any-return]  # managers are built at run time


def _known(state: AnchorState, log: int) -> int:
    """What it cosigned of that log: of a successor nothing, however long the old log was."""
    return state.known_size if state.known_log == log else 0


Asked = tuple[list[tuple[Witness, AnchorState]], list[tuple[Authority, AnchorState]]]


def _asked(record: CheckpointRecord, anchors: Anchors, at: datetime, *, hurry: bool) -> Asked:
    """Who is to be asked about the record now."""
    note = parse_note(bytes(record.note))
    witnesses = []
    for witness in anchors.witnesses:
        state = state_of(AnchorState.Kind.WITNESS, witness.name)
        stale = state.succeeded_at is None or at - state.succeeded_at >= FRESH
        ahead = _known(state, record.log_id) > record.size
        if witness.url and not ahead and due(state, at) and (stale or not verified(note, witness.keys)):
            witnesses.append((witness, state))
    stamped = set(
        TimeStamp.objects.unscoped("who stamped it").filter(checkpoint=record).values_list("authority", flat=True)
    )
    authorities = []
    for authority in anchors.authorities:
        state = state_of(AnchorState.Kind.AUTHORITY, authority.name)
        if authority.name not in stamped and (due(state, at) or (hurry and not state.failures)):
            authorities.append((authority, state))
    return witnesses, authorities


def _cosign(witness: Witness, state: AnchorState, head: Head, note: bytes, at: datetime) -> list[Signature]:
    now, connection = int(at.timestamp()), Connection()
    post: Post = _over(connection)
    if witness.development:
        post = local.witness_post(witness.name, head.log.origin, head.keys, lambda: now)
    known = (
        0 if witness.development else _known(state, head.log.number)
    )  # its memory is not in a backup: nobody relies on it
    client = WitnessClient(witness.url, witness.keys, post, known)
    try:
        return client.cosign(note, head.nodes, now)
    finally:
        connection.close()


def _over(connection: Connection) -> Post:
    def post(url: str, body: bytes) -> Reply:
        return Reply(*connection.post(url, body, "text/plain; charset=utf-8"))

    return post


def _keep_cosignatures(record: CheckpointRecord, signatures: Sequence[Signature]) -> None:
    """Add verified cosignatures to the record; others may add some at the same time."""
    if not signatures:
        return
    with transaction.atomic():
        now = CheckpointRecord.objects.unscoped("lock").select_for_update().get(pk=record.pk)
        record.note = parse_note(bytes(now.note)).with_signatures(signatures).encode()
        record.save(update_fields=["note"])


def keep_stamp(
    record: CheckpointRecord, authority: Authority, obtained: Obtained, at: datetime, renews: TimeStamp | None = None
) -> TimeStamp:
    """Store a verified token; another worker's, if it was faster."""
    fields = {
        "token": obtained.token,
        "chain": obtained.chain,
        "time": obtained.stamp.info.time,
        "valid_until": obtained.stamp.valid_until,
        "development": obtained.development,
        "algorithms": " ".join(sorted(obtained.stamp.algorithms)),
        "received_at": at,
    }
    stamps = TimeStamp.objects.unscoped("tokens of the log's checkpoints")
    found, _new = stamps.get_or_create(checkpoint=record, authority=authority.name, renews=renews, defaults=fields)
    return found  # type: ignore[no-any-return]  # managers are built at run time


def conclude(record: CheckpointRecord, anchors: Anchors, log_keys: Sequence[Verifier], at: datetime) -> None:
    """Mark the record final once witnesses and authorities cover it: from then on for ever."""
    if record.final_at is None and not missing(record, anchors, log_keys):
        record.final_at = at
        record.save(update_fields=["final_at"])


def missing(record: CheckpointRecord, anchors: Anchors, log_keys: Sequence[Verifier]) -> tuple[str, ...]:
    """What the record still lacks: "witness", "time-stamp". Nothing configured is never enough."""
    lacks = []
    if not anchors.witnesses or not anchors.quorum or not _witnessed(record, anchors, log_keys):
        lacks.append("witness")
    names = [one.name for one in anchors.authorities]
    stamps = TimeStamp.objects.unscoped("tokens of the log's checkpoints").filter(checkpoint=record, renews=None)
    if not names or stamps.filter(authority__in=names).count() < anchors.stamps:
        lacks.append("time-stamp")
    return tuple(lacks)


def _witnessed(record: CheckpointRecord, anchors: Anchors, log_keys: Sequence[Verifier]) -> bool:
    try:
        anchors.policy(log_keys).verify(bytes(record.note))
    except Refused:
        return False
    return True
