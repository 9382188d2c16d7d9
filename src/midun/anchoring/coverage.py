"""What covers a checkpoint, told in one place for receipts, bundles, certificates and the monitor page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from midun.anchoring.configuration import Anchors, Witness, anchors
from midun.anchoring.models import TimeStamp
from midun.anchoring.rounds import conclude, missing
from midun.evidence.models import CheckpointRecord
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.note import Note, parse_note, parse_signature, verified


@dataclass(frozen=True)
class Cosignature:
    """A witness's cosignature on the checkpoint, verified: who, in which role, when."""

    witness: Witness
    key: Verifier
    at: datetime


@dataclass(frozen=True)
class Coverage:
    """Everything others said of a checkpoint.

    `stamps` are rows whose tokens stand in the order of docs/formats/timestamp.md: each first token followed by its
    renewals. `missing` names what is lacking; `development` says that a part of it is this installation's own.
    """

    record: CheckpointRecord
    cosignatures: tuple[Cosignature, ...]
    stamps: tuple[TimeStamp, ...]
    missing: tuple[str, ...]
    policy: str

    @property
    def tokens(self) -> list[bytes]:
        """The tokens in DER."""
        return [bytes(stamp.token) for stamp in self.stamps]

    @property
    def chains(self) -> list[str]:
        """For each token the certificates from its signer to the root, as PEM."""
        return [stamp.chain for stamp in self.stamps]

    @property
    def notaries(self) -> list[Cosignature]:
        """Confirmations by notaries, for the certificate."""
        return [one for one in self.cosignatures if one.witness.role == "notary"]

    @property
    def development(self) -> bool:
        """Whether a witness or a time-stamp of it belongs to this installation itself: no independent proof."""
        return any(stamp.development for stamp in self.stamps) or any(
            one.witness.development for one in self.cosignatures
        )


def log_keys(record: CheckpointRecord) -> list[Verifier]:
    """The public keys of the record's log."""
    return [Verifier.parse(line) for line in record.log.keys.splitlines()]


def coverage(record: CheckpointRecord, configured: Anchors | None = None) -> Coverage:
    """What covers the checkpoint. Raises `AnchorsProblem` if the configuration cannot be read."""
    known = configured if configured is not None else anchors()
    keys = log_keys(record)
    note = parse_note(bytes(record.note))
    found = []
    for witness in known.witnesses:
        for key, at in verified(note, witness.keys).items():
            found.append(Cosignature(witness, key, datetime.fromtimestamp(at, UTC)))
    lacks = () if record.final_at else missing(record, known, keys)
    return Coverage(record, tuple(found), _in_order(record), lacks, known.policy_text(keys))


def _in_order(record: CheckpointRecord) -> tuple[TimeStamp, ...]:
    stamps: list[TimeStamp] = list(TimeStamp.objects.unscoped("tokens of a checkpoint").filter(checkpoint=record))
    renewal = {stamp.renews_id: stamp for stamp in stamps if stamp.renews_id}
    ordered = []
    for first in (stamp for stamp in stamps if not stamp.renews_id):
        link: TimeStamp | None = first
        while link is not None:
            ordered.append(link)
            link = renewal.get(link.pk)
    return tuple(ordered)


@transaction.atomic
def confirm(record: CheckpointRecord, lines: Sequence[str], *, at: datetime) -> list[Cosignature]:
    """Record cosignature lines handed in by hand: a notary's confirmation, made with `midun witness sign`.

    Gives what was recorded. Raises `Refused`: NOTE_MALFORMED for what is no signature line, SIGNATURE_INVALID,
    SIGNATURE_MISSING if none is by a key of the configuration, TIME_INVALID for one from the future.
    """
    known = anchors()
    given = Note(record.text, tuple(parse_signature(line) for line in lines))
    accepted = []
    for witness in known.witnesses:
        for key, when in verified(given, witness.keys).items():
            if when > at.timestamp() + 600:
                raise Refused(Reason.TIME_INVALID, f"{key.name}: {when}")
            accepted.append(Cosignature(witness, key, datetime.fromtimestamp(when, UTC)))
    if not accepted:
        raise Refused(Reason.SIGNATURE_MISSING, "no known witness signed")
    ids = {(one.key.name, one.key.key_id) for one in accepted}
    now: CheckpointRecord = CheckpointRecord.objects.unscoped("lock").select_for_update().get(pk=record.pk)
    kept = [item for item in given.signatures if (item.name, item.key_id) in ids]
    now.note = parse_note(bytes(now.note)).with_signatures(kept).encode()
    now.save(update_fields=["note"])
    conclude(now, known, log_keys(now), at)
    return accepted
