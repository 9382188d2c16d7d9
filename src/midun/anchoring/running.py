"""A round on the log of this installation, as the job and the commands run it; and how anchoring is doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from midun.anchoring.configuration import Anchors, AnchorsProblem, Authority, Witness, anchors
from midun.anchoring.coverage import coverage
from midun.anchoring.models import AnchorState
from midun.anchoring.rounds import Head, anchor
from midun.evidence.anchored import Confirmation, Covered, Party, Stamped, Teller, register
from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Log
from midun.evidence.services.logs import open_log
from midun.kernel.orgs.scoping import PublicQuerySet
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.tiles import CHECKPOINT_PATH

PATIENT = timedelta(minutes=10)
"""A log whose newest entries are not final after so long is not well."""


def anchor_open_log(*, at: datetime, hurry: bool = False) -> CheckpointRecord | None:
    """One round, also for what a closed log still lacks.

    None where there is no log, no entry or no configuration. Raises `AnchorsProblem`, `Refused`.
    """
    log, configured = open_log(), anchors()
    if not (configured.witnesses or configured.authorities):
        return None
    for closed in Log.objects.unscoped("logs that are not final to the end").filter(closed_at__isnull=False):
        _anchor(closed, configured, at, hurry=hurry, finished=True)
    return _anchor(log, configured, at, hurry=hurry) if log else None


def _anchor(
    log: Log, configured: Anchors, at: datetime, *, hurry: bool, finished: bool = False
) -> CheckpointRecord | None:
    """A round on one log; a `finished` one whose last checkpoint is final is left alone."""
    place = Place.of(log.number)
    note = place.checkpoint()
    if note is None:
        return None
    size = parse_checkpoint(parse_note(note).text).size
    records = CheckpointRecord.objects.unscoped("whether the log is final to the end")
    if finished and records.filter(log=log, size__gte=size, final_at__isnull=False).exists():
        return None
    return anchor(Head(log, note, place.tree(size), Publisher(place)), configured, at, hurry=hurry)


@dataclass(frozen=True)
class Publisher:
    """Puts cosignatures on the published checkpoint, if the log's process is there; the record has them anyway."""

    place: Place

    def __call__(self, size: int, lines: Sequence[str]) -> bool:
        """Whether they were published."""
        try:
            return door.cosign(self.place.socket, size, lines)
        except door.Unavailable:
            return False


def covered(record: CheckpointRecord) -> Covered:
    """What covers a checkpoint, for receipts, bundles and certificates."""
    found = coverage(record)
    titles = {one.name: one.title for one in anchors().authorities}
    confirmations = [
        Confirmation(
            one.witness.title, one.witness.role, one.witness.role_title, one.key, one.at, one.witness.development
        )
        for one in found.cosignatures
    ]
    stamps = [
        Stamped(
            bytes(one.token),
            one.chain,
            titles.get(one.authority, one.authority),
            one.time,
            one.valid_until,
            one.development,
        )
        for one in found.stamps
    ]
    return Covered(found.missing, stamps, confirmations, found.policy)


def policy(log: Log) -> str:
    """The policy of a log with its witnesses. Raises `AnchorsProblem`."""
    keys = [Verifier.parse(line) for line in log.keys.splitlines()]
    return f"# {log.origin}\n" + anchors().policy_text(keys)


@dataclass(frozen=True)
class Condition:
    """How anchoring is doing: `problem` is a wrong configuration, `late` says that entries wait too long."""

    parties: tuple[Party, ...]
    problem: str
    final_size: int
    late: bool

    @property
    def failing(self) -> list[str]:
        """Who does not answer well."""
        return [party.title for party in self.parties if party.failing_since]

    @property
    def well(self) -> bool:
        """Whether nothing needs a person. Nothing configured is told as such, not as illness."""
        return not self.problem and not self.late and not self.failing


def condition(at: datetime, log: Log | None = None) -> Condition:
    """How anchoring is doing now."""
    log = log or open_log()
    records = CheckpointRecord.objects.unscoped("how far the log is final").filter(log=log)
    final = records.filter(final_at__isnull=False).order_by("-size").first()
    final_size = final.size if final else 0
    oldest = records.filter(size__gt=final_size).order_by("recorded_at").first()
    try:
        found = _parties(anchors())
    except AnchorsProblem as problem:
        return Condition((), str(problem), final_size, late=True)
    waits = oldest is not None and at - oldest.recorded_at > PATIENT
    return Condition(found, "", final_size, late=bool(found) and (waits or _unseen(log, records, at)))


def _unseen(log: Log | None, records: PublicQuerySet, at: datetime) -> bool:
    """Whether a checkpoint has been published for long that no round has looked at: no worker runs."""
    path = Place.of(log.number).public / CHECKPOINT_PATH if log else None
    if path is None or not path.is_file() or at.timestamp() - path.stat().st_mtime < PATIENT.total_seconds():
        return False
    size = parse_checkpoint(parse_note(path.read_bytes()).text).size
    return size > 0 and not records.filter(size__gte=size).exists()


def parties() -> tuple[Party, ...]:
    """The witnesses and authorities for the monitor page; none where the configuration cannot be read."""
    try:
        return _parties(anchors())
    except AnchorsProblem:
        return ()


def _parties(configured: Anchors) -> tuple[Party, ...]:
    rows = AnchorState.objects.unscoped("how the anchors are doing")
    states = {(state.kind, state.name): state for state in rows}
    found = [
        _party(AnchorState.Kind.WITNESS, one, one.role_title, states.get((AnchorState.Kind.WITNESS, one.name)))
        for one in configured.witnesses
    ]
    found += [
        _party(AnchorState.Kind.AUTHORITY, one, "", states.get((AnchorState.Kind.AUTHORITY, one.name)))
        for one in configured.authorities
    ]
    return tuple(found)


def _party(kind: AnchorState.Kind, one: Witness | Authority, role: str, state: AnchorState | None) -> Party:
    answered, failing = (state.succeeded_at, state.failing_since) if state else (None, None)
    return Party(kind.label, one.title, role, one.development, answered, failing)


def tell() -> None:
    """Answer what the evidence service asks."""
    register(Teller(covered, policy, parties))
