"""How far a deposit is: accepted, or final once witnesses and a time-stamp cover it. Read from what is kept."""

from dataclasses import dataclass

from django.db.models import Max

from midun.anchoring.configuration import AnchorsProblem
from midun.anchoring.coverage import Coverage, coverage
from midun.evidence.models import CheckpointRecord, Deposit
from midun.evidence.receipts import NotInLog, receipt_of
from midun.lib.tlog.errors import Refused


@dataclass(frozen=True)
class Stage:
    """A stage in words. `colour` is a Tabler colour."""

    is_final: bool

    @property
    def words(self) -> str:
        """For people."""
        return "证明完备" if self.is_final else "已受理，待见证与时间戳"

    @property
    def colour(self) -> str:
        """For the badge."""
        return "green" if self.is_final else "orange"


class Stages:
    """The stages of many deposits with one query per log."""

    def __init__(self) -> None:
        self._final: dict[int, int] = {}

    def of(self, deposit: Deposit) -> Stage:
        """The stage of one deposit."""
        log = deposit.log_number
        if log not in self._final:
            kept = CheckpointRecord.objects.unscoped("public").filter(log_id=log, final_at__isnull=False)
            self._final[log] = kept.aggregate(size=Max("size"))["size"] or 0
        return Stage(deposit.index < self._final[log])


def covering(deposit: Deposit) -> CheckpointRecord | None:
    """The first final checkpoint that covers the deposit: the one whose proof is shown."""
    kept = CheckpointRecord.objects.unscoped("public").filter(
        log_id=deposit.log_number, size__gt=deposit.index, final_at__isnull=False
    )
    found: CheckpointRecord | None = kept.select_related("log").order_by("size").first()
    return found


@dataclass(frozen=True)
class Lacking:
    """What is still missing of a proof; `unreadable` if the log's files do not give the entry at all."""

    witness: bool
    time_stamp: bool
    unreadable: bool = False


def lacking(deposit: Deposit) -> Lacking:
    """What the receipt says is missing."""
    try:
        missing = receipt_of(deposit).covered.missing
    except (NotInLog, Refused, OSError):
        return Lacking(witness=True, time_stamp=True, unreadable=True)
    return Lacking("witness" in missing, "time-stamp" in missing)


def covered(checkpoint: CheckpointRecord | None) -> Coverage | None:
    """What others said of the checkpoint; None where there is none, or the configuration of the parties is broken."""
    if checkpoint is None:
        return None
    try:
        return coverage(checkpoint)
    except AnchorsProblem:
        return None  # health tells; the stage itself stands in the record


def code_of(deposit: Deposit) -> str:
    """The short code in the name of the opening file, by which people find it again."""
    return deposit.sha256.hex()[:8]


def name_of(deposit: Deposit) -> str:
    """What a deposit is called: the word the enterprise chose to show, or its kind and code."""
    return deposit.label or f"{deposit.get_kind_display()} {code_of(deposit)}"
