"""The hash chain over entries, free of the database (docs/formats/trail.md).

The digest of an entry is SHA-256 over the canonical JSON of its fields and of the digest before it, so a
changed, missing or reordered entry breaks every digest after it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64
"""The digest before the first entry."""

FIELDS = (
    "seq",
    "at",
    "user_id",
    "user_name",
    "membership_id",
    "role",
    "organisation",
    "path",
    "verb",
    "target_type",
    "target_id",
    "target_label",
    "before",
    "after",
    "reason",
)
"""Names of the fields that are hashed, in the order of the format document."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the chain: at which sequence number, and what, in the reader's language."""

    seq: int
    text: str


def canonical(value: object) -> str:
    """The one JSON text of `value`: keys sorted, no white space, characters unescaped (after RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def instant(at: datetime) -> str:
    """`at` as UTC with microseconds, the only form in which a time is hashed."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(fields: Mapping[str, object], previous: str) -> str:
    """The digest of one entry whose predecessor has the digest `previous` (hex, 64 characters)."""
    body = {name: fields[name] for name in FIELDS}
    return hashlib.sha256(canonical({**body, "previous": previous}).encode()).hexdigest()


def faults(
    entries: Iterable[tuple[Mapping[str, object], str, str]],
    *,
    previous: str = GENESIS,
    first: int = 1,
) -> Iterator[Fault]:
    """Walk `(fields, previous, digest)` in stored order and yield every break of the chain."""
    expected = first
    for fields, claimed_previous, claimed in entries:
        seq = int(str(fields["seq"]))
        if seq != expected:
            yield Fault(seq, f"序号不连续：应为第 {expected} 条，实为第 {seq} 条（有记录缺失或被重排）")
        if claimed_previous != previous:
            yield Fault(seq, "与上一条记录的摘要不衔接（有记录缺失、被重排或被改动）")
        if digest(fields, claimed_previous) != claimed:
            yield Fault(seq, "内容与摘要不符（记录被改动）")
        previous, expected = claimed, seq + 1


def anchor_faults(anchors: Iterable[tuple[int, str]], seen: Mapping[int, str]) -> Iterator[Fault]:
    """Compare heads noted earlier with the digests that stand at their numbers now (`seen`)."""
    for seq, noted in anchors:
        if seq not in seen:
            yield Fault(seq, f"缺少第 {seq} 条：事先记下的锚点在此，末尾的记录已被截去")
        elif seen[seq] != noted:
            yield Fault(seq, "与事先记下的锚点不符：此前的记录已被整体改写")


EXPORTED = (*FIELDS, "previous", "digest")
"""Keys of one line of an exported trail (JSON Lines)."""


def exported(fields: Mapping[str, object], previous: str, claimed: str) -> str:
    """One entry as a line of JSON that carries all that is hashed, so that anybody can check it."""
    body = {name: fields[name] for name in FIELDS}
    return json.dumps({**body, "previous": previous, "digest": claimed}, ensure_ascii=False)


class BadExport(Exception):
    """A line of an export is not an entry; `str()` says which line."""


def imported(lines: Iterable[str]) -> Iterator[tuple[Mapping[str, object], str, str]]:
    """The entries of an export, in the order of its lines. Raises `BadExport`."""
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            complete = isinstance(entry, dict) and set(entry) == set(EXPORTED) and isinstance(entry["seq"], int)
        except ValueError:
            complete = False
        if not complete:
            raise BadExport(f"第 {number} 行不是留痕记录")
        yield entry, str(entry["previous"]), str(entry["digest"])


def export_faults(lines: Iterable[str]) -> Iterator[Fault]:
    """Check an export without a database: every digest, and the links between entries that follow each other.

    A filtered export has gaps in its numbers; across a gap only the digests can be checked. Raises `BadExport`.
    """
    last: tuple[int, str] | None = None
    for fields, claimed_previous, claimed in imported(lines):
        seq = int(str(fields["seq"]))
        if last and seq <= last[0]:
            yield Fault(seq, "序号没有递增（有记录被重排或重复）")
        elif (last and seq == last[0] + 1 and claimed_previous != last[1]) or (
            seq == 1 and claimed_previous != GENESIS
        ):
            yield Fault(seq, "与上一条记录的摘要不衔接（有记录缺失、被重排或被改动）")
        if digest(fields, claimed_previous) != claimed:
            yield Fault(seq, "内容与摘要不符（记录被改动）")
        last = (seq, claimed)
