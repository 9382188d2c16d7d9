"""What the evidence service asks of anchoring, which lies above it and registers itself (`register`).

Without it nothing is witnessed or stamped: everything is missing, and the policy names the log's own keys only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from midun.evidence.models import CheckpointRecord, Log
from midun.lib.tlog.keys import Verifier

MISSING = ("witness", "time-stamp")


@dataclass(frozen=True)
class Confirmation:
    """A verified cosignature on a checkpoint, in words: who, in which role, under which key, when.

    `development` says that it is this installation's own witness, which confirms nothing independently.
    """

    title: str
    role: str
    role_title: str
    key: Verifier
    at: datetime
    development: bool


@dataclass(frozen=True)
class Stamped:
    """A verified time-stamp token: DER, its certificates as PEM, whose it is, its time, until when it lasts."""

    token: bytes
    chain: str
    title: str
    time: datetime
    valid_until: datetime
    development: bool


@dataclass(frozen=True)
class Covered:
    """What others said of a checkpoint.

    `stamps` stand in the order of docs/formats/timestamp.md (each first token followed by its renewals); `missing` is
    what is still lacking; `policy` is the trust policy in the text form of C2SP.
    """

    missing: Sequence[str] = MISSING
    stamps: Sequence[Stamped] = ()
    confirmations: Sequence[Confirmation] = ()
    policy: str = ""

    @property
    def tokens(self) -> list[bytes]:
        """The tokens in DER."""
        return [stamp.token for stamp in self.stamps]

    @property
    def development(self) -> bool:
        """Whether a part of it is this installation's own: no independent proof, no legal time."""
        return any(one.development for one in self.stamps) or any(one.development for one in self.confirmations)


@dataclass(frozen=True)
class Party:
    """A witness or time-stamp authority for a page: who it is, and since when it answers well or does not."""

    kind: str
    title: str
    role: str
    development: bool
    answered_at: datetime | None
    failing_since: datetime | None


@dataclass(frozen=True)
class Teller:
    """The three answers: what covers a checkpoint, the policy of a log, the parties."""

    covered: Callable[[CheckpointRecord], Covered]
    policy: Callable[[Log], str]
    parties: Callable[[], Sequence[Party]]


def _own_policy(log: Log) -> str:
    lines = [f"log {line}" for line in log.keys.splitlines()]
    return "\n".join([f"# {log.origin}", *lines, "quorum none", ""])


_NOBODY = Teller(lambda _record: Covered(), _own_policy, lambda: ())
_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    """Anchoring says that it is there, once, when the app is ready."""
    _tellers[:] = [teller]


def teller() -> Teller:
    """Who answers."""
    return _tellers[0] if _tellers else _NOBODY
