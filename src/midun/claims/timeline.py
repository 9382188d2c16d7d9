"""What happened to a claim, in order: steps of the trail and notes between them, as each reader may see them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from midun.claims.models import Claim, ClaimState, Handover, Note
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb

_INTERNAL = (Verb.MARKED_LEAD, Verb.UNMARKED_LEAD, Verb.CHANGED, Verb.EXPORTED)
"""Acts that only the unit in charge and those above it read."""

_PUBLIC = {
    Verb.CREATED: "提出",
    Verb.ACCEPTED: "受理",
    Verb.TRANSFERRED: "转办",
    Verb.REFUSED: "不予受理",
    Verb.CLOSED: "办结并答复",
    Verb.RATED: "评价",
}
"""Acts that the enterprise reads, in the words it reads."""

_COLOURS = {
    Verb.CREATED: "blue",
    Verb.ACCEPTED: "azure",
    Verb.STARTED: "yellow",
    Verb.CLOSED: "green",
    Verb.REFUSED: "secondary",
    Verb.TRANSFERRED: "purple",
    Verb.REMINDED: "orange",
    Verb.MARKED_LEAD: "red",
    Verb.VOIDED: "red",
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: when, what, who, and in a few words why or how."""

    at: datetime
    what: str
    who: str
    text: str = ""
    colour: str = "secondary"
    files: Sequence[Attachment] = field(default_factory=tuple)
    is_lead_mark: bool = False


def timeline(claim: Claim, actor: Actor) -> list[Moment]:
    """For an officer: every act with its reason; internal ones only where the unit in charge is in reach."""
    entries = Entry.objects.about(claim)
    if not claim.is_handled_under(actor):
        entries = entries.exclude(verb__in=[v.value for v in _INTERNAL])
    steps = [
        Moment(
            e.at,
            e.get_verb_display(),
            f"{e.organisation} {e.user_name}".strip(),
            text,
            _COLOURS.get(Verb(e.verb), "secondary"),
            is_lead_mark=e.verb in (Verb.MARKED_LEAD, Verb.UNMARKED_LEAD),
        )
        for e, text in _told(claim, entries)
    ]
    return sorted([*steps, *_notes(claim, actor, internal=True)], key=lambda m: m.at)


def public_timeline(claim: Claim, actor: Actor) -> list[Moment]:
    """For the enterprise: what it has to know, by unit and not by officer."""
    entries = Entry.objects.about(claim).filter(verb__in=[v.value for v in _PUBLIC])
    steps = [
        Moment(
            e.at,
            _PUBLIC[Verb(e.verb)],
            e.organisation,
            text,
            _COLOURS.get(Verb(e.verb), "secondary"),
        )
        for e, text in _told(claim, entries, reasons=False)
    ]
    return sorted([*steps, *_notes(claim, actor, internal=False)], key=lambda m: m.at)


def way_of(claim: Claim) -> list[tuple[str, str]]:
    """The steps from the registration to the end, each `done`, `now`, `stopped` or still to come (empty)."""
    if claim.state == ClaimState.REFUSED:
        return [("登记", "done"), ("不予受理", "stopped")]
    names = ("登记", "受理", "办理", "办结")
    order = (ClaimState.REGISTERED, ClaimState.ACCEPTED, ClaimState.IN_PROGRESS, ClaimState.CLOSED)
    now = order.index(ClaimState(claim.state))
    return [(name, "done" if n < now else "now" if n == now else "") for n, name in enumerate(names)]


def _told(claim: Claim, entries: Any, *, reasons: bool = True) -> Iterator[tuple[Entry, str]]:
    handovers = iter(
        Handover.objects.unscoped("reached through its claim").filter(claim=claim).select_related("source", "target")
    )
    for entry in entries:
        words = []
        if entry.verb == Verb.TRANSFERRED and (handover := next(handovers, None)):
            words.append(f"{handover.source.name} → {handover.target.name}")
        if entry.verb == Verb.CLOSED:
            words.append("已解决" if json.loads(entry.after).get("resolved") else "已答复，尚未解决")
        if reasons:
            words += [*_changes(entry), entry.reason]
        yield entry, "；".join(word for word in words if word)


def _changes(entry: Entry) -> Iterator[str]:
    """`紧急程度：一般 → 紧急` for each corrected field; the names of files that were added."""
    after = json.loads(entry.after) if entry.after else {}
    if entry.verb == Verb.ATTACHED:
        yield str(after.get("name", ""))
    if entry.verb != Verb.CHANGED:
        return
    before = json.loads(entry.before) if entry.before else {}
    for name, value in after.items():
        try:
            known: Any = Claim._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        labels = {str(key): label for key, label in known.choices or ()}
        old, new = (labels.get(str(v), v) or "空" for v in (before.get(name), value))
        yield f"{known.verbose_name}：{old} → {new}"


def _notes(claim: Claim, actor: Actor, *, internal: bool) -> Iterator[Moment]:
    for note in Note.objects.visible_to(actor).filter(claim=claim).select_related("unit", "by"):
        who = f"{note.unit.name} {note.by.name if note.by else ''}".strip() if internal else note.unit.name
        what = "答复企业" if note.told and internal else "答复" if note.told else "办理情况"
        files = list(Attachment.objects.of(note))
        yield Moment(note.at, what, who, note.text, "azure", files)
