"""Keeping the index equal to what is published."""

from django.db import models, transaction

from midun.kernel.search.models import SearchEntry
from midun.kernel.search.registry import Document, Searchable, all_kinds, kind_of
from midun.kernel.search.tokens import tokens

_WHY = "the index holds what is public"
_TITLE, _TEXT, _UNIT, _BATCH = 200, 50_000, 120, 500


@transaction.atomic
def refresh(record: models.Model) -> None:
    """Make the index say what the record says to everybody now: put it in, renew it, or take it out.

    To be called by every service after it published, changed, voided or withdrew a record that may be public.
    """
    label = record._meta.label_lower
    kind = kind_of(label)
    if kind is None:
        return
    found = kind.public().filter(pk=record.pk).first()
    if found is None:
        SearchEntry.objects.unscoped(_WHY).filter(record_type=label, record_id=record.pk).delete()
        return
    SearchEntry.objects.unscoped(_WHY).update_or_create(
        record_type=label, record_id=record.pk, defaults=_columns(kind.document(found))
    )


def _columns(document: Document) -> dict[str, object]:
    title, text = document.title[:_TITLE], document.text[:_TEXT]
    return {
        "kind": document.kind,
        "title": title,
        "text": text,
        "unit": document.unit[:_UNIT],
        "day": document.day,
        "title_tokens": " ".join(tokens(title)),
        "text_tokens": " ".join(tokens(f"{text} {document.unit}")),
    }


@transaction.atomic
def rebuild() -> int:
    """Compare the whole index with what is public and repair it; returns how many rows were wrong."""
    return sum(_repair(label, kind) for label, kind in all_kinds().items())


def _repair(label: str, kind: Searchable) -> int:
    held = {e.record_id: e for e in SearchEntry.objects.unscoped(_WHY).filter(record_type=label)}
    wrong = 0
    for record in kind.public().iterator(_BATCH):
        columns = _columns(kind.document(record))
        entry = held.pop(record.pk, None) or SearchEntry(record_type=label, record_id=record.pk)
        if entry.pk and all(getattr(entry, name) == value for name, value in columns.items()):
            continue
        for name, value in columns.items():
            setattr(entry, name, value)
        entry.save()
        wrong += 1
    gone = SearchEntry.objects.unscoped(_WHY).filter(pk__in=[entry.pk for entry in held.values()])
    return wrong + gone.delete()[0]
