"""A label to test with, and keys that are the same in every run."""

import dataclasses
import datetime as dt
import uuid

from midun.lib.marking.label.grades import WORDS
from midun.lib.marking.label.model import Change, Document, Label, Method, Owner, Term, TermKind
from midun.lib.marking.label.signing import Algorithm, Role, Signature, SignedLabel, SigningKey

AUTHOR = SigningKey(Algorithm.ED25519, bytes(range(32)))
APPROVER = SigningKey(Algorithm.SM2, bytes(range(1, 33)))
AT = dt.datetime(2026, 11, 24, 8, 30, tzinfo=dt.UTC)
LABEL = Label(
    id=uuid.UUID("6f0f6b9e-3c5a-4c56-9a6e-0d4f2f1f7a10"),
    version=1,
    previous=None,
    at=AT,
    grade=WORDS["核心"],
    owner=Owner("秘盾示范科技有限公司", "91350100M000100Y43"),
    term=Term(dt.date(2026, 11, 24), TermKind.UNTIL, dt.date(2031, 11, 23)),
    scope=("研发一部", "质量部"),
    handling=("marked-copies", "no-cloud", "no-photo"),
    document=Document(Method.BYTES, "00" * 32),
)


def following(before, **changed):
    return dataclasses.replace(before, version=before.version + 1, previous=before.digest, **changed)


def signed(label, *, author=AUTHOR, approver=APPROVER):
    change = label.change
    signatures = [Signature.make(label, author, person=change.decided_by if change else "张三")]
    if change:
        signatures.append(Signature.make(label, approver, person=change.approved_by, role=Role.APPROVER))
    return SignedLabel(label, tuple(signatures))


def because(*kinds):
    return Change(tuple(sorted(kinds)), "技术已随产品公开", "张三", "李四")
