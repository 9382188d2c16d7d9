"""From one version of a label to the next: what weakens, and what a weakening needs."""

import dataclasses
import datetime as dt
import itertools
from enum import StrEnum

from midun.lib.marking.label.model import Change, Label, refuse
from midun.lib.marking.label.signing import SignedLabel


class Weakening(StrEnum):
    """In which respect a label protects less than the one before."""

    GRADE = "grade"
    TERM = "term"
    SCOPE = "scope"
    HANDLING = "handling"
    OWNER = "owner"
    REMOVED = "removed"


WORDS = {
    Weakening.GRADE: "降低密级",
    Weakening.TERM: "缩短保密期限",
    Weakening.SCOPE: "扩大知悉范围",
    Weakening.HANDLING: "减少处理要求",
    Weakening.OWNER: "变更权利人",
    Weakening.REMOVED: "去除标识",
}


def weakenings(before: Label, after: Label) -> tuple[str, ...]:
    """The sorted kinds in which `after` protects less than `before`; `removed` is not found but declared."""
    found = {
        Weakening.GRADE: after.grade.weaker_than(before.grade),
        Weakening.TERM: after.term.weaker_than(before.term),
        Weakening.SCOPE: bool(before.scope) and not (after.scope and set(after.scope) <= set(before.scope)),
        Weakening.HANDLING: not set(before.handling) <= set(after.handling),
        Weakening.OWNER: after.owner != before.owner,
        Weakening.REMOVED: after.removed,
    }
    return tuple(sorted(str(kind) for kind, is_so in found.items() if is_so))


def follow(before: Label, after: Label) -> None:
    """Check that `after` may follow `before`.

    Raises:
        Refused: LABEL; not the next version of the same label, or it weakens without saying so.

    """
    if after.id != before.id or after.version != before.version + 1 or after.previous != before.digest:
        raise refuse("新标识不是现有标识的下一版本。")
    if before.removed:
        raise refuse("现有标识已被去除，不能再接续；请另行定密。")
    needed = weakenings(before, after)
    declared = after.change.kinds if after.change else ()
    if needed == declared:
        return
    if after.change is None:
        what = "、".join(WORDS[Weakening(kind)] for kind in needed)
        raise refuse(f"新标识{what}，须写明理由，并由决定人、批准人（不能是同一人）分别签名。")
    raise refuse("变更记录所列种类与实际变化不符。")


def check_chain(chain: list[SignedLabel]) -> None:
    """Check versions 1 … n of one label: signatures, order, weakenings.

    Raises:
        Refused: LABEL.

    """
    if not chain or chain[0].label.version != 1:
        raise refuse("标识的版本链须从第 1 版开始。")
    for one in chain:
        if not one.signatures_hold():
            raise refuse(f"第 {one.label.version} 版标识的签名不成立。")
    for before, after in itertools.pairwise(chain):
        follow(before.label, after.label)


def removal(before: Label, *, reason: str, decided_by: str, approved_by: str, at: dt.datetime) -> Label:
    """The record that the label was taken off: the next version, to be signed by both.

    Raises:
        Refused: LABEL.

    """
    change = Change(kinds=("removed",), reason=reason, decided_by=decided_by, approved_by=approved_by)
    after = dataclasses.replace(before, version=before.version + 1, previous=before.digest, at=at, change=change)
    follow(before, after)
    return after
