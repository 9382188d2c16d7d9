"""What a check of a log finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.note import open_checkpoint, parse_note


class Kind(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    EXTRA = "extra"
    TRUNCATED = "truncated"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    AHEAD = "ahead"
    BEHIND = "behind"


@dataclass(frozen=True)
class Finding:
    """One thing found: the file, the kind, a Chinese sentence that says where in it. A notice is no damage."""

    path: str
    kind: Kind
    detail: str
    notice: bool = False


@dataclass
class Report:
    """What a check read and found."""

    head: Checkpoint | None = None
    signature_checked: bool = False
    files: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def damaged(self) -> bool:
        """Whether anything is wrong."""
        return any(not finding.notice for finding in self.findings)

    def add(self, path: str, kind: Kind, detail: str, *, notice: bool = False) -> None:
        """Note a finding."""
        self.findings.append(Finding(path, kind, detail, notice))


def read_checkpoint(report: Report, data: bytes | None, keys: Sequence[Verifier], path: str) -> Checkpoint | None:
    """Verify a checkpoint with the keys, or only its form where none are given; findings go into the report."""
    if data is None:
        report.add(path, Kind.MISSING, "没有检查点。")
        return None
    try:
        if keys:
            report.signature_checked = True
            return open_checkpoint(data, keys).checkpoint
        return parse_checkpoint(parse_note(data).text)
    except Refused as refused:
        report.add(path, Kind.CHANGED, f"{refused.reason.sentence}（{refused}）")
        return None
