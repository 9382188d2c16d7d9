"""The platform's own deposits: declared with the act they belong to, taken to the log by a job until it has them."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit, PlatformDeposit
from midun.evidence.receipts import NotInLog, prove
from midun.evidence.services.logs import open_log
from midun.evidence.services.tokens import platform_tenant
from midun.kernel.trail import chain
from midun.lib.exchange import MAX_ENTRIES, Item, Request, Status
from midun.lib.tlog.commitment import Commitment, Kind, commit, parse_entry
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.sm3 import sm3


class Subject(StrEnum):
    """What the platform deposits."""

    TRAIL = "trail"
    FORM = "form"
    ISSUE = "issue"


class NotTaken(Exception):
    """The log did not take the platform's deposits; they stay declared and are tried again."""


def declare(subject: Subject, reference: str, text: str, *, at: datetime) -> None:
    """Say that a text is to be deposited, once per subject and reference, in the caller's transaction."""
    rows = PlatformDeposit.objects.unscoped("the platform's own")
    rows.get_or_create(
        subject=subject,
        reference=reference,
        defaults={"text": text, "salt": os.urandom(32), "created_at": at},
    )


def trail_text(seq: int, digest: str) -> str:
    """What is deposited of the trail's head."""
    return f"midun-trail-head/1\nseq {seq}\nsha256 {digest}\n"


def commitment_of(declared: PlatformDeposit) -> Commitment:
    """The salted commitment to a declared text (docs/formats/commitment.md, kind 3)."""
    data = declared.text.encode()
    return commit(
        Kind.PLATFORM,
        salt=bytes(declared.salt),
        number=0,
        sha256=hashlib.sha256(data).digest(),
        sm3_digest=sm3(data),
        meta=b"",
    )


def hand_in() -> int:
    """Deposit everything declared; gives how many. Outside of a transaction. Raises `NotTaken`."""
    log = open_log()
    rows = PlatformDeposit.objects.unscoped("the platform's own").filter(deposit__isnull=True).order_by("pk")
    waiting = list(rows[:MAX_ENTRIES])
    if log is None or not waiting:
        return 0
    items = [Item(Kind.PLATFORM, commitment_of(declared).leaf) for declared in waiting]
    try:
        reply = door.ask(Place.of(log.number).socket, Request(platform_tenant().pk, items, proofs=False))
    except door.Unavailable as gone:
        raise NotTaken(f"{len(waiting)} deposits wait: {gone}") from gone
    if reply.answer.status is not Status.ACCEPTED:
        raise NotTaken(f"{len(waiting)} deposits wait: {reply.answer.status.name}")
    with transaction.atomic():
        for declared, placed in zip(waiting, reply.answer.placed, strict=True):
            declared.deposit_id = placed.number
            declared.save(update_fields=["deposit"])
    return len(waiting)


def deposits_of(subject: Subject, references: Iterable[str]) -> dict[str, PlatformDeposit]:
    """What was declared of these, by reference; `deposit` is empty until the log has it."""
    rows = PlatformDeposit.objects.unscoped("the platform's own").select_related("deposit")
    return {row.reference: row for row in rows.filter(subject=subject, reference__in=list(references))}


def trail_heads() -> list[tuple[int, str]]:
    """Heads of the trail that stand in the log: anchors nobody can take back."""
    rows = PlatformDeposit.objects.unscoped("the platform's own").filter(subject=Subject.TRAIL, deposit__isnull=False)
    return [_head(text) for text in rows.order_by("pk").values_list("text", flat=True)]


def _head(text: str) -> tuple[int, str]:
    lines = dict(line.split(" ", 1) for line in text.splitlines()[1:])
    return int(lines["seq"]), lines["sha256"]


def faults() -> Iterator[chain.Fault]:
    """Declared heads of the trail whose commitment is not what the log holds at their place."""
    rows = PlatformDeposit.objects.unscoped("the platform's own").filter(subject=Subject.TRAIL, deposit__isnull=False)
    for declared in rows.select_related("deposit").order_by("pk"):
        try:
            held = _logged(declared.deposit)
        except (NotInLog, Refused, OSError) as problem:
            yield chain.Fault(_head(declared.text)[0], f"存证日志中读不到该锚点（{problem}）")
            continue
        if held != commitment_of(declared):
            yield chain.Fault(_head(declared.text)[0], "锚点与存证日志中的承诺值不符：锚点记录已被改动")


def _logged(deposit: Deposit) -> Commitment:
    place = Place.of(deposit.log_number)
    note = place.checkpoint()
    if note is None:
        raise NotInLog("no checkpoint")
    return parse_entry(prove(place, deposit.index, note).extra or b"").commitment
